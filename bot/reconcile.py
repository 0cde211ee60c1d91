"""What was missed is found again: overdue runs in the ledger, unreviewed heads at the forge."""

import threading
import time
from collections.abc import Mapping

import structlog

from bot.change import ForgeName
from bot.forges.base import Forge, ForgeError, Gone, Limited
from bot.ledger import Busy, Ledger

log = structlog.get_logger()


def tend(ledger: Ledger) -> None:
    """Free what a dead worker holds and forget what is old."""
    freed = ledger.expire()
    if freed:
        log.warning("overdue runs freed", count=freed)
    ledger.prune()


def walk(ledger: Ledger, forge: Forge, pause: float, stop: threading.Event) -> int:
    """Want each open change whose head has no final status of ours; how many.

    ``pause`` seconds lie between two changes, so that a walk over thousands does not use up the
    rate limit that reviews need.
    """
    found = 0
    for change_id in forge.open_changes():
        if stop.is_set():
            break
        try:
            missed = not ledger.wanted(change_id) and forge.unfinished(forge.change(change_id))
        except Gone:
            continue
        if missed:
            ledger.want(change_id)
            found += 1
            log.warning("missed change found", change=change_id.number)
        stop.wait(pause)
    return found


class Clock:
    """Says when something that repeats is due; the first time at once."""

    def __init__(self, every: float) -> None:
        self.every = every
        self.next = 0.0

    def due(self) -> bool:
        """Whether it is time; if so, the next time is ``every`` seconds from now."""
        now = time.monotonic()
        if now < self.next:
            return False
        self.next = now + self.every
        return True

    def postpone(self, seconds: float) -> None:
        """Not before ``seconds`` from now."""
        self.next = time.monotonic() + seconds
