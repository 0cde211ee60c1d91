"""A repository in a terminal: its commits and its working tree, never written to."""

import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import copy2

from workers.checkout.git import EMPTY_TREE, Failed, Git, view
from workers.checkout.reading import Checkout, Range, opened
from workers.checkout.terms import (
    CheckoutError,
    Incomplete,
    NotARepository,
    NothingToCompare,
    UnknownCommit,
)

_DEFAULTS = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
_LARGEST_UNTRACKED = 100 << 20  # bytes; forges refuse such a file
# Configuration of the repository or its owner that decides what a commit would hold. It is read
# and handed on: git itself never sees the rest, which may name programs.
_OBEYED = (
    *("core.autocrlf", "core.eol", "core.excludesfile", "core.filemode", "core.ignorecase"),
    *("core.precomposeunicode", "core.symlinks", "core.sparsecheckout", "core.sparsecheckoutcone"),
)
_NOT_OURS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")


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
        git = Git(view(Path(folder), [repository.objects]))
        commits = _range(repository, base, head, all_new=all_new)
        if head is None:
            tree = WorkingTree(repository, Path(folder)).written()
            commits = Range(commits.merge_base, commits.base, tree, uncommitted=True)
        with opened(commits, git, _missing) as checkout:
            yield checkout


def _missing(shas: Sequence[str]) -> None:
    raise Incomplete(
        f"this clone lacks the contents of {len(shas)} files (a partial clone?): "
        "run `git fetch --refetch --no-filter` first"
    )


@dataclass(frozen=True)
class Repository:
    """Where a repository lies. ``top`` is None for a bare one."""

    objects: Path
    index: Path
    exclude: Path
    common: Path
    top: Path | None
    directory: Path

    def ask(self, *argv: str) -> str | None:
        """One line from git about commits and refs, None where git says no."""
        ran = _asked(self.directory, *argv)
        return ran.stdout.decode("utf-8", "surrogateescape").strip() if not ran.returncode else None

    @cached_property
    def config(self) -> Mapping[str, str]:
        """What of the owner's configuration is obeyed."""
        out = _asked(self.directory, "config", "--list", "-z").stdout
        pairs = (pair.partition(b"\n") for pair in out.split(b"\0") if pair)
        every = {os.fsdecode(key): os.fsdecode(value) for key, _, value in pairs}
        return {key: every[key] for key in _OBEYED if key in every}


def found(path: Path) -> Repository:
    """The repository that holds the path. Raises NotARepository, with what to do."""
    if not path.exists():
        raise NotARepository(f"{path} does not exist")
    folder = path if path.is_dir() else path.parent
    paths = ("objects", "index", "info/exclude")
    asked = [word for name in paths for word in ("--git-path", name)]
    about = ("--path-format=absolute", *asked, "--git-common-dir", "--is-bare-repository")
    ran = _asked(folder, "rev-parse", *about, "--show-object-format")
    if ran.returncode:
        raise NotARepository(_why(folder, ran.stderr))
    *places, bare, form = os.fsdecode(ran.stdout).rstrip("\n").rsplit("\n", 2)
    if form != "sha1":
        raise NotARepository(f"{path} keeps its objects as {form}; Redline reads sha1 only")
    objects, index, exclude, common = map(Path, places[0].split("\n"))
    return Repository(objects, index, exclude, common, _top(folder, bare), folder)


def _top(folder: Path, bare: str) -> Path | None:
    if bare == "true":
        return None
    ran = _asked(folder, "rev-parse", "--path-format=absolute", "--show-toplevel")
    return None if ran.returncode else Path(os.fsdecode(ran.stdout).rstrip("\n"))


def _why(folder: Path, stderr: bytes) -> str:
    if b"dubious ownership" in stderr:
        return (
            f"git refuses {folder}, which belongs to someone else: "
            f"run `git config --global --add safe.directory {folder}` if you trust it"
        )
    return f"{folder} is not in a git repository: name one, or run `git init` there"


def _asked(folder: Path, *argv: str) -> "subprocess.CompletedProcess[bytes]":
    """Run git as the user would, for what reads names only and starts no program."""
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *argv],  # noqa: S607 - the user's own git
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise CheckoutError("git is not installed (Debian: git)") from None


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


class WorkingTree:
    """What a commit of everything would hold, written as a tree into a folder of our own.

    The index is copied with its times, so that git still knows which files it need not read.
    """

    def __init__(self, repository: Repository, folder: Path) -> None:
        assert repository.top is not None
        self._repository, self._top = repository, repository.top
        self._index = folder / "index"
        for source in (repository.index, *repository.index.parent.glob("sharedindex.*")):
            if source.exists():
                copy2(source, folder / source.name)
        (folder / "info").mkdir()
        if repository.exclude.exists():
            copy2(repository.exclude, folder / "info" / "exclude")
        environment = {"GIT_WORK_TREE": str(self._top), "GIT_INDEX_FILE": str(self._index)}
        names = ("HOME", "XDG_CONFIG_HOME")  # where the owner's list of ignored files lies
        home = {name: os.environ[name] for name in names if name in os.environ}
        config = {"core.bare": "false", "core.symlinks": "true", **repository.config}
        self._git = Git(folder, config, {**environment, **home})

    def written(self) -> str:
        """The tree's sha."""
        listed = ("ls-files", "-z", "--modified", "--deleted", "--others", "--exclude-standard")
        names = self._git.run("-C", str(self._top), *listed).split(b"\0")[:-1]
        chosen = b"".join(name + b"\0" for name in dict.fromkeys(names) if self._counts(name))
        update = ("update-index", "--add", "--remove", "--replace", "-z", "--stdin")
        try:
            if chosen:
                self._git.run("-C", str(self._top), *update, given=chosen)
            return self._git.run("write-tree").decode("ascii").strip()
        except Failed as failure:
            raise _unwritten(failure.stderr) from None

    def _counts(self, name: bytes) -> bool:
        """Whether a commit could hold it: no socket, no other repository, nothing enormous."""
        try:
            about = os.lstat(os.path.join(os.fsencode(self._top), name))  # noqa: PTH118 - bytes
        except (FileNotFoundError, NotADirectoryError):
            return True  # deleted
        small = stat.S_ISREG(about.st_mode) and about.st_size <= _LARGEST_UNTRACKED
        return small or stat.S_ISLNK(about.st_mode) or (_is_folder(about) and name[-1:] != b"/")


def _is_folder(about: os.stat_result) -> bool:
    return stat.S_ISDIR(about.st_mode)


def _unwritten(stderr: bytes) -> CheckoutError:
    if b"Permission denied" in stderr or b"unable to open" in stderr:
        return Incomplete("a file of the working tree cannot be read")
    if b"unmerged" in stderr:
        return NothingToCompare("a merge has conflicts: resolve them, or give --head HEAD")
    return Incomplete("git could not read the working tree")
