"""What is under review, and which of its lines can carry a comment. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from rules.finding import Location, Side


class ForgeName(StrEnum):
    """The forges that Redline talks to; ``local`` is a repository in a terminal."""

    GITHUB = "github"
    GITLAB = "gitlab"
    LOCAL = "local"


class Kind(StrEnum):
    """What is reviewed: a pull or merge request, or the group that a merge queue made of some."""

    CHANGE = "change"
    MERGE_GROUP = "merge-group"


@dataclass(frozen=True, slots=True)
class ChangeId:
    """Names a change for good: repositories are renamed, their ids are not.

    ``number`` is the pull or merge request's; a merge group has 0 and its ref instead.
    """

    forge: ForgeName
    repository: int
    kind: Kind = Kind.CHANGE
    number: int = 0
    ref: str = ""


_OF_GROUPS = re.compile(
    r"refs/heads/gh-readonly-queue/.+/pr-([0-9]{1,15})-[0-9a-f]{40}"
    r"|refs/merge-requests/([0-9]{1,15})/train"
)


def grouped(group: ChangeId) -> ChangeId | None:
    """The change that a merge queue made this group for, as its ref says; None for a change."""
    found = _OF_GROUPS.fullmatch(group.ref) if group.kind is Kind.MERGE_GROUP else None
    if found is None:
        return None
    return ChangeId(group.forge, group.repository, number=int(found[1] or found[2]))


@dataclass(frozen=True, slots=True)
class Change:
    """A change as the forge shows it now. Shas are 40 hex digits.

    ``base`` is the tip of the target branch, ``merge_base`` the forge's answer (shallow fetches
    cannot compute it). ``fork``: the head lies in another repository. ``installation`` names
    whose rate limit and pace its calls count against.
    """

    id: ChangeId
    repository: str
    merge_base: str
    base: str
    head: str
    base_ref: str
    url: str
    clone_url: str
    author: str
    fork: bool = False
    draft: bool = False
    open: bool = True
    installation: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """An open change and its newest commit, as a listing shows them."""

    id: ChangeId
    head: str


class FileStatus(StrEnum):
    """git's letters for what happened to a file."""

    ADDED = "A"
    MODIFIED = "M"
    DELETED = "D"
    RENAMED = "R"
    TYPE_CHANGED = "T"


@dataclass(frozen=True, slots=True)
class Hunk:
    """One hunk of a diff: ``kinds`` has one sign a line, ``' '``, ``'+'`` or ``'-'``."""

    old_start: int
    new_start: int
    kinds: str


