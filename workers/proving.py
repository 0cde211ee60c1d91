"""Which of the rules' suggestions hold: each is applied to its file and judged again.

A suggestion that is wrong is worse than none, since people take it with one click. So whatever a
rule offers, here is decided whether it is said: the file still parses, holds the same objects, and
has every finding that it had but this one.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from rules.finding import Finding, Key, Suggestion
from rules.secrets import masked
from workers.project import Entry, Judged, Project, Tree

MOST_PROVEN = 100  # of one stage: far more than people are shown
MOST_BYTES = 4 << 20  # that are judged again for it

_Said = Counter[tuple[Key, str]]
Judge = Callable[[Project], Judged]


def proven(judge: Judge, head: Project, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings of a stage, each with its suggestion only where that is new and holds.

    ``judge`` is how the stage judges a project.
    """
    proof = _Proof(judge, head)
    for finding in findings:
        offered = finding.suggestion
        if offered is None or (finding.new and proof.holds(finding, offered)):
            yield finding
        else:
            yield replace(finding, suggestion=None)


@dataclass
class _Proof:
    """Judges files of one stage once as they are, and once for each suggestion."""

    judge: Judge
    head: Project
    left: int = MOST_PROVEN
    room: int = MOST_BYTES
    _known: dict[str, "_File"] = field(default_factory=dict)

    def holds(self, finding: Finding, offered: Suggestion) -> bool:
        path = finding.location.path
        if path not in self._known:
            self._known[path] = _File(self.judge, self.head, path)
        file = self._known[path]
        self.left -= 1
        self.room -= len(file.data)
        if self.left < 0 or self.room < 0 or masked(offered.replacement) != offered.replacement:
            return False
        data = applied(file.data, offered)
        return data is not None and _better(file.judged, file.judged_as(data), finding)


@dataclass
class _File:
    judge: Judge
    head: Project
    path: str

    @cached_property
    def data(self) -> bytes:
        return self.head.tree.read([self.path]).get(self.path, b"")

    @cached_property
    def judged(self) -> Judged | None:
        """What is said of it alone."""
        return self.judged_as(self.data)

    def judged_as(self, data: bytes) -> Judged | None:
        """What would be said of it with this content; None where that could not be judged."""
        tree = _Rewritten(self.head.tree, self.path, data)
        try:
            judged = self.judge(replace(self.head, paths=(self.path,), tree=tree))
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it is not a suggestion
            return None
        return judged if judged.excess is None else None


@dataclass(frozen=True)
class _Rewritten:
    """A commit's files, one of them with another content."""

    tree: Tree
    path: str
    data: bytes

    @property
    def commit(self) -> str:
        return self.tree.commit

    def find(self, paths: Iterable[str]) -> Mapping[str, Entry]:
        return self._with(self.tree.find(paths))

    def entries(self) -> Mapping[str, Entry]:
        return self._with(self.tree.entries())

    def beside(self, folder: str) -> Mapping[str, Entry]:
        return self._with(self.tree.beside(folder))

    def _with(self, entries: Mapping[str, Entry]) -> Mapping[str, Entry]:
        if self.path not in entries:
            return entries
        return {**entries, self.path: replace(entries[self.path], sha=self._sha)}

    @cached_property
    def _sha(self) -> str:
        """What git would call this content: what is kept of a file is kept by that name."""
        head = f"blob {len(self.data)}\0".encode()
        return hashlib.sha1(head + self.data, usedforsecurity=False).hexdigest()

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        found = self.tree.read(paths)
        return {path: self.data if path == self.path else data for path, data in found.items()}

    def targets(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return self.tree.targets(paths)


def applied(data: bytes, offered: Suggestion) -> bytes | None:
    """The file with the suggestion in place of its lines; None where it does not have those."""
    lines = data.split(b"\n")
    if not 1 <= offered.first <= offered.last <= len(lines):
        return None
    lines[offered.first - 1 : offered.last] = offered.replacement.encode().split(b"\n")
    return b"\n".join(lines)


def _better(before: Judged | None, after: Judged | None, finding: Finding) -> bool:
    """Whether nothing has changed but that this finding is gone."""
    if before is None or after is None or before.subjects != after.subjects:
        return False
    gone = _Said([(replace(finding.key, ordinal=0), finding.message)])
    said = _said(before)
    return gone <= said and _said(after) == said - gone and before.later == after.later


def _said(judged: Judged) -> _Said:
    return _Said((replace(one.key, ordinal=0), one.message) for one in judged.findings)
