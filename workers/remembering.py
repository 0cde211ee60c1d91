"""What earlier reviews made of the same files: kept with all that a stage had asked to say so.

A stage's word on some files follows from their content, from the edition of the code and the
configuration (its key), and from whatever else it looked at. That is asked again before the word is
taken: nothing has to be known of a stage to know that it would say the same.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Protocol, cast, overload

import msgspec

from bot.change import ChangedFile
from rules.secrets import masked
from workers.lookups import around
from workers.project import Around, Entry, Judged, Project, Stage, Tree, cut, together

MOST_ASKED = 2_000  # by a stage on one unit: what looks at more is not kept
_QUESTIONS = frozenset((  # asked of a whole commit: what is asked otherwise is not compared
    *("dockerfile_of", "tagged_later", "contexts_of"),
    *("defined", "names", "gives_a_namespace", "whole"),
))  # fmt: skip


class Memory(Protocol):
    """Bytes by key: what the process that starts reviews has of earlier ones."""

    def recall(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Those of the entries that are there."""

    def keep(self, key: str, data: bytes) -> None:
        """Keep an entry for later reviews."""


class _Asked(msgspec.Struct, frozen=True, array_like=True):
    """A question and a hash of its answer; ``before``: of the merge base, not of the own commit."""

    before: bool
    what: str
    about: tuple[str, ...]
    answer: str


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    asked: tuple[_Asked, ...]
    judged: Judged


@dataclass(frozen=True)
class Remembering:
    """Judges what no earlier review has judged. ``edition`` names the code that judges."""

    memory: Memory
    edition: str

    def judged(self, stage: Stage, unit: Callable[[str], str], project: Project) -> Judged:
        """What the stage says of the project, each unit of its paths by itself."""
        units: dict[str, list[str]] = defaultdict(list)
        for path in project.paths:
            units[unit(path)].append(path)
        parts = [replace(project, paths=tuple(paths)) for paths in units.values()]
        keys = [self._key(stage, part) for part in parts]
        kept = self._recalled(keys, project)
        return _joined(
            kept[key] if key in kept else self._anew(stage, part, key)
            for part, key in zip(parts, keys, strict=True)
        )

    def _key(self, stage: Stage, project: Project) -> str:
        entries = project.tree.find(project.paths)
        config = msgspec.json.encode(project.config, order="sorted")
        parts = (self.edition, stage.NAME, project.side, project.root, _digest(entries))
        return sha256("\0".join(parts).encode() + b"\0" + config).hexdigest()

    def _recalled(self, keys: Sequence[str], project: Project) -> Mapping[str, Judged]:
        found = {key: _read(data) for key, data in self.memory.recall(keys).items()}
        known = {key: kept for key, kept in found.items() if kept is not None}
        _fetch(project, known.values())
        return {
            key: kept.judged
            for key, kept in known.items()
            if all(one.answer and _answer(project, one) == one.answer for one in kept.asked)
        }

    def _anew(self, stage: Stage, project: Project, key: str) -> Judged:
        record = _Record()
        judged = stage.run(_watched(project, record))
        if judged.excess is None and len(record.asked) <= MOST_ASKED:
            try:
                data = msgspec.msgpack.encode(_Kept(tuple(record.asked.values()), judged))
            except UnicodeEncodeError:  # a path that is no text
                return judged
            text = data.decode("utf-8", "replace")
            if masked(text) == text:  # someone may have made a name of a secret
                self.memory.keep(key, data)
        return judged


def _read(data: bytes) -> _Kept | None:
    try:
        return msgspec.msgpack.decode(data, type=_Kept)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _joined(parts: Iterable[Judged]) -> Judged:
    every = list(parts)
    findings, excess = cut([one for each in every for one in each.findings])
    return Judged(
        findings,
        frozenset[tuple[str, str]]().union(*(each.subjects for each in every)),
        tuple(dict.fromkeys(note for each in every for note in each.notes)),
        {path: who for each in every for path, who in each.later.items()},
        together(excess, *(each.excess for each in every)),
    )


def _fetch(project: Project, kept: Iterable[_Kept]) -> None:
    """Ask for all that is to be compared in one go."""
    paths: dict[bool, set[str]] = {False: set(), True: set()}
    for one in (one for each in kept for one in each.asked if one.what == "find"):
        paths[one.before].update(one.about)
    project.tree.find(paths[False])
    if project.before is not None:
        project.before.find(paths[True])


