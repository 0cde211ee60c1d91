"""The ledger's wishes become queued tasks, by task name: the workers' code is never loaded here."""

import threading

import structlog
from celery import Celery
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from bot.ledger import Busy, Ledger

log = structlog.get_logger()

LOOK_SECONDS = 0.2
REST_SECONDS = 2.0  # after the broker or the database did not answer


def dispatch(ledger: Ledger, queue: Celery, again_after: float) -> int:
    """Queue what is due once; how many. Raises what the broker or the ledger raises.

    A task whose message was lost is queued again after ``again_after`` seconds: the queue is a
    hint, and the lease keeps a message that was not lost from doing the work twice.
    """
    due = ledger.due(again_after)
    for each in due:
        queue.send_task(each.task, args=list(each.args), queue=each.queue, retry=False)
        ledger.queued(each)
    return len(due)


def run(ledger: Ledger, queue: Celery, again_after: float, stop: threading.Event) -> None:
    """Dispatch until told to stop, whatever the broker and the database do meanwhile."""
    while not stop.is_set():
        rest = LOOK_SECONDS
        try:
            dispatch(ledger, queue, again_after)
        except (KombuError, RedisError, OSError, Busy) as error:
            log.warning("dispatch waits", reason=type(error).__name__)
            rest = REST_SECONDS
        except Exception:
            # Without a dispatcher nothing is ever reviewed: it outlives what nobody thought of.
            log.exception("dispatch failed")
            rest = REST_SECONDS
        stop.wait(rest)
