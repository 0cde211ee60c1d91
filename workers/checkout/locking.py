"""Files that processes of one machine lock against each other, and how they wait."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workers.checkout.terms import Unreachable

_LOCK_SECONDS = 660
_WATCHED = 2.0  # seconds for which a holder is looked at, at least, before it is given up


class Held(Unreachable):
    """Who has the lock shows no sign of life: it may be frozen, and nobody knows for how long."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How others are waited for.

    ``idle`` is called about once a second; what it raises ends the waiting. ``lifeless``: seconds
    without a sign of life after which who has a lock is not waited for any more.
    """

    idle: Callable[[], None] = lambda: None
    lifeless: float = 60.0


@contextmanager
def locked(path: Path, how: int, wait: Patience, *, at_once: bool = False) -> Iterator[int]:
    """The lock, and its descriptor. Raises Held, and Unreachable where others keep it.

    ``how`` is of ``fcntl``. ``at_once``: without any waiting.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, how, wait, 0.0 if at_once else _LOCK_SECONDS)
        yield descriptor
    finally:
        os.close(descriptor)


def alive(lock: int) -> None:
    """A sign of life of who has this lock: to be given about once a second."""
    os.utime(lock)


def _take(lock: int, how: int, wait: Patience, seconds: float) -> None:
    began = told = time.monotonic()
    watch = _Watch(lock, began)
    while True:
        try:
            return fcntl.flock(lock, how | fcntl.LOCK_NB)
        except BlockingIOError:
            now = time.monotonic()
        if now - began >= seconds:
            raise Unreachable("another review is still fetching this repository")
        if now - told >= 1:
            told = now
            wait.idle()
            if watch.silent(now) >= wait.lifeless:
                raise Held("another review of this repository has stopped while it was fetching")
        time.sleep(0.02)


class _Watch:
    """Looks for signs of life on a lock."""

    def __init__(self, lock: int, now: float) -> None:
        self._lock, self._since = lock, now
        self._sign = os.fstat(lock).st_mtime

    def silent(self, now: float) -> float:
        """Seconds without one. By the file's time too, but never without having looked a while:

        that clock may be put forward, and a machine may have slept.
        """
        sign = os.fstat(self._lock).st_mtime
        if sign != self._sign:
            self._sign, self._since = sign, now
        watched = now - self._since
        return watched if watched < _WATCHED else max(watched, time.time() - sign)
