"""The fake's own reading of ``git diff -M merge-base..head``: what a forge can show of a change.

Written apart from Redline's, on purpose: it is what Redline's anchors are judged by.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from tests.fakes.git import Bare

HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
STATUSES = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "T": "changed"}


@dataclass(frozen=True)
class Row:
    """One line of a hunk: its sign and its number on each side that has it."""

    sign: str
    old: int | None
    new: int | None
    text: str


@dataclass(frozen=True)
class Hunk:
    header: str
    rows: tuple[Row, ...]

    def find(self, side: str, line: int) -> int | None:
        """Where this line is among the rows; LEFT has removed lines only."""
        for index, row in enumerate(self.rows):
            if side == "LEFT" and row.sign == "-" and row.old == line:
                return index
            if side == "RIGHT" and row.sign != "-" and row.new == line:
                return index
        return None


@dataclass(frozen=True)
class File:
    """One file of a diff. ``sha`` is its blob's, at head or, removed, before."""

    path: str
    previous: str | None
    status: str
    sha: str
    hunks: tuple[Hunk, ...] = ()
    patch: str | None = None

    @property
    def additions(self) -> int:
        return sum(row.sign == "+" for hunk in self.hunks for row in hunk.rows)

    @property
    def deletions(self) -> int:
        return sum(row.sign == "-" for hunk in self.hunks for row in hunk.rows)

    def hunk(self, side: str, line: int) -> int | None:
        """Which hunk shows this line."""
        for index, hunk in enumerate(self.hunks):
            if hunk.find(side, line) is not None:
                return index
        return None


@dataclass
class _Section:
    lines: list[bytes] = field(default_factory=list)


@lru_cache(maxsize=256)
def diff(git: Bare, old: str, new: str) -> dict[str, File]:
    """Files by their path at ``new``, or at ``old`` where they are removed; in git's order."""
    raw = git.git("diff", "--raw", "-z", "-M", "--no-abbrev", "--no-ext-diff", old, new)
    text = git.git("diff", "-M", "-U3", "--no-color", "--no-ext-diff", "--no-textconv", old, new)
    sections = iter(split(text))
    files = {}
    for status, before, after, previous, path in rows(raw):
        section = next(sections)
        if status == "T":  # git writes a removal and an addition for one change of type
            section = _Section(section.lines + next(sections).lines)
        hunks = tuple(read(section.lines))
        patch = "\n".join(words(hunks)) if hunks else None
        sha = before if status == "D" else after
        files[path] = File(path, previous, STATUSES[status], sha, hunks, patch)
    return files


def rows(raw: bytes) -> Iterator[tuple[str, str, str, str | None, str]]:
    """Status letter, blob before, blob after, path before a rename, path."""
    fields = iter(raw.split(b"\0")[:-1])
    for head in fields:
        _, _, before, after, status = head.decode().split(" ")
        first = decode(next(fields))
        path = decode(next(fields)) if status[0] in "RC" else first
        yield status[0], before, after, first if path != first else None, path


def decode(data: bytes) -> str:
    return data.decode(errors="replace")


def split(text: bytes) -> list[_Section]:
    sections: list[_Section] = []
    for line in text.split(b"\n"):
        if line.startswith(b"diff --git "):
            sections.append(_Section())
        if sections:
            sections[-1].lines.append(line)
    return sections


def read(lines: list[bytes]) -> Iterator[Hunk]:
    """The hunks of one file's section."""
    at = 0
    while at < len(lines):
        match = HUNK.match(lines[at])
        at += 1
        if match is None:
            continue
        old, new = int(match[1]), int(match[3])
        left, right = count(match[2]), count(match[4])
        header, found = decode(lines[at - 1]), []
        while left > 0 or right > 0:
            row = Row(chr(lines[at][0]), old, new, decode(lines[at][1:]))
            at += 1
            if row.sign == "\\":
                continue
            minus, plus = row.sign in " -", row.sign in " +"
            found.append(Row(row.sign, old if minus else None, new if plus else None, row.text))
            old, left = old + minus, left - minus
            new, right = new + plus, right - plus
        yield Hunk(header, tuple(found))


def count(text: bytes | None) -> int:
    return 1 if text is None else int(text)


def words(hunks: tuple[Hunk, ...]) -> Iterator[str]:
    for hunk in hunks:
        yield hunk.header
        yield from (row.sign + row.text for row in hunk.rows)


def renamed(git: Bare, old: str, new: str, path: str) -> str | None:
    """The path at ``new`` of what was at ``path`` at ``old``; None when it is gone."""
    for file in diff(git, old, new).values():
        if path == (file.previous or file.path) and file.status != "added":
            return None if file.status == "removed" else file.path
    return path


def follow(git: Bare, old: str, new: str, path: str, line: int | None) -> int | None:
    """The number at ``new`` of a line at ``old``; None when it was changed or removed."""
    if line is None:
        return None
    shift = 0
    for file in diff(git, old, new).values():
        if path != (file.previous or file.path) or file.status == "added":
            continue
        for hunk in file.hunks:
            numbers = {row.old: row.new for row in hunk.rows if row.old is not None}
            if line in numbers:
                return numbers[line]
            if all(number < line for number in numbers):
                shift += sum({"+": 1, "-": -1}.get(row.sign, 0) for row in hunk.rows)
    return line + shift
