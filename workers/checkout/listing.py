"""What lies in a repository in a terminal, by name, and where it came from."""

from dataclasses import dataclass
from pathlib import Path

from workers.checkout.repository import found
from workers.checkout.terms import NothingToCompare

_LIST = (
    *("-c", "core.fsmonitor=false", "ls-files", "-z", "--full-name"),
    *("--cached", "--others", "--exclude-standard", "--", ":/"),
)


@dataclass(frozen=True)
class Listing:
    """The working tree at ``top``: its files, uncommitted ones too, ignored ones not.

    ``remote`` is the address that it is fetched from, ``""`` where there is none.
    """

    top: Path
    files: tuple[str, ...]
    remote: str


def listing(path: Path) -> Listing:
    """The repository that holds the path. Raises NotARepository, or NothingToCompare if bare."""
    repository = found(path)
    if repository.top is None:
        raise NothingToCompare("the repository is bare, without a working tree")
    names = (repository.ask(*_LIST) or "").split("\0")
    known = (repository.ask("remote") or "").splitlines()
    chosen = "origin" if "origin" in known else next(iter(known), "")
    remote = repository.ask("remote", "get-url", "--", chosen) if chosen else None
    return Listing(repository.top, tuple(sorted(set(filter(None, names)))), remote or "")