@dataclass(frozen=True)
class ChangedFile:
    """One file of a diff. Paths may hold any bytes: they are decoded with surrogateescape.

    A sha is the blob's, zeros where there is none (or, for a submodule, its commit). Modes are
    git's octal ones: ``100644``, ``120000`` for a link, ``160000`` for a submodule.
    """

    status: FileStatus
    old_path: str
    new_path: str
    old_sha: str
    new_sha: str
    old_mode: str
    new_mode: str
    hunks: tuple[Hunk, ...] = ()

    @cached_property
    def added(self) -> frozenset[int]:
        """The lines of the head file that the change wrote."""
        return frozenset(new for _old, new, kind in self._lines() if kind == "+")

    @cached_property
    def removed(self) -> frozenset[int]:
        """The lines of the merge base's file that the change took away."""
        return frozenset(old for old, _new, kind in self._lines() if kind == "-")

    @cached_property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        """Each removed line, with the head line that now follows the place where it stood."""
        return tuple((old, new) for old, new, kind in self._lines() if kind == "-")

    @cached_property
    def context(self) -> Mapping[int, int]:
        """Unchanged lines that the diff shows: head line to merge base line."""
        return {new: old for old, new, kind in self._lines() if kind == " "}

    def other(self, side: Side, line: int) -> int | None:
        """The same line as the other side counts it, for one that the diff does not show."""
        shift = 0
        for hunk in self.hunks:
            own, far = hunk.old_start, hunk.new_start
            if side is Side.HEAD:
                own, far = far, own
            if line < own:
                break
            mine, theirs = ("-", "+") if side is Side.BASE else ("+", "-")
            if line < own + sum(kind != theirs for kind in hunk.kinds):
                return None
            shift = far - own + hunk.kinds.count(theirs) - hunk.kinds.count(mine)
        return line + shift

    def _lines(self) -> list[tuple[int, int, str]]:
        """Old line, new line and kind of each line shown; a missing side holds its next line."""
        lines = []
        for hunk in self.hunks:
            old, new = hunk.old_start, hunk.new_start
            for kind in hunk.kinds:
                lines.append((old, new, kind))
                old += kind != "+"
                new += kind != "-"
        return lines

    @property
    def shown_path(self) -> str:
        """What the forge calls the file: its new name, or the only one that a deleted file has."""
        return self.old_path if self.status is FileStatus.DELETED else self.new_path

    def shows(self, side: Side, line: int) -> bool:
        """Whether a comment on this line of this side is accepted by every forge."""
        if side is Side.BASE:
            return line in self.removed
        return line in self.added or line in self.context

    def shows_together(self, first: int, last: int) -> bool:
        """Whether one hunk shows all these lines of head: a comment on several needs that."""
        if first < 1 or last < first:
            return False
        for hunk in self.hunks:
            end = hunk.new_start + len(hunk.kinds) - hunk.kinds.count("-")
            if hunk.new_start <= first and last < end:
                return True
        return False


class AnchorKind(StrEnum):
    """Where a comment stands; everything has a place, since nothing is dropped."""

    LINE = "line"
    FILE = "file"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Anchor:
    """The place of a comment.

    ``start`` is the first of several lines that end with ``line``, 0 where it is that one alone.
    ``path`` is what the forge calls the file, on both sides; ``old_path`` is set where it had
    another name, and ``old_line`` where the line is unchanged (GitLab asks for both). An anchor
    on a file has a line where the file has it and the diff does not show it: GitLab takes it.
    """

    kind: AnchorKind
    path: str = ""
    line: int = 0
    side: Side = Side.HEAD
    old_line: int | None = None
    old_path: str = ""
    start: int = 0


