"""What the queues carry: a review as a story, and the short tasks beside it."""

import os
import socket
import uuid
from datetime import UTC, datetime

import structlog

from bot import markdown
from bot.forges.base import ForgeError, Gone, Limited, Unsure
from bot.ledger import Busy, Lease, Over, Superseded, change_id
from bot.ledger.queue import ANNOUNCE, COMMAND, REVIEW
from workers import orders
from workers.app import forge, ledger, make, settings
from workers.checkout import CheckoutError, HeadGone, Unreachable
from workers.guard import kept
from workers.run import Run

log = structlog.get_logger()
app = make()

ATTEMPTS = 3
AGAIN_SECONDS = 5.0


def owner() -> str:
    """Who holds a lease: this machine, this process, this task."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


@app.task(name=REVIEW)  # type: ignore[untyped-decorator]
def review(*fields: str | int) -> None:
    """Review a change, if its lease can be had: a second message about it finds nothing to do."""
    lease = ledger().lease(change_id(fields), owner(), settings().lease_seconds)
    if lease is None:
        return
    with kept(lease):
        _served(lease)


@app.task(name=ANNOUNCE)  # type: ignore[untyped-decorator]
def announce(*fields: str | int) -> None:
    """Show that a change waits.

    Under its lease: a late "queued" must not replace the final status of a quick review.
    """
    lease = ledger().lease(change_id(fields), owner(), settings().lease_seconds)
    if lease is None:
        return
    try:
        at = forge(lease.change.forge)
        at.status(at.change(lease.change), markdown.queued())
        lease.announced()
    except (ForgeError, Over) as error:
        log.info("not announced", reason=str(error))
    finally:
        lease.release()


@app.task(name=COMMAND)  # type: ignore[untyped-decorator]
def command(number: int) -> None:
    """Do what a comment asks for."""
    stored = ledger().command(number)
    if stored is not None:
        orders.obey(stored, ledger(), forge(stored.change.forge), settings().key)


def _served(lease: Lease) -> None:
    """Review, and give the lease back in the way that fits how it ended."""
    try:
        run = Run(lease, forge(lease.change.forge), ledger(), settings())
        _run(lease, run)
    except Gone:
        ledger().forget(lease.change)
        lease.release()
    except Limited as limited:
        lease.release(max(1.0, (limited.until - datetime.now(UTC)).total_seconds()))
    except (Unsure, Unreachable) as error:
        log.warning("review put off", reason=str(error))
        lease.release(AGAIN_SECONDS)
    except (Superseded, HeadGone):
        lease.release()
    except Over:
        lease.release()
    except Busy:
        log.warning("the ledger does not answer; the lease will lapse")


def _run(lease: Lease, run: Run) -> None:
    """One attempt. What goes wrong for no known reason is tried again, and then given up aloud."""
    attempt = lease.attempt(run.change.head)
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
        lease.fail(reason, AGAIN_SECONDS * attempt)
