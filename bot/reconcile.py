"""What was missed is found again: overdue runs in the ledger, unreviewed heads at the forge."""

import threading
import time
from collections.abc import Callable, Iterable
from functools import partial

import structlog

from bot.change import Seen
from bot.forges.base import Forge, ForgeError, Gone, Limited
from bot.ledger import Busy, Ledger
from bot.settings import Settings

log = structlog.get_logger()

FIRST_PAUSE = 0.2  # seconds between two changes at the start: reviews need the rate limit more
LONGEST_PAUSE = 2.0
SLACK_SECONDS = 120.0  # beyond a review's own limit, for fetching and posting


def tend(ledger: Ledger, older_than: float) -> int:
    """Free what a dead worker holds, forget what is old; how many runs were freed."""
    ledger.stay()
    freed = ledger.expire(older_than)
    for change in freed:
        log.warning("overdue run freed", change=change.number)
    ledger.prune()
    return len(freed)


def walk(ledger: Ledger, forge: Forge, pause: float, stop: threading.Event) -> int:
    """Want each open change whose head has no final status of ours; how many were looked at.

    ``pause`` seconds lie between two changes. What one change's forge does not tell is left to the
    next walk. Raises ForgeError where it did not see all changes.
    """
    looked = 0
    for seen in forge.open_changes():
        if stop.wait(pause):
            break
        looked += 1
        try:
            _look(ledger, forge, seen)
        except ForgeError as error:
            log.warning("change not looked at", change=seen.id.number, reason=str(error))
    return looked


def _look(ledger: Ledger, forge: Forge, seen: Seen) -> None:
    began = ledger.time()
    try:
        unfinished = forge.unfinished(seen)
    except Gone:
        return  # the listing that names it no more says so next time
    if unfinished and ledger.find(seen, began):
        ledger.count("reconciler_found")
        log.warning("missed change found", change=seen.id.number)


class Rounds:
    """The walks over one forge: at the start, and then spread over the time between two."""

    def __init__(self, ledger: Ledger, forge: Forge, settings: Settings) -> None:
        self._ledger, self._forge = ledger, forge
        self._every, self._again = settings.forge_walk_seconds, settings.reconcile_seconds
        self._pause = FIRST_PAUSE

    def run(self, stop: threading.Event) -> None:
        """Walk until told to stop; sooner again after a walk that did not see everything."""
        while not stop.is_set():
            began = time.monotonic()
            complete = _whatever_happens(partial(self._round, stop))
            every = self._every if complete else min(self._every, self._again)
            stop.wait(max(FIRST_PAUSE, began + every - time.monotonic()))

    def _round(self, stop: threading.Event) -> bool:
        """Whether all is well: each change was looked at, and no webhook was lost."""
        looked = walk(self._ledger, self._forge, self._pause, stop)
        self._pause = min(LONGEST_PAUSE, self._every / 2 / max(looked, 1))
        asked = self._forge.send_again()
        if asked:
            self._ledger.count("webhooks_asked_for_again", asked)
            log.warning("lost webhooks asked for again", count=asked)
        return not asked


def run(ledger: Ledger, forges: Iterable[Forge], settings: Settings, stop: threading.Event) -> None:
    """Tend the ledger as often as the settings say, and walk the forges beside that."""
    rounds = [Rounds(ledger, forge, settings) for forge in forges]
    threads = [threading.Thread(target=one.run, args=(stop,), daemon=True) for one in rounds]
    for thread in threads:
        thread.start()
    older_than = settings.review_seconds + SLACK_SECONDS
    while not stop.is_set():
        _whatever_happens(lambda: bool(tend(ledger, older_than)))
        stop.wait(settings.reconcile_seconds)
    for thread in threads:
        thread.join(FIRST_PAUSE)


def _whatever_happens(act: Callable[[], bool]) -> bool:
    """The reconciler outlives a forge or a database that does not answer: it looks again later."""
    try:
        return act()
    except Limited as limited:
        log.warning("reconciler waits", reason="limited", until=limited.until.isoformat())
    except (ForgeError, Busy) as error:
        log.warning("reconciler waits", reason=str(error))
    except Exception:
        # A fault that nobody thought of must not end the looking for what was missed.
        log.exception("reconciler failed")
    return False