@dataclass(frozen=True)
class Diff:
    """The files and lines that the forge can show: ``git diff -M merge_base..head``."""

    files: tuple[ChangedFile, ...] = field(default=())

    @cached_property
    def by_new_path(self) -> Mapping[str, ChangedFile]:
        """Files that exist at head."""
        return {file.new_path: file for file in self.files if file.status != FileStatus.DELETED}

    @cached_property
    def by_old_path(self) -> Mapping[str, ChangedFile]:
        """Files that existed at the merge base."""
        return {file.old_path: file for file in self.files if file.status != FileStatus.ADDED}

    @cached_property
    def by_shown_path(self) -> Mapping[str, ChangedFile]:
        """Every changed file, by what the forge calls it."""
        return {file.shown_path: file for file in self.files}

    @cached_property
    def renames(self) -> Mapping[str, str]:
        """Old path to new path of the files that moved."""
        return {f.old_path: f.new_path for f in self.files if f.status == FileStatus.RENAMED}

    def file(self, side: Side, path: str) -> ChangedFile | None:
        """The changed file that has this path on this side."""
        return (self.by_old_path if side is Side.BASE else self.by_new_path).get(path)

    def anchor(self, location: Location, cause: Location | None = None) -> Anchor:
        """The best place for a comment about ``location``: the first step of the ladder that holds.

        Its own line where the diff shows it; else the nearest changed line of its block, the
        nearest removed one, the nearest unchanged one that is shown; the line of ``cause``; the
        file; the summary.
        """
        for each in (location, cause):
            if each is not None and (there := self._on_line(each)):
                return there
        for each in (location, cause):
            if each is not None and (there := self._on_file(each)):
                return there
        return Anchor(AnchorKind.SUMMARY)

    def span(self, path: str, first: int, last: int) -> Anchor | None:
        """The place of a comment on these lines of head; None where the diff shows not all."""
        file = self.file(Side.HEAD, path)
        if file is None or not _sayable(file.shown_path) or not file.shows_together(first, last):
            return None
        start = first if first < last else 0
        old = file.context.get(last)
        return Anchor(AnchorKind.LINE, path, last, Side.HEAD, old, _moved_from(file), start)

    def _on_line(self, location: Location) -> Anchor | None:
        file = self._sayable(location)
        found = _line(location, file) if file else None
        if file is None or found is None:
            return None
        side, line = found
        old = line if side is Side.BASE else file.context.get(line)
        return Anchor(AnchorKind.LINE, file.shown_path, line, side, old, _moved_from(file))

    def _on_file(self, location: Location) -> Anchor | None:
        """With both numbers of the line, where nothing of the change stands on it."""
        file = self._sayable(location)
        if file is None:
            return None
        whole = Anchor(AnchorKind.FILE, file.shown_path, old_path=_moved_from(file))
        kept = file.status in (FileStatus.MODIFIED, FileStatus.RENAMED)
        other = file.other(location.side, location.line) if kept and file.hunks else None
        if other is None:
            return whole
        lines = (other, location.line) if location.side is Side.BASE else (location.line, other)
        return replace(whole, line=lines[0], old_line=lines[1])

    def _sayable(self, location: Location) -> ChangedFile | None:
        file = self.file(location.side, location.path)
        return file if file and _sayable(file.shown_path) else None

    def accepts(self, anchor: Anchor) -> bool:
        """Whether the forge will take it: one bad anchor makes GitHub refuse a whole review."""
        if anchor.kind is AnchorKind.SUMMARY:
            return True
        file = self.by_shown_path.get(anchor.path)
        if file is None or not _sayable(anchor.path):
            return False
        if anchor.start:
            ours = anchor.side is Side.HEAD and anchor.start < anchor.line
            return ours and file.shows_together(anchor.start, anchor.line)
        return anchor.kind is AnchorKind.FILE or file.shows(anchor.side, anchor.line)


def _sayable(path: str) -> bool:
    """Whether an API can be told of the path at all: JSON has no way to name other bytes."""
    return not any("\ud800" <= sign <= "\udfff" for sign in path)


def _moved_from(file: ChangedFile) -> str:
    return file.old_path if file.status is FileStatus.RENAMED else ""


def _line(location: Location, file: ChangedFile) -> tuple[Side, int] | None:
    """Side and number of the line to comment on, or None where the diff shows none that fits.

    The line itself comes before a changed one of its block: what makes a finding new may be far
    away (a key of the pod, a removed line), and the nearest change may have nothing to do with it.
    """
    if file.shows(location.side, location.line):
        return location.side, location.line
    first, last = location.block or (location.line, location.line)
    if location.side is Side.BASE:
        near = _nearest(location, {old: old for old in file.removed if first <= old <= last})
        if near is not None:
            return Side.BASE, near
        kept = {old: new for new, old in file.context.items() if first <= old <= last}
        near = _nearest(location, kept)
        return None if near is None else (Side.HEAD, near)
    return _head_line(location, file)


def _head_line(location: Location, file: ChangedFile) -> tuple[Side, int] | None:
    first, last = location.block or (location.line, location.line)
    near = _nearest(location, {new: new for new in file.added if first <= new <= last})
    if near is not None:
        return Side.HEAD, near
    # A line stood inside the block if the head line that took its place follows its first.
    near = _nearest(location, {new: old for old, new in file.gaps if first < new <= last + 1})
    if near is not None:
        return Side.BASE, near
    near = _nearest(location, {new: new for new in file.context if first <= new <= last})
    return None if near is None else (Side.HEAD, near)


def _nearest(location: Location, lines: Mapping[int, int]) -> int | None:
    """What stands for the number that is nearest to the location's own line."""
    if not lines:
        return None
    return lines[min(lines, key=lambda line: (abs(line - location.line), line))]
