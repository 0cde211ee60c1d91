"""What goes wrong on purpose: failures before or after a write, and listings that are late."""

import random
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from tests.fakes.timeline import Clock

What = Literal["status", "hang", "drop", "slow"]


@dataclass
class Fault:
    """One fault. ``pattern``: shell-like over ``"METHOD /path"``, as ``"POST */reviews"``.

    ``what``: answer with ``status``; ``hang`` for ``seconds`` and then drop; ``drop`` the
    connection; answer ``slow``, a byte in ``seconds``. ``after``: the request is carried out
    first, only its answer is lost. ``times``: how often (None: always); ``chance``: of 1.
    """

    pattern: str
    what: What = "status"
    status: int = 502
    after: bool = False
    times: int | None = 1
    chance: float = 1.0
    seconds: float = 1.0
    message: str = "Server Error"
    hits: int = 0


class Faults:
    """The faults in force, and how late each kind of listing is."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self.clock = clock
        self.random = random.Random(seed)
        self.active: list[Fault] = []
        self.late: dict[str, float] = {}

    def add(self, pattern: str, **fields: object) -> Fault:
        """A fault, as the fields of Fault say; remove it with ``clear`` or let ``times`` end it."""
        fault = Fault(pattern, **fields)  # type: ignore[arg-type]
        self.active.append(fault)
        return fault

    def clear(self) -> None:
        self.active.clear()
        self.late.clear()

    def stale(self, seconds: float, *kinds: str) -> None:
        """Listings show what was there so many seconds ago.

        Kinds: comments, reviews, review_comments, threads, checks, statuses, reactions.
        """
        self.late.update(dict.fromkeys(kinds, seconds))

    def seen(self, kind: str) -> float:
        """The time as of which a listing of this kind is answered."""
        return self.clock.now() - self.late.get(kind, 0)

    def draw(self, method: str, path: str) -> Fault | None:
        """The first fault that strikes this request."""
        for fault in self.active:
            if not fnmatchcase(f"{method} {path}", fault.pattern) or fault.times == 0:
                continue
            if self.random.random() >= fault.chance:
                continue
            if fault.times is not None:
                fault.times -= 1
            fault.hits += 1
            return fault
        return None