def _answer(project: Project, one: _Asked) -> str:
    """A hash of today's answer; empty where the question cannot be asked."""
    if one.what == "changed":
        return _digest_of(project.changed)
    whom, _, what = one.what.rpartition(".")
    if whom:
        known = around(project)
        target = known if whom == "around" else known.index()
        return _hash(getattr(target, what)(*one.about)) if what in _QUESTIONS else ""
    tree = project.before if one.before else project.tree
    match tree, one.what, one.about:
        case None, _, _:
            return ""
        case _, "beside", (root,):
            return _digest(tree.beside(root))
        case _, "entries", ():
            return _digest(tree.entries())
        case _, _, paths:
            return _digest(tree.find(paths))


def _digest(entries: Mapping[str, Entry]) -> str:
    lines = (f"{path}\0{one.mode} {one.sha}" for path, one in sorted(entries.items()))
    return sha256("\0\0".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _hash(answer: object) -> str:
    """Of what rules are told; empty where it has no form of its own, and is never the same."""
    try:
        return sha256(msgspec.json.encode(answer, order="sorted")).hexdigest()
    except (TypeError, UnicodeEncodeError):
        return ""


def _digest_of(changed: Sequence[ChangedFile]) -> str:
    lines = (f"{one.old_path}\0{one.new_path}\0{one.old_sha}{one.new_sha}" for one in changed)
    return sha256("\0\0".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


@dataclass
class _Record:
    """What was asked, each question once."""

    asked: dict[tuple[bool, str, tuple[str, ...]], _Asked] = field(default_factory=dict)

    def note(self, before: bool, what: str, about: tuple[str, ...], answer: str) -> None:
        """Remember an answer."""
        self.asked.setdefault((before, what, about), _Asked(before, what, about, answer))


def _watched(project: Project, record: _Record) -> Project:
    before = project.before
    return replace(
        project,
        tree=_Watched(project.tree, record, before=False),
        before=None if before is None else _Watched(before, record, before=True),
        changed=_Changed(project.changed, record),
        around=cast("Around", _Asking(around(project), "around", record)),
    )


class _Asking:
    """Whoever answers what is asked of a whole commit, and what was asked and answered."""

    def __init__(self, target: object, name: str, record: _Record) -> None:
        self._target, self._name, self._record = target, name, record

    def index(self) -> "_Asking":
        return _Asking(getattr(self._target, "index")(), "index", self._record)  # noqa: B009

    def __getattr__(self, what: str) -> Callable[..., object]:
        def ask(*about: str) -> object:
            answer = getattr(self._target, what)(*about)
            self._record.note(False, f"{self._name}.{what}", about, _hash(answer))
            return answer

        return ask


class _Watched:
    """A commit's files, and who asks for them."""

    def __init__(self, tree: Tree, record: _Record, *, before: bool) -> None:
        self._tree, self._record, self._before = tree, record, before

    @property
    def commit(self) -> str:
        return self._tree.commit

    def find(self, paths: Iterable[str]) -> Mapping[str, Entry]:
        wanted = tuple(sorted(set(paths)))
        return self._noted("find", wanted, self._tree.find(wanted))

    def entries(self) -> Mapping[str, Entry]:
        return self._noted("entries", (), self._tree.entries())

    def beside(self, root: str) -> Mapping[str, Entry]:
        return self._noted("beside", (root,), self._tree.beside(root))

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return self._tree.read(self.find(paths))

    def targets(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return self._tree.targets(self.find(paths))

    def _noted(
        self, what: str, about: tuple[str, ...], found: Mapping[str, Entry]
    ) -> Mapping[str, Entry]:
        self._record.note(self._before, what, about, _digest(found))
        return found


class _Changed(Sequence[ChangedFile]):
    """The files of the change, and whether anybody looks at them."""

    def __init__(self, files: Sequence[ChangedFile], record: _Record) -> None:
        self._files, self._record = files, record

    def __len__(self) -> int:
        self._look()
        return len(self._files)

    @overload
    def __getitem__(self, index: int) -> ChangedFile: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ChangedFile]: ...
    def __getitem__(self, index: int | slice) -> ChangedFile | Sequence[ChangedFile]:
        self._look()
        return self._files[index]

    def __iter__(self) -> Iterator[ChangedFile]:
        self._look()
        return iter(self._files)

    def _look(self) -> None:
        self._record.note(False, "changed", (), _digest_of(self._files))
