"""Each write behind the guard, none of them twice."""

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.forges.base import Conversation, Partly, Refused, Unsure
from bot.review import Comment, Mark, Posted

ATTEMPTS = 3
_BEFORE_AGAIN = 1.0  # seconds

log = structlog.get_logger()


class Intent(Protocol):
    """Something that was about to be written ``age`` seconds ago; confirmed: the forge said yes."""

    @property
    def age(self) -> float:
        """Seconds."""

    @property
    def confirmed(self) -> bool:
        """Whether the forge said yes."""


class Guard(Protocol):
    """What stands between a run and each of its writes: the lease, and the pace of all workers."""

    def check(self) -> None:
        """Raise if this run may not write any more."""

    def pace(self) -> None:
        """Wait until the next write that notifies is allowed."""

    def intend(self, subjects: Sequence[str]) -> None:
        """Remember that these are about to be written."""

    def confirmed(self, subjects: Sequence[str]) -> None:
        """Remember that these stand at the forge."""

    def recent(self, seconds: float) -> Mapping[str, Intent]:
        """What was about to be written in the last seconds, by any run over this change."""


@dataclass(frozen=True, slots=True)
class Timing:
    """``settle``: seconds after which the forge's listings are trusted to show a write."""

    settle: float = 6.0
    sleep: Callable[[float], None] = time.sleep


def subject(mark: Mark) -> str:
    """A name for what a comment speaks about: 32 hex digits, whatever bytes a path has."""
    return _named(*mark.subject)


def _edited(posted: Posted, mark: Mark) -> str:
    said = (mark.body, mark.left, mark.fixed, mark.passed, mark.again)
    return _named("edit", posted.id, *map(str, said))


def _replied(posted: Posted) -> str:
    return _named("reply", posted.id)


def _named(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:32]


def _shown(listed: Iterable[Posted]) -> frozenset[str]:
    """The names of all writes that a listing shows. What is over speaks for nothing any more."""
    names = {_edited(each, each.mark) for each in listed}
    names |= {subject(each.mark) for each in listed if not each.mark.fixed}
    return frozenset(names | {_replied(each) for each in listed if each.replied})


class Pen:
    """Writes to one conversation."""

    def __init__(self, conversation: Conversation, guard: Guard, timing: Timing) -> None:
        self._conversation, self._guard, self._timing = conversation, guard, timing
        self.expected: frozenset[str] = frozenset()  # stands there for certain, but is not listed

    def settled(self) -> list[Posted]:
        """Our comments, once the listing can show all that earlier runs have written.

        A run that was killed knows of writes that a listing may not show for some seconds: then,
        and only then, this waits.
        """
        listed = self._conversation.own()
        recent = self._guard.recent(self._timing.settle)
        missing = {name: each for name, each in recent.items() if name not in _shown(listed)}
        if missing:
            age = min(intent.age for intent in missing.values())
            self._timing.sleep(max(0.0, self._timing.settle - age))
            listed = self._conversation.own()
        sure = {name for name, intent in missing.items() if intent.confirmed}
        self.expected = frozenset(sure - {subject(each.mark) for each in listed})
        return listed

    def edit(self, posted: Posted, body: str, mark: Mark) -> None:
        """Replace a body. Done twice it does no harm, so an unsure answer is simply asked again."""
        self._guard.intend([_edited(posted, mark)])
        self._again(lambda: self._conversation.edit(posted, body))

    def resolve(self, posted: Posted) -> None:
        """Close a thread; likewise."""
        self._again(lambda: self._conversation.resolve(posted))

    def reopen(self, posted: Posted) -> None:
        """Open one that we closed; likewise."""
        self._again(lambda: self._conversation.reopen(posted))

    def post(self, comments: Sequence[Comment]) -> None:
        """Post what is not there yet. Raises Refused or Partly; Unsure where the listing does
        not help.
        """
        rest = {subject(comment.mark): comment for comment in comments}

        def write(names: Sequence[str]) -> None:
            self._conversation.post([rest[name] for name in names])

        self._once(list(rest), write)

    def reply(self, posted: Posted, text: str) -> None:
        """Answer in a thread, once."""
        self._once([_replied(posted)], lambda _names: self._conversation.reply(posted, text))

    def _again(self, write: Callable[[], None]) -> None:
        for last in _attempts():
            self._guard.check()
            try:
                write()
            except Unsure:
                if last:
                    raise
                self._timing.sleep(_BEFORE_AGAIN)
            except Refused as refused:
                # Someone deleted the comment since it was listed: the next run posts it again.
                log.warning("edit refused", reason=str(refused))
                return
            else:
                return

    def _once(self, names: Sequence[str], write: Callable[[Sequence[str]], None]) -> None:
        """Do a write that must not happen twice: the listing says what of it is still to do."""
        for last in _attempts():
            self._guard.pace()
            self._guard.check()
            self._guard.intend(names)
            try:
                write(names)
            except Partly as partly:
                refused = {subject(one.mark) for one in partly.refused}
                self._guard.confirmed([name for name in names if name not in refused])
                raise
            except Unsure:
                names = self._absent(names)
                if not names:
                    return
                if last:
                    raise
            else:
                self._guard.confirmed(names)
                return

    def _absent(self, names: Sequence[str]) -> Sequence[str]:
        """Those that do not stand at the forge, once the listing can be trusted."""
        for wait in (0.0, self._timing.settle):
            self._timing.sleep(wait)
            shown = _shown(self._conversation.own())
            self._guard.confirmed([name for name in names if name in shown])
            names = [name for name in names if name not in shown]
            if not names:
                break
        return names


def _attempts() -> Iterable[bool]:
    """One item an attempt: whether it is the last."""
    return (number == ATTEMPTS for number in range(1, ATTEMPTS + 1))
