"""What a worker does when it starts and ends: its processes, their folders, their last words."""

import logging
import sys
import threading

from celery import signals

from workers import guard, scratch

# A review may end by itself for so long; then it gives back its lease, and another worker begins.
SOFT_SECONDS = 5.0


def attend() -> None:
    """Be told by Celery."""
    signals.celeryd_init.connect(_begin, weak=False)
    signals.worker_process_init.connect(_begin_process, weak=False)
    signals.worker_process_shutdown.connect(_end_process, weak=False)
    signals.worker_shutting_down.connect(_shutting_down, weak=False)
    signals.worker_shutdown.connect(_end, weak=False)


def _begin(**_: object) -> None:
    """All that is printed is one kind of log; Celery writes some of its words to stdout itself."""
    logging.captureWarnings(True)
    sys.__stdout__ = None  # type: ignore[misc]
    _begin_process()


def _begin_process(**_: object) -> None:
    scratch.clear()
    scratch.own()


def _end_process(**_: object) -> None:
    scratch.leave()


def _shutting_down(**_: object) -> None:
    """Called in a signal handler, in the worker's main process."""
    late = threading.Timer(SOFT_SECONDS, guard.end)
    late.daemon = True
    late.start()


def _end(**_: object) -> None:
    scratch.leave()
    scratch.clear()
