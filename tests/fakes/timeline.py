"""The forge's clock, and values that are kept with their past.

A value is frozen; a ``Timeline`` holds what it was at which time, so that edits have a history and
a listing can be answered as it was some seconds ago.
"""

import time
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Clock:
    """The forge's own time in seconds since 1970, which may differ from the machine's."""

    def __init__(self) -> None:
        self.skew = 0.0

    def now(self) -> float:
        return time.time() + self.skew

    def advance(self, seconds: float) -> None:
        self.skew += seconds


class Timeline(Generic[T]):
    """One thing over time: ``(when, value)`` in order; the value ``None`` means deleted."""

    def __init__(self, when: float, value: T) -> None:
        self.versions: list[tuple[float, T | None]] = [(when, value)]

    @property
    def born(self) -> float:
        return self.versions[0][0]

    @property
    def first(self) -> T:
        value = self.versions[0][1]
        assert value is not None
        return value

    @property
    def now(self) -> T | None:
        return self.versions[-1][1]

    def at(self, when: float) -> T | None:
        """What it was at that time; None before it was made and after it was deleted."""
        found = None
        for since, value in self.versions:
            if since <= when:
                found = value
        return found

    def set(self, when: float, value: T | None) -> None:
        self.versions.append((when, value))


def current(timelines: Iterable[Timeline[T]], when: float) -> list[T]:
    """Every value that was there at that time, in the order of the timelines."""
    return [value for line in timelines if (value := line.at(when)) is not None]
