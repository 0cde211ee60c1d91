"""The server's commands: read the settings, say what is wrong with all of them, run."""

import signal
import sys
import threading
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING

from bot.settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from bot.forges.base import Forge

WRONG_USE = 2


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


@configured
def serve(settings: Settings) -> int:
    """Everything on one machine."""
    from bot.serve import Occupied
    from bot.serve import serve as run

    try:
        run(settings.state_dir, settings.broker_url.get_secret_value())
    except Occupied as error:
        sys.stderr.write(f"redline: {error}\n")
        return WRONG_USE
    return 0


@configured
def receiver(settings: Settings) -> int:
    """The webhook receiver."""
    import uvicorn

    from bot.app import create_app
    from bot.ledger import Ledger

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

    if queue == "review" and settings.sandbox == "off":
        import structlog

        structlog.get_logger().warning("REDLINE_SANDBOX=off: tools run without a sandbox")
    processes = settings.workers if queue == "review" else 1
    app.start([
        "--quiet", "worker", "--queues", queue, "--concurrency", str(processes),
        "--hostname", f"{queue}@%h", "--without-gossip", "--without-mingle",
        "--without-heartbeat", "--loglevel", "warning",
    ])  # fmt: skip
    return 0


@configured
def reconciler(settings: Settings) -> int:
    """The dispatcher in a thread, and the reconciler."""
    from bot import dispatch, reconcile
    from bot.broker import celery
    from bot.ledger import Ledger

    stop = stopped_by_signal()
    ledger = Ledger.open(settings.database)
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
        from bot.forges.github import connect

        yield connect(settings)


def stopped_by_signal() -> threading.Event:
    """An event that SIGTERM or SIGINT sets."""
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda _number, _frame: stop.set())
    return stop
