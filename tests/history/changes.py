"""A change told at a forge: pushed in parts, moved, renamed and half mended, each reviewed."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from tests.history.desk import Change, Desk
from tests.history.fixing import mended
from tests.history.said import NOTHING, said
from tests.history.tally import Finding, Moment, Step, Tally

_YAML = (".yaml", ".yml")
_OBJECT = b"""apiVersion: v1
kind: ConfigMap
metadata:
  name: about-this-file
  namespace: default
data:
  owner: platform
  purpose: "what this file is for"
  reviewed: "by two people"
  since: "2024-05-01"
  chat: "the platform's room"
  pager: "none"
  cost: "42"
  region: eu
  tier: "2"
  backup: "daily"
  restore: "tried"
  notes: "twenty lines, with the three dashes"
---
"""


@dataclass(frozen=True)
class Made:
    """A change to be: its name, its files, and the branch that it begins at.

    ``objects``: what is inserted above is a manifest, where the file has any, and the renamed file
    gets another folder. ``gone``: files of the target branch that the change removes.
    """

    name: str
    files: Mapping[str, bytes]
    start: str = "main"
    objects: bool = False
    gone: tuple[str, ...] = ()


class Telling:
    """One change at a forge, push by push, each reviewed and compared with the one before."""

    def __init__(self, desk: Desk, repo: Any, made: Made) -> None:
        self._desk, self._repo, self._made = desk, repo, made
        self._change: Change | None = None
        self._files: dict[str, bytes] = {}
        self._last = Moment({}, (), NOTHING)
        self.tally = Tally()

    def told(self) -> Tally:
        """All pushes of the change: three that add, then one that inserts, moves, and mends."""
        gone = dict.fromkeys(self._made.gone)
        for number, part in enumerate(_parts(self._made.files, 3)):
            self._push("add", {**part, **(gone if number == 0 else {})})
        self._push("insert", {path: self._inserted(path) for path in self._judged()})
        self._rename()
        self._mend()
        return self.tally

    @property
    def change(self) -> Change:
        """The change, opened by the first push."""
        assert self._change is not None
        return self._change

    def _push(
        self,
        label: str,
        files: Mapping[str, bytes | None],
        renames: Mapping[str, str] | None = None,
    ) -> None:
        for path, data in files.items():
            if data is None:
                self._files.pop(path, None)
            else:
                self._files[path] = data
        if self._change is None:
            name, base = self._made.name, self._made.start
            self._repo.push(name, files, start=base)
            self._change = self._desk.there.open(self._repo, name, base=base)
        elif files:
            self._change.push(files)
        self._review(label, renames or {})

    def _review(self, label: str, renames: Mapping[str, str]) -> None:
        document = self._desk.review(self.change)
        findings = tuple(document["findings"])
        for stage in document["stages"]:
            if stage["outcome"] == "unchecked":
                self.tally.note("unchecked", f"{stage['stage']}: {stage['reason']}")
        ids = {each["id"] for each in findings if each["new"]}
        now = Moment(dict(self._files), findings, said(self.change, ids))
        step = Step(f"{self._made.name} {label}", self._last, now, renames)
        self.tally.add(step.tally())
        self._last = now

    def _judged(self) -> list[str]:
        """The change's files that rules may speak about."""
        return [
            path
            for path in self._files
            if path.endswith(_YAML) or "dockerfile" in path.rpartition("/")[2].lower()
        ]

    def _inserted(self, path: str) -> bytes:
        """Twenty lines above all that the file has."""
        data = self._files[path]
        if self._made.objects and path.endswith(_YAML):
            return _OBJECT + b"# a line\n" + data.removeprefix(b"---\n")
        return b"# a line\n" * 20 + data

    def _rename(self) -> None:
        """The file with the most findings gets another name."""
        counts = Counter(each["path"] for each in self._found())
        for old in sorted(self._judged(), key=lambda path: (-counts[path], path))[:1]:
            path = PurePosixPath(old)
            folder = path.parent / "moved" if self._made.objects else path.parent
            new = str(folder / _renamed(path.name))
            self._push("rename", {new: self._files[old], old: None}, {old: new})

    def _mend(self) -> None:
        """Every second finding is mended."""
        chosen: dict[str, list[Finding]] = defaultdict(list)
        for finding in self._found()[::2]:
            chosen[finding["path"]].append(finding)
        self._push("mend", {path: mended(self._files[path], them) for path, them in chosen.items()})

    def _found(self) -> list[Finding]:
        """What was found in the change's files at the last push, by place."""
        found = [each for each in self._last.findings if each["path"] in self._files]
        return sorted(found, key=lambda each: (each["path"], each["line"], each["id"]))


def _parts(files: Mapping[str, bytes], number: int) -> Iterator[dict[str, bytes]]:
    rows = list(files.items())
    for part in range(number):
        some = dict(rows[part::number])
        if some:
            yield some


def _renamed(name: str) -> str:
    """Another name that says the same kind of file."""
    stem, dot, rest = name.partition(".")
    return f"{name}.two" if stem.lower() == "dockerfile" else f"{stem}-2{dot}{rest}"
