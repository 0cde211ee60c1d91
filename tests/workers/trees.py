"""Commits in memory, for what needs no git."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha1

from bot.change import ChangedFile, Diff, FileStatus, Hunk
from tests.repositories import Content, Link, Program
from workers.checkout.git import ZERO
from workers.project import LARGEST_FILE, Entry, TooLarge


@dataclass
class Commit:
    """A Tree that holds these files, and remembers which were read."""

    files: Mapping[str, Content]
    commit: str = "1" * 40
    asked: list[str] = field(default_factory=list)

    def entries(self) -> dict[str, Entry]:
        return {path: entry(content) for path, content in self.files.items()}

    def find(self, paths: Iterable[str]) -> dict[str, Entry]:
        return {path: entry(self.files[path]) for path in paths if path in self.files}

    def beside(self, folder: str) -> Mapping[str, Entry]:
        return self.find([path for path in self.files if path.rpartition("/")[0] == folder])

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        regular = [path for path, one in self.find(paths).items() if one.regular]
        self.asked += regular
        read = {path: raw(self.files[path]) for path in regular}
        large = {path: len(data) for path, data in read.items() if len(data) > LARGEST_FILE}
        if large:
            raise TooLarge(large, {path: read[path][: 1 << 16] for path in large})
        return read

    def targets(self, paths: Iterable[str]) -> dict[str, bytes]:
        return {path: raw(self.files[path]) for path, one in self.find(paths).items() if one.link}


def raw(content: Content) -> bytes:
    match content:
        case Link(target):
            return target.encode()
        case Program(text):
            return text.encode()
        case bytes():
            return content
        case _:
            return str(content).encode()


def entry(content: Content) -> Entry:
    mode = {Link: "120000", Program: "100755"}.get(type(content), "100644")
    return Entry(mode, sha1(raw(content), usedforsecurity=False).hexdigest())


def diff(before: Mapping[str, Content], after: Mapping[str, Content], **renames: str) -> Diff:
    """The files that differ, each with one hunk of everything; new names by old ones."""
    moved = {new: old for old, new in renames.items()}
    files = [
        _file(path, path, before.get(path), after.get(path))
        for path in sorted({*before, *after} - {*renames, *moved})
        if before.get(path) != after.get(path)
    ]
    files += [_file(old, new, before[old], after[new]) for new, old in moved.items()]
    return Diff(tuple(files))


def _file(old: str, new: str, before: Content, after: Content) -> ChangedFile:
    one, other = (
        Entry("000000", ZERO) if content is None else entry(content) for content in (before, after)
    )
    status = FileStatus.MODIFIED if old == new else FileStatus.RENAMED
    status = FileStatus.ADDED if before is None else status
    status = FileStatus.DELETED if after is None else status
    kinds = "-" * _lines(before) + "+" * _lines(after)
    hunks = (Hunk(1, 1, kinds),) if before != after else ()
    return ChangedFile(status, old, new, one.sha, other.sha, one.mode, other.mode, hunks)


def _lines(content: Content) -> int:
    return 0 if content is None else raw(content).count(b"\n")
