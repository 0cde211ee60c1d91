"""What was missed is found again: overdue runs in the ledger, unreviewed heads at the forge."""

import threading
import time
from collections.abc import Callable, Iterable
from functools import partial

import structlog

from bot.change import ChangeId
from bot.forges.base import Forge, ForgeError, Gone
from bot.ledger import Busy, Ledger
from bot.settings import Settings

log = structlog.get_logger()

WALK_PAUSE = 0.2  # seconds between two changes: reviews need the rate limit more
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
    """Want each open change whose head has no final status of ours; how many.

    ``pause`` seconds lie between two changes.
    """
    found = 0
    for change in forge.open_changes():
        if stop.wait(pause):
            break
        found += _missed(ledger, forge, change)
    return found


def _missed(ledger: Ledger, forge: Forge, change: ChangeId) -> bool:
    try:
        unfinished = forge.unfinished(forge.change(change))
    except Gone:
        ledger.forget(change)
        return False
    if not unfinished or not ledger.want(change):
        return False
    ledger.count("reconciler_found")
    log.warning("missed change found", change=change.number)
    return True


def run(
    ledger: Ledger, forges: Iterable[Forge], settings: Settings, stop: threading.Event
) -> None:
    """Tend the ledger and walk the forges, at start and then as often as the settings say."""
    chosen = tuple(forges)
    older_than = settings.review_seconds + SLACK_SECONDS
    walked = -settings.forge_walk_seconds
    while not stop.is_set():
        _whatever_happens(partial(tend, ledger, older_than))
        if time.monotonic() - walked >= settings.forge_walk_seconds:
            walked = time.monotonic()
            for forge in chosen:
                _whatever_happens(partial(walk, ledger, forge, WALK_PAUSE, stop))
        stop.wait(min(settings.reconcile_seconds, settings.forge_walk_seconds))


def _whatever_happens(act: Callable[[], object]) -> None:
    """The reconciler outlives a forge or a database that does not answer: it looks again later."""
    try:
        act()
    except (ForgeError, Busy) as error:
        log.warning("reconciler waits", reason=str(error))
