"""A repository in a terminal: its commits and its working tree, never written to."""

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from workers.checkout.git import EMPTY_TREE, Git, view
from workers.checkout.objects import reading
from workers.checkout.reading import Checkout, Range
from workers.checkout.repository import Repository, found
from workers.checkout.terms import Incomplete, NothingToCompare, UnknownCommit
from workers.checkout.working import WorkingTree

_AUTHOR = re.compile(r"^author ([^<\n]{1,200}?) ?<", re.MULTILINE)
_DEFAULTS = {  # the best first
    "refs/remotes/origin/HEAD": "origin/HEAD",
    "refs/remotes/origin/main": "origin/main",
    "refs/remotes/origin/master": "origin/master",
    "refs/heads/main": "main",
    "refs/heads/master": "master",
}


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
        with reading(git) as objects:
            if head is None:
                files = WorkingTree(repository, view(own, ()), objects)
                tree = files.written(commits.head)
                author = repository.ask("config", "user.name") or commits.author
                commits = replace(commits, head=tree, uncommitted=True, author=author)
            yield Checkout(commits, objects, _missing)


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
    if tip is None:
        raise NothingToCompare("the branch has no commit yet: commit once, or give --all")
    if start is None:
        known = ", ".join(_DEFAULTS.values())
        raise NothingToCompare(f"no default branch is known ({known}): give --base, or --all")
    merge_base = repository.ask("merge-base", start, tip)
    if merge_base is None:
        raise NothingToCompare(
            "base and head have no commit in common; in a shallow clone run "
            "`git fetch --unshallow` (in CI: fetch-depth: 0) first"
        )
    return Range(merge_base, start, tip, author=_author(repository, tip))


def _author(repository: Repository, commit: str) -> str:
    """Who wrote it. Read as it is kept: ``git log`` obeys configuration, and may run programs."""
    found = _AUTHOR.search(repository.ask("cat-file", "commit", commit) or "")
    return found[1] if found else ""


def _base(repository: Repository, base: str | None) -> str | None:
    if base is not None:
        return _commit(repository, base)
    listed = repository.ask("for-each-ref", "--format=%(refname) %(objectname)", *_DEFAULTS) or ""
    known = dict(line.split(" ") for line in listed.splitlines())
    return next((known[name] for name in _DEFAULTS if name in known), None)


def _commit(repository: Repository, name: str) -> str:
    sha = repository.ask(*_parse(name))
    if sha is None:
        raise UnknownCommit(f"{name} is no commit of this repository: fetch it, or name another")
    return sha


def _parse(name: str) -> tuple[str, ...]:
    return ("rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}")
