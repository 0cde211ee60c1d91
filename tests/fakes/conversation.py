"""A conversation in memory for tests of publishing: strict, stateful, and it fails on demand."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.change import Anchor, AnchorKind, ChangeId, Diff
from bot.forges.base import Partly, Reaction, Refused, Unsure
from bot.marks import read
from bot.review import Comment, Posted

BOT = "redline[bot]"


class Killed(BaseException):
    """The process is gone: nothing catches this."""


@dataclass
class Clock:
    """Time that passes only when someone sleeps."""

    now: float = 1000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Note:
    """A comment as the forge keeps it."""

    id: str
    author: str
    body: str


@dataclass
class Thread:
    """A thread, or the summary where the anchor says so."""

    id: str
    anchor: Anchor
    notes: list[Note]
    resolver: str | None = None

    @property
    def body(self) -> str:
        return self.notes[0].body


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a write: it is stored or not, and then this is raised."""

    stored: bool
    error: type[BaseException] = Unsure


@dataclass
class FakeConversation:
    """Holds threads; counts writes from 1, and fails those that ``faults`` names.

    A listing shows what stood there ``stale`` seconds ago. ``refused`` are paths on which no
    anchor is taken; ``apart``: of a review the others are. ``notified`` counts what people get an
    e-mail for.
    """

    change: ChangeId
    key: bytes
    diff: Diff
    clock: Clock = field(default_factory=Clock)
    stale: float = 0.0
    faults: dict[int, Fault] = field(default_factory=dict)
    refused: set[tuple[str, AnchorKind]] = field(default_factory=set)
    apart: bool = False
    threads: list[Thread] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    notified: int = 0
    _numbers: int = 0
    _past: list[tuple[float, list[Thread]]] = field(default_factory=list)

    def own(self) -> list[Posted]:
        found = (self._posted(thread) for thread in self._visible())
        return [posted for posted in found if posted is not None]

    def _visible(self) -> list[Thread]:
        if not self.stale:
            return self.threads
        old = [seen for at, seen in self._past if at <= self.clock.now - self.stale]
        return old[-1] if old else []

    def _posted(self, thread: Thread) -> Posted | None:
        first, *replies = thread.notes
        mark = read(first.body, self.change, self.key)
        if first.author != BOT or mark is None:
            return None
        return Posted(
            mark,
            first.id,
            "" if thread.anchor.kind is AnchorKind.SUMMARY else thread.id,
            first.body,
            answered=any(note.author != BOT for note in replies),
            replied=any(note.author == BOT for note in replies),
            resolved=thread.resolver is not None,
            resolver="" if thread.resolver in (None, BOT) else thread.resolver,
            anchor=thread.anchor if thread.anchor.kind is AnchorKind.LINE else None,
        )

    def post(self, comments: Sequence[Comment]) -> None:
        kinds = {comment.anchor.kind for comment in comments}
        assert comments, "an empty review"
        assert len(comments) == 1 or AnchorKind.FILE not in kinds, "one write, one object"
        self._write("post", lambda: self._store(comments))

    def _store(self, comments: Sequence[Comment]) -> None:
        bad = [one for one in comments if not self._takes(one.anchor)]
        if bad and not (self.apart and len(comments) > 1):
            raise Refused("line must be part of the diff")
        self.notified += 1
        for comment in [one for one in comments if one not in bad]:
            note = Note(self._number(), BOT, comment.body)
            self.threads.append(Thread(self._number(), comment.anchor, [note]))
        if bad:
            raise Partly("some are not taken", bad)

    def _takes(self, anchor: Anchor) -> bool:
        return self.diff.accepts(anchor) and (anchor.path, anchor.kind) not in self.refused

    def edit(self, posted: Posted, body: str) -> None:
        def store() -> None:
            note = self._note(posted.id)
            assert note.author == BOT
            note.body = body

        self._write("edit", store)

    def resolve(self, posted: Posted) -> None:
        def store() -> None:
            self._thread(posted).resolver = BOT

        self._write("resolve", store)

    def reopen(self, posted: Posted) -> None:
        def store() -> None:
            self._thread(posted).resolver = None

        self._write("reopen", store)

    def reply(self, posted: Posted, text: str) -> None:
        def store() -> None:
            self._thread(posted).notes.append(Note(self._number(), BOT, text))
            self.notified += 1

        self._write("reply", store)

    def react(self, comment: str, reaction: Reaction) -> None:
        raise AssertionError("publishing does not react")

    def answer(self, text: str) -> None:
        raise AssertionError("publishing does not answer")

    def _write(self, name: str, store: Callable[[], None]) -> None:
        self.log.append(name)
        fault = self.faults.get(len(self.log))
        if fault is None or fault.stored:
            store()
            self.clock.now += 0.01
            self._past.append((self.clock.now, copy.deepcopy(self.threads)))
        if fault is not None:
            raise fault.error("it failed")

    def _note(self, name: str) -> Note:
        for thread in self.threads:
            for note in thread.notes:
                if note.id == name:
                    return note
        raise Refused("no such comment")

    def _thread(self, posted: Posted) -> Thread:
        for thread in self.threads:
            if any(note.id == posted.id for note in thread.notes):
                return thread
        raise Refused("no such thread")

    def _number(self) -> str:
        self._numbers += 1
        return str(self._numbers)

    def person_replies(self, thread: Thread, text: str = "why?") -> None:
        thread.notes.append(Note(self._number(), "ann", text))
        self._past.append((self.clock.now, copy.deepcopy(self.threads)))

    def person_resolves(self, thread: Thread, who: str) -> None:
        thread.resolver = who
        self._past.append((self.clock.now, copy.deepcopy(self.threads)))

    @property
    def inline(self) -> list[Thread]:
        return [each for each in self.threads if each.anchor.kind is not AnchorKind.SUMMARY]

    @property
    def summaries(self) -> list[Thread]:
        return [each for each in self.threads if each.anchor.kind is AnchorKind.SUMMARY]

    def open(self) -> list[Thread]:
        """Threads that say that something is wrong."""
        return [each for each in self.inline if not self._over(each)]

    def _over(self, thread: Thread) -> bool:
        posted = self._posted(thread)
        return posted is None or posted.mark.fixed or posted.replied


@dataclass(frozen=True)
class Intent:
    age: float
    confirmed: bool


@dataclass
class FakeGuard:
    """A lease in memory that lives longer than the runs that hold it."""

    clock: Clock
    refuses: BaseException | None = None
    refuses_after: int = 1_000_000
    checks: int = 0
    paced: int = 0
    _intents: dict[str, tuple[float, bool]] = field(default_factory=dict)

    def check(self) -> None:
        self.checks += 1
        if self.refuses is not None and self.checks > self.refuses_after:
            raise self.refuses

    def pace(self) -> None:
        self.paced += 1

    def intend(self, subjects: Sequence[str]) -> None:
        self._intents |= dict.fromkeys(subjects, (self.clock.now, False))

    def confirmed(self, subjects: Sequence[str]) -> None:
        for subject in subjects:
            if subject in self._intents:
                self._intents[subject] = (self._intents[subject][0], True)

    def recent(self, seconds: float) -> Mapping[str, Intent]:
        ages = {name: self.clock.now - at for name, (at, _sure) in self._intents.items()}
        return {
            name: Intent(age, self._intents[name][1]) for name, age in ages.items() if age < seconds
        }
