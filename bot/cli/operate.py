"""The server's commands: read the settings, say what is wrong with all of them, run."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING

from bot.cli.ending import WRONG_USE
from bot.settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from bot.forges.base import Forge


def configured(run: Callable[..., int]) -> Callable[..., int]:
    """Hand the settings to ``run``; if they are wrong, say all that is, once."""

    @wraps(run)
    def with_settings(*arguments: object) -> int:
        from bot import log

        try:
            settings = load()
        except SettingsError as error:
            sys.stderr.write(f"{error}\n")
            return WRONG_USE
        log.configure(settings)
        return run(settings, *arguments)

    return with_settings


class Unavailable(Exception):
    """Nobody can listen where the settings say."""


def _can_listen(settings: Settings) -> None:
    """Raise Unavailable before anything starts: a supervisor would try without end."""
    host, port = settings.address
    try:
        found = socket.getaddrinfo(host or None, port, flags=socket.AI_PASSIVE)
        socket.create_server(found[0][4][:2], family=found[0][0]).close()
    except OSError as error:
        number = error.errno or 0  # below 0 are the resolver's
        reason = os.strerror(number) if number > 0 else str(error.strerror)
        where = f"REDLINE_LISTEN={settings.listen}"
        raise Unavailable(f"cannot listen: {reason.lower()} ({where})") from None


@configured
def serve(settings: Settings) -> int:
    """Everything on one machine."""
    from bot.serve import Occupied, occupied
    from bot.serve import serve as run

    try:
        with occupied(settings.state_dir):
            _can_listen(settings)
        run(settings.state_dir, settings.broker_url.get_secret_value())
    except (Occupied, Unavailable) as error:
        sys.stderr.write(f"redline: {error}\n")
        return WRONG_USE
    return 0


@configured
def receiver(settings: Settings) -> int:
    """The webhook receiver."""
    import uvicorn

    from bot.app import create_app
    from bot.ledger import Ledger

    try:
        _can_listen(settings)
    except Unavailable as error:
        sys.stderr.write(f"redline: {error}\n")
        return WRONG_USE
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # uvicorn attends to the others
    host, port = settings.address
    ledger = Ledger.open(settings.database, recheck_seconds=settings.recheck_seconds)
    uvicorn.run(
        create_app(settings, ledger),
        host=host, port=port, log_config=None, access_log=False,
        server_header=False, timeout_graceful_shutdown=5,
    )  # fmt: skip
    return 0


@configured
def worker(settings: Settings, queue: str | None) -> int:
    """The workers of one queue in this process, or of both under a supervisor."""
    if queue is None:
        from bot.serve import workers

        workers(("quick", "review"))
        return 0
    from workers.tasks import app

    _warn(settings, queue)
    processes = settings.workers if queue == "review" else 1
    app.start([
        "--quiet", "worker", "--queues", queue, "--concurrency", str(processes),
        "--hostname", f"{queue}@%h", "--without-gossip", "--without-mingle",
        "--without-heartbeat", "--loglevel", "warning",
    ])  # fmt: skip
    return 0


def _warn(settings: Settings, queue: str) -> None:
    """What an operator should know at each start, once and not in Celery's words."""
    import warnings

    import structlog
    from celery.exceptions import SecurityWarning

    warnings.simplefilter("ignore", SecurityWarning)
    if queue != "review":
        return
    log = structlog.get_logger()
    if settings.sandbox == "off":
        log.warning("REDLINE_SANDBOX=off: tools run without a sandbox")
    if os.geteuid() == 0:
        log.warning("running as root: a user of its own would be better")


@configured
def reconciler(settings: Settings) -> int:
    """The dispatcher in a thread, and the reconciler."""
    from bot import dispatch, reconcile
    from bot.broker import celery
    from bot.ledger import Ledger
    from bot.ledger.queue import PER_REPOSITORY

    stop = stopped_by_signal()
    most = settings.operator.limits.running_per_repository or PER_REPOSITORY
    ledger = Ledger.open(settings.database, per_repository=most)
    queue = celery(settings.broker_url.get_secret_value(), settings.review_seconds)
    thread = threading.Thread(
        target=dispatch.run, args=(ledger, queue, settings.lease_seconds, stop), daemon=True
    )
    thread.start()
    reconcile.run(ledger, forges(settings), settings, stop)
    thread.join(5)
    return 0


def forges(settings: Settings) -> Iterable["Forge"]:
    """The forges that are configured."""
    if settings.github:
        from bot.forges import github

        yield github.connect(settings)
    if settings.gitlab:
        from bot.forges import gitlab

        yield gitlab.connect(settings)


def stopped_by_signal() -> threading.Event:
    """An event that SIGTERM or SIGINT sets."""
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda _number, _frame: stop.set())
    return stop
