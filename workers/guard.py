"""What stands between a run and each of its writes: the lease, kept alive, and the shared pace."""

import mmap
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import structlog

from bot.ledger import Busy, Intent, Lease, Ledger, Lost, Over

log = structlog.get_logger()

LOOK_SECONDS = 1.0  # between two looks, while it waits, at whether a run is still wanted

# One byte of memory that a worker shares with the processes that it forks.
_told = mmap.mmap(-1, 1)


class Ending(Over):
    """This worker has been told to end: another one goes on."""


def end() -> None:
    """Tell all runs of this worker to give back what they have."""
    _told[0] = 1


def ending() -> bool:
    """Whether they have been told."""
    return bool(_told[0])


class Guard:
    """A lease as ``publish`` needs it: checked before each write, with the pace of its account."""

    def __init__(self, ledger: Ledger, lease: Lease, installation: str, every: float) -> None:
        self._ledger, self._lease = ledger, lease
        self._installation, self._every = installation, every

    def check(self) -> None:
        """Raise Lost, Superseded, Closed or Ending if this run may not write any more."""
        if ending():
            raise Ending("the worker is told to end")
        self._lease.check()

    def wait(self, seconds: float) -> None:
        """Wait, and check meanwhile: a newer push does not wait for what it replaces."""
        until = time.monotonic() + seconds
        self.check()
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_SECONDS))
            self.check()

    def pace(self) -> None:
        """Wait for the next slot of a write that notifies."""
        self.wait(self._ledger.pace(self._installation, self._every))

    def intend(self, subjects: Sequence[str]) -> None:
        """Remember that these are about to be posted."""
        self._lease.intend(subjects)

    def confirmed(self, subjects: Sequence[str]) -> None:
        """Remember that these were posted."""
        self._lease.confirmed(subjects)

    def recent(self, seconds: float) -> Mapping[str, Intent]:
        """What was about to be posted, or was, in the last seconds, by any run."""
        return self._lease.recent(seconds)


@contextmanager
def kept(lease: Lease) -> Iterator[None]:
    """Renew the lease from a thread while the block runs; a lost one is found by ``check``."""
    stop = threading.Event()

    def renew() -> None:
        while not stop.wait(lease.seconds / 3):
            try:
                lease.renew()
            except Lost:
                return
            except Busy:
                log.warning("lease not renewed yet")

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
