"""A repository in a terminal: its commits and its working tree, never written to."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from workers.checkout.git import EMPTY_TREE, Git, view
from workers.checkout.reading import Checkout, Range, opened
from workers.checkout.repository import Repository, found
from workers.checkout.terms import Incomplete, NothingToCompare, UnknownCommit
from workers.checkout.working import WorkingTree

_DEFAULTS = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


@contextmanager
def local(
    path: Path, base: str | None, head: str | None, *, all_new: bool = False
) -> Iterator[Checkout]:
    """The change that the repository at ``path`` holds.

    ``head`` is the working tree unless named: uncommitted and untracked files included, ignored
    ones not. ``base`` is the default branch unless named; what is compared is their merge base.
    ``all_new``: without a default branch, everything is compared with nothing.

    Raises NotARepository, NothingToCompare, UnknownCommit, Incomplete: the text says what to do.
    """
    repository = found(path)
    with tempfile.TemporaryDirectory(prefix="redline-checkout-") as folder:
        commits = _range(repository, base, head, all_new=all_new)
        own = Path(folder, "own")
        git = Git(view(Path(folder, "view"), [repository.objects, own / "objects"]))
        if head is None:
            tree = WorkingTree(repository, view(own, ()), git).written(commits.head)
            commits = Range(commits.merge_base, commits.base, tree, uncommitted=True)
        with opened(commits, git, _missing) as checkout:
            yield checkout


def _missing(shas: Sequence[str]) -> None:
    raise Incomplete(
        f"this clone lacks the contents of {len(shas)} files (a partial clone?): "
        "run `git fetch --refetch --no-filter` first"
    )


def _range(repository: Repository, base: str | None, head: str | None, *, all_new: bool) -> Range:
    if head is None and repository.top is None:
        raise NothingToCompare("the repository is bare, without a working tree: give --head")
    tip = _commit(repository, head) if head is not None else repository.ask(*_parse("HEAD"))
    start = _base(repository, base)
    if start is None and all_new:
        return Range(EMPTY_TREE, EMPTY_TREE, tip or EMPTY_TREE)
    if start is None:
        known = ", ".join(_DEFAULTS)
        raise NothingToCompare(f"no default branch is known ({known}): give --base, or --all")
    if tip is None:
        raise NothingToCompare("the branch has no commit yet: commit once, or give --all")
    merge_base = repository.ask("merge-base", start, tip)
    if merge_base is None:
        raise NothingToCompare(
            "base and head have no commit in common; in a shallow clone run "
            "`git fetch --unshallow` (in CI: fetch-depth: 0) first"
        )
    return Range(merge_base, start, tip)


def _base(repository: Repository, base: str | None) -> str | None:
    if base is not None:
        return _commit(repository, base)
    answers = (repository.ask(*_parse(name)) for name in _DEFAULTS)
    return next((sha for sha in answers if sha), None)


def _commit(repository: Repository, name: str) -> str:
    sha = repository.ask(*_parse(name))
    if sha is None:
        raise UnknownCommit(f"{name} is no commit of this repository: fetch it, or name another")
    return sha


def _parse(name: str) -> tuple[str, ...]:
    return ("rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}")
