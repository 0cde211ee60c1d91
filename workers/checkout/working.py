"""A working tree as the commit that it could become, without a trace in its repository."""

import os
import stat
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path
from shutil import copy2

from workers.checkout.git import EMPTY_TREE, ZERO, Failed, Git
from workers.checkout.objects import Objects
from workers.checkout.repository import Repository
from workers.checkout.terms import CheckoutError, Incomplete
from workers.project import Entry

_LARGEST = 100 << 20  # bytes of a file; forges refuse a larger one
_LIST = ("ls-files", "-z", "-t", "-s", "--modified", "--deleted", "--others", "--exclude-standard")
_UPDATE = ("update-index", "--add", "--remove", "--replace", "-z", "--stdin")
_REMOVE = ("update-index", "--force-remove", "-z", "--stdin")
_STAGED = ("diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev")
_TREE, _SUBMODULE = "40000", "160000"


class WorkingTree:
    """Writes what a commit of everything would hold into a repository of our own.

    The index is copied with its times, so that git still knows which files it need not read.
    git writes with no sight of the repository's objects: of one that is there already it would
    renew the file's time. Only ``objects`` reads both.
    """

    def __init__(self, repository: Repository, own: Path, objects: Objects) -> None:
        assert repository.top is not None
        self._top, self._own, self._objects = os.fsencode(repository.top), own, objects
        for source in (repository.index, *repository.index.parent.glob("sharedindex.*")):
            if source.exists():
                copy2(source, own / source.name)
        (own / "info").mkdir()
        if repository.exclude.exists():
            copy2(repository.exclude, own / "info" / "exclude")
        names = ("HOME", "XDG_CONFIG_HOME")  # where the owner's list of ignored files lies
        home = {name: os.environ[name] for name in names if name in os.environ}
        self._environment = {
            **home,
            "GIT_WORK_TREE": str(repository.top),
            "GIT_INDEX_FILE": str(own / "index"),
        }
        self._config = {"core.bare": "false", "core.symlinks": "true", **repository.config}

    def written(self, tip: str) -> str:
        """The name of the tree. ``tip`` is the commit that the working tree stands on."""
        git = Git(self._own, self._config, self._environment)
        sees_all = Git(self._objects.git.repository, self._config, self._environment)
        try:
            self._update(git)
            staged = sees_all.run(*_STAGED, tip, "--")
            return _Trees(self._objects, self._own).grown(tip, _changes(staged))
        except Failed as failure:
            raise _unwritten(failure.stderr) from None

    def _update(self, git: Git) -> None:
        """Bring the index of our own up to the files."""
        try:
            listed = _listed(git.run("-C", os.fsdecode(self._top), *_LIST))
        except Failed:
            # A sparse index is expanded from its trees: only then may git see all objects.
            git = Git(self._own, self._config, {**self._environment, **self._sight()})
            listed = _listed(git.run("-C", os.fsdecode(self._top), *_LIST))
        chosen = {name: entry for name, entry in listed if self._counts(name)}
        replaced = [name for name, entry in chosen.items() if self._is_folder(name, entry)]
        for name, entry in chosen.items():
            if entry.regular and name not in replaced:
                self._copy(entry.sha)
        for how, names in ((_REMOVE, replaced), (_UPDATE, [*(chosen.keys() - set(replaced))])):
            if names:
                given = b"".join(name + b"\0" for name in names)
                git.run("-C", os.fsdecode(self._top), *how, given=given)

    def _sight(self) -> Mapping[str, str]:
        return {"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(self._objects.git.repository / "objects")}

    def _copy(self, sha: str) -> None:
        """Let git see what a file was: whether its line ends are converted hangs on that."""
        content = self._objects.content(sha)
        if isinstance(content, bytes):
            store(self._own, b"blob", content)

    def _counts(self, name: bytes) -> bool:
        """Whether a commit could hold it: no socket, no other repository, nothing enormous."""
        try:
            about = os.lstat(os.path.join(self._top, name))  # noqa: PTH118 - bytes
        except (FileNotFoundError, NotADirectoryError):
            return True  # deleted
        if stat.S_ISREG(about.st_mode):
            return about.st_size <= _LARGEST
        return stat.S_ISLNK(about.st_mode) or (stat.S_ISDIR(about.st_mode) and name[-1:] != b"/")

    def _is_folder(self, name: bytes, entry: Entry) -> bool:
        """Whether a folder has taken the place of a file, which git does not take for gone."""
        path = os.path.join(self._top, name)  # noqa: PTH118 - bytes
        return (
            entry.mode not in ("", _SUBMODULE)
            and os.path.isdir(path)  # noqa: PTH112 - bytes
            and not os.path.islink(path)  # noqa: PTH114 - bytes
        )


def _listed(out: bytes) -> Iterator[tuple[bytes, Entry]]:
    """Names, each with what the index has for it: nothing where it is untracked.

    A line is a letter and a name, with mode, sha, stage and a tab between them where tracked.
    Every tracked file has a line with H; one that was changed or removed has another.
    """
    for line in out.split(b"\0")[:-1]:
        if line.startswith(b"? "):
            yield line[2:], Entry("", "")
        elif not line.startswith(b"H "):
            about, _, name = line.partition(b"\t")
            _letter, mode, sha, _stage = about.decode("ascii").split(" ")
            yield name, Entry(mode, sha)


def _changes(staged: bytes) -> Iterator[tuple[str, Entry | None]]:
    """Paths with what they are now, None where they are gone: the gone ones first."""
    fields = iter(staged.split(b"\0")[:-1])
    found = []
    for about in fields:
        _old, mode, _sha, sha, _status = about.decode("ascii").split(" ")
        path = next(fields).decode("utf-8", "surrogateescape")
        found.append((path, None if sha == ZERO else Entry(mode, sha)))
    return iter(sorted(found, key=lambda change: change[1] is not None))


@dataclass
class _Folder:
    """What changes within a folder."""

    files: dict[str, Entry | None] = field(default_factory=dict)
    folders: dict[str, "_Folder"] = field(default_factory=dict)


class _Trees:
    """Writes the trees of changed folders; all others stay as they are."""

    def __init__(self, objects: Objects, own: Path) -> None:
        self._objects, self._own = objects, own

    def grown(self, commit: str, changes: Iterable[tuple[str, Entry | None]]) -> str:
        """The tree that the changes make of a commit's."""
        top = _Folder()
        for path, entry in changes:
            *folders, name = path.split("/")
            at = top
            for folder in folders:
                at = at.folders.setdefault(folder, _Folder())
            at.files[name] = entry
        return self._written(self._objects.root(commit), top)

    def _written(self, tree: str, changed: _Folder) -> str:
        entries = dict(self._objects.tree(tree))
        for name, folder in changed.folders.items():
            was = entries.get(name)
            known = was.sha if was is not None and was.mode == _TREE else EMPTY_TREE
            self._put(entries, name, Entry(_TREE, self._written(known, folder)))
        for name, entry in changed.files.items():
            if entry is not None or entries.get(name, Entry("", "")).mode != _TREE:
                self._put(entries, name, entry)
        body = b"".join(_line(name, entry) for name, entry in sorted(entries.items(), key=_order))
        return store(self._own, b"tree", body)

    def _put(self, entries: dict[str, Entry], name: str, entry: Entry | None) -> None:
        """Put it in its place; an empty folder has none."""
        if entry is None or entry == Entry(_TREE, EMPTY_TREE):
            entries.pop(name, None)
        else:
            entries[name] = entry


def _line(name: str, entry: Entry) -> bytes:
    raw = name.encode("utf-8", "surrogateescape")
    return entry.mode.encode("ascii") + b" " + raw + b"\0" + bytes.fromhex(entry.sha)


def _order(item: tuple[str, Entry]) -> bytes:
    """git's order: a folder as if its name ended with a slash."""
    name, entry = item
    return (name + "/" * (entry.mode == _TREE)).encode("utf-8", "surrogateescape")


def store(repository: Path, kind: bytes, body: bytes) -> str:
    """Write a loose object; its name."""
    data = kind + b" %d\0" % len(body) + body
    name = sha1(data, usedforsecurity=False).hexdigest()
    file = repository / "objects" / name[:2] / name[2:]
    file.parent.mkdir(exist_ok=True)
    with suppress(FileExistsError), file.open("xb") as out:
        out.write(zlib.compress(data, 1))
    return name


def _unwritten(stderr: bytes) -> CheckoutError:
    if b"ermission denied" in stderr or b"unable to open" in stderr or b"cannot open" in stderr:
        return Incomplete("a file of the working tree cannot be read")
    return Incomplete("git could not read the working tree")
