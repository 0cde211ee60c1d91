"""What became of findings from one push to the next, by an account of its own.

Which finding is which is not asked of Redline: a finding survives when the same rule speaks at the
line to which the text of its line has gone.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import SequenceMatcher
from functools import cached_property
from typing import Any

from tests.history.said import Said

Finding = dict[str, Any]
Pair = tuple[Finding, Finding]
_EXAMPLES = 20


@dataclass(frozen=True)
class Moment:
    """One push after its review: the change's files, what was found in them, what is said."""

    files: Mapping[str, bytes]
    findings: tuple[Finding, ...]
    said: Said


@dataclass
class Tally:
    """Counts over many pushes, and a few cases of each kind of mistake.

    ``survivors`` were new before and are there now; ``kept`` were there at the merge base too.

    Mistakes: ``again``: a new thread for what was said before. ``renumbered``: another short id
    without a rename. ``surfaced``: was there at the merge base, and is new now. ``wrongly``:
    threads resolved although a finding of theirs is still there. ``lost``: said in a thread
    before, in none now. ``left``: threads still open although nothing of theirs is there.
    ``doubled``: two threads about one thing, or two summaries. ``unsaid``: new, and in no row.
    ``loud``: pushes that people were told of twice, or without anything that is worse.

    ``told``: how often people were told of something. ``worse``: pushes that brought findings.

    No mistakes: ``renamed``: another id since the file has another name. ``unplaced``: findings
    in files that were there before whose line nobody can follow. ``unchecked``: stages that could
    not run, so that less was found.
    """

    pushes: int = 0
    survivors: int = 0
    kept: int = 0
    gone: int = 0
    threads: int = 0
    resolved: int = 0
    renamed: int = 0
    unplaced: int = 0
    again: int = 0
    renumbered: int = 0
    surfaced: int = 0
    wrongly: int = 0
    lost: int = 0
    left: int = 0
    doubled: int = 0
    unsaid: int = 0
    loud: int = 0
    told: int = 0
    worse: int = 0
    unchecked: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def repeated(self) -> int:
        """Surviving findings that are posted again, in whatever way."""
        return self.again + self.renumbered + self.surfaced

    def add(self, other: "Tally") -> None:
        """Take in another's counts."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def note(self, kind: str, what: object) -> None:
        """Count a mistake, and keep the first few."""
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < _EXAMPLES:
            self.examples.append(f"{kind}: {what}")


@dataclass(frozen=True)
class Step:
    """From one moment to the next; ``renames`` leads from old paths to new ones."""

    name: str
    before: Moment
    after: Moment
    renames: Mapping[str, str]

    def tally(self) -> Tally:
        """Count what became of everything."""
        counts = Tally(pushes=1)
        for old, new in self.pairs:
            if old["new"]:
                counts.survivors += 1
                self._follow(counts, old, new)
            else:
                counts.kept += 1
                if new["new"]:
                    counts.note("surfaced", self._words(old, new))
        counts.gone = len(self.before.findings) - len(self.pairs)
        counts.unplaced = self._unplaced()
        self._threads(counts)
        self._rows(counts)
        self._told(counts)
        return counts

    @cached_property
    def pairs(self) -> list[Pair]:
        """Each finding before that is there now, with what it is now."""
        now: dict[tuple[str, str, int], list[Finding]] = defaultdict(list)
        for finding in self.after.findings:
            now[finding["rule"], finding["path"], finding["line"]].append(finding)
        pairs = []
        for old in self.before.findings:
            path = self.renames.get(old["path"], old["path"])
            there = now[old["rule"], path, self._line(old)]
            # Equals on one line: by their message, and by their names where that is equal too.
            for new in sorted(there, key=lambda each: _unlike(old, each))[:1]:
                pairs.append((old, new))
                there.remove(new)
        return pairs

    def _line(self, old: Finding) -> int:
        path = self.renames.get(old["path"], old["path"])
        if path not in self._lines:
            before = self.before.files.get(old["path"])
            after = self.after.files.get(path)
            known = before is not None and after is not None
            self._lines[path] = moved(before or b"", after or b"") if known else {}
        return self._lines[path].get(old["line"], 0)

    @cached_property
    def _lines(self) -> dict[str, Mapping[int, int]]:
        return {}

    def _unplaced(self) -> int:
        known = {self.renames.get(path, path) for path in self.before.files}
        placed = {id(new) for _, new in self.pairs}
        return sum(f["path"] in known and id(f) not in placed for f in self.after.findings)

    def _follow(self, counts: Tally, old: Finding, new: Finding) -> None:
        before, after, what = self.before.said, self.after.said, self._words(old, new)
        if old["id"] != new["id"]:
            if old["path"] == new["path"]:
                counts.note("renumbered", what)
            else:
                counts.renamed += 1
        had, has = before.open.get(old["id"]), after.open.get(new["id"])
        if has is not None and has.id not in {thread.id for thread in before.threads}:
            counts.note("again", what)
        elif had is not None and (has is None or has.id != had.id):
            counts.note("lost", what)

    def _threads(self, counts: Tally) -> None:
        before, after = self.before.said, self.after.said
        there = {old["id"] for old, _ in self.pairs}
        now = {thread.id: thread for thread in after.threads}
        counts.threads = len(now.keys() - {thread.id for thread in before.threads})
        for thread in before.threads:
            what = f"{self.name} {thread.mark.rule} {thread.path}"
            if thread.over:
                continue
            if now[thread.id].over:
                counts.resolved += 1
                if thread.ids & there:
                    counts.note("wrongly", what)
            elif not now[thread.id].ids:
                counts.note("left", what)
        subjects = [thread.mark.subject for thread in after.threads if not thread.over]
        for _ in range(len(subjects) - len(set(subjects)) + max(0, len(after.summaries) - 1)):
            counts.note("doubled", self.name)

    def _rows(self, counts: Tally) -> None:
        said = self.after.said
        if said.cut:
            return
        rows = set(said.rows)
        for finding in self.after.findings:
            if finding["new"] and finding["id"] not in rows:
                counts.note("unsaid", f"{self.name} {finding['rule']} {finding['path']}")

    def _told(self, counts: Tally) -> None:
        known = {id(new) for old, new in self.pairs if old["new"]}
        brought = [each for each in self.after.findings if each["new"] and id(each) not in known]
        counts.worse = min(1, len(brought))
        counts.told = self.after.said.notified - self.before.said.notified
        if counts.told > counts.worse:
            counts.note("loud", f"{self.name} told {counts.told} times")

    def _words(self, old: Finding, new: Finding) -> str:
        places = (f"{each['path']}:{each['line']} {each['id']}" for each in (old, new))
        return f"{self.name} {old['rule']} {' -> '.join(places)}"


def _unlike(old: Finding, new: Finding) -> tuple[bool, bool]:
    return (old["message"] != new["message"], old["identity"] != new["identity"])


def moved(old: bytes, new: bytes) -> Mapping[int, int]:
    """Where each line of the old text stands in the new; a line that was changed keeps its place.

    Lines that went, or that became more or fewer, are not in it.
    """
    if old == new:
        return {line: line for line in range(1, old.count(b"\n") + 2)}
    found: dict[int, int] = {}
    matcher = SequenceMatcher(None, old.split(b"\n"), new.split(b"\n"), autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal" or (kind == "replace" and end - start == new_end - new_start):
            found |= {start + at + 1: new_start + at + 1 for at in range(end - start)}
    return found
