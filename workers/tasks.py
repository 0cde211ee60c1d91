"""What the queues carry: a review as a story, and the short tasks beside it."""

import os
import random
import socket
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from bot import markdown
from bot.change import ChangeId, Seen
from bot.forges.base import ForgeError, Gone, Limited, Unsure
from bot.ledger import Busy, Lease, Lost, Over, change_id
from bot.ledger.queue import ANNOUNCE, COMMAND, LEAVE, REVIEW
from bot.report.address import address
from workers import life, orders
from workers.announcing import announced
from workers.app import forge, ledger, make, settings
from workers.checkout import CheckoutError, HeadGone, Unreachable
from workers.guard import kept
from workers.run import Run, leave_status

log = structlog.get_logger()
app = make()
life.attend()

ATTEMPTS = 3
AGAIN_SECONDS = 2.0
LONGEST_SECONDS = 120.0
COMMAND_SECONDS = 86_400.0  # what nobody could answer in a day is not answered any more


def owner() -> str:
    """Who holds a lease: this machine, this process, this task."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def page(change: ChangeId, head: str = "") -> str:
    """The page behind a status of ours; ``""`` where the server has no address for people."""
    return address(settings().public_url, change, settings().key, head)


def taken(fields: tuple[str | int, ...]) -> Lease | None:
    """The lease of a change; None where someone has it, nothing is wanted, or nobody can say."""
    try:
        return ledger().lease(change_id(fields), owner(), settings().lease_seconds)
    except Busy as busy:
        log.warning("the ledger does not answer", reason=str(busy))
        return None


@app.task(name=REVIEW)  # type: ignore[untyped-decorator]
def review(*fields: str | int) -> None:
    """Review a change, if its lease can be had: a second message about it finds nothing to do."""
    lease = taken(fields)
    if lease is None:
        return
    with kept(lease):
        _served(lease)


@app.task(name=ANNOUNCE)  # type: ignore[untyped-decorator]
def announce(*fields: str | int) -> None:
    """Show that a change waits.

    Under its lease: a late "queued" must not replace the final status of a quick review. Tried
    once: the review will show more.
    """
    lease = taken(fields)
    if lease is None:
        return
    try:
        announced(lease, forge(lease.change.forge), page)
    except Over:
        log.info("not announced: no longer waiting")
    finally:
        _insist(lease, lease.release)


@app.task(name=LEAVE)  # type: ignore[untyped-decorator]
def leave(*fields: str | int) -> None:
    """End the statuses of a change that was closed while it waited or was under review."""
    change = change_id(fields)
    for head in filter(None, ledger().left(change)):
        try:
            leave_status(forge(change.forge), Seen(change, head), markdown.closed(page(change)))
        except ForgeError as error:
            log.info("old status left", reason=str(error))
            return
        ledger().ended(change, head)
    ledger().ended(change, "")


@app.task(name=COMMAND)  # type: ignore[untyped-decorator]
def command(number: int) -> None:
    """Do what a comment asks for; what the forge does not answer is asked again later."""
    stored = ledger().command(number, settings().lease_seconds)
    if stored is None:
        return
    try:
        orders.obey(stored, ledger(), forge(stored.change.forge), settings().key)
    except Limited as limited:
        ledger().put_back(number, seconds_until(limited.until))
    except ForgeError as error:
        log.warning("command put off", reason=str(error))
        if stored.age > COMMAND_SECONDS:
            ledger().finished(number)
        else:
            ledger().put_back(number, min(LONGEST_SECONDS, max(AGAIN_SECONDS, stored.age / 2)))


def _served(lease: Lease) -> None:
    """Review, and give the lease back in the way that fits how it ended."""
    try:
        _attempted(lease)
    except Gone as gone:
        log.info("change gone", change=lease.change.number, reason=str(gone))
        _insist(lease, lambda: ledger().forget(lease.change))
        _insist(lease, lease.release)
    except Limited as limited:
        log.warning("review put off", reason="limited", until=limited.until.isoformat())
        wait = seconds_until(limited.until)
        _insist(lease, lambda: lease.release(wait))
    except (ForgeError, Unreachable, HeadGone) as error:
        log.warning("review put off", change=lease.change.number, reason=str(error))
        _insist(lease, lambda: lease.release(backoff(lease.setback())))
    except Lost:
        # What it was about to write when it lost the lease may have been written all the same.
        log.warning("lease lost", change=lease.change.number)
        _insist(lease, lambda: ledger().look_again(lease.change))
    except Over:
        _insist(lease, lease.release)
    except Busy as busy:
        log.warning("the ledger does not answer", reason=str(busy))
        _insist(lease, lambda: lease.release(AGAIN_SECONDS))
    except Exception:
        log.exception("review did not begin", change=lease.change.number)
        _insist(lease, lambda: lease.release(backoff(lease.setback())))


def _attempted(lease: Lease) -> None:
    """One attempt. What goes wrong for no known reason is tried again, and then given up aloud."""
    run = Run(lease, forge(lease.change.forge), ledger(), settings())
    attempt = lease.attempt(run.change.head, run.change.base_ref)
    if attempt > ATTEMPTS:
        run.give_up(f"the review ended its process {ATTEMPTS} times")
        return
    try:
        run.review()
    except (Gone, Limited, Unsure, Unreachable, HeadGone, Over, Busy):
        raise
    except (ForgeError, CheckoutError) as error:
        reason = str(error)
    except Exception as error:
        log.exception("review crashed", change=lease.change.number)
        reason = f"the review crashed ({type(error).__name__}); the server's log says more"
    else:
        return
    if attempt == ATTEMPTS:
        run.give_up(reason)
    else:
        log.warning("review failed", change=lease.change.number, attempt=attempt, reason=reason)
        lease.fail(reason, AGAIN_SECONDS * attempt)


def _insist(lease: Lease, act: Callable[[], object]) -> None:
    """Do it though the ledger is locked for a while: else nobody else may begin for a lease."""
    until = time.monotonic() + lease.seconds
    while True:
        try:
            act()
        except Lost:
            return
        except Busy:
            if time.monotonic() > until:
                log.warning("the ledger does not answer; the lease will lapse")
                return
            time.sleep(AGAIN_SECONDS / 4)
        else:
            return


def backoff(setbacks: int) -> float:
    """Seconds until the forge is asked again: longer each time, and no two changes at once."""
    longest: float = min(LONGEST_SECONDS, AGAIN_SECONDS * 2 ** min(setbacks - 1, 20))
    return longest * random.uniform(0.5, 1.5)  # noqa: S311 - nobody gains by guessing it


def seconds_until(moment: datetime) -> float:
    """At least one."""
    return max(1.0, (moment - datetime.now(UTC)).total_seconds())
