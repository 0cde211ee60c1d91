"""The webhook receiver: verify, remember, answer. Everything else is somebody else's module.

Probes of a balancer ask ``/healthz``: without its broker the receiver still takes every event,
and one that is not taken comes late: forges send it again only when the reconciler asks for it.
``/readyz`` is for people and alarms, and is red (503) when the database or the broker does not
answer.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from bot.hooks import github, gitlab
from bot.hooks.delivery import Unreadable, Unsigned, Wish
from bot.hooks.fields import Headers
from bot.ledger import Busy, Ledger
from bot.metrics import CONTENT_TYPE, Metrics
from bot.report import route
from bot.settings import Settings

MAX_BODY = 25 * 1024 * 1024
MAX_HELD = 10 * MAX_BODY
BODY_SECONDS = 10.0
LEDGER_SECONDS = 8.0  # both forges give up after ten
PROBE_SECONDS = 2.0
THREADS = 16
# A body that is too large is read to its end and dropped: else its sender would see no answer.
_HEADERS = {503: {"Retry-After": "30"}, 408: {"Connection": "close"}}
_HOOKS = {"github": github, "gitlab": gitlab}
T = TypeVar("T")

log = structlog.get_logger()


class Refuse(Exception):
    """A webhook that is not taken: the answer's code, and a word for it in answer and metrics."""

    def __init__(self, code: int, word: str, detail: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.word = word


def create_app(settings: Settings, ledger: Ledger) -> FastAPI:
    """The receiver over an open ledger, which stays the caller's to close."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    metrics, receiver = Metrics(ledger), Receiver(settings, ledger)

    app.include_router(route.router(settings, ledger))

    @app.post("/webhooks/{forge}")
    async def receive(forge: str, request: Request) -> Response:
        began = time.perf_counter()
        try:
            code, word = await receiver.take(forge, request)
        except Refuse as refuse:
            code, word = refuse.code, refuse.word
            log.warning("webhook refused", code=code, reason=word, detail=str(refuse))
        metrics.answered(receiver.known(forge), word, time.perf_counter() - began)
        return JSONResponse({"answer": word}, code, _HEADERS.get(code))

    @app.get("/healthz")
    async def healthz() -> Response:
        return JSONResponse({"status": "ok"})

    @app.get("/readyz")
    async def readyz() -> Response:
        url = settings.broker_url.get_secret_value()
        state = {
            "database": await _state(ledger.ping),
            "broker": await _state(lambda: _ping(url)) if url else "none",
        }
        return JSONResponse(state, 503 if "down" in state.values() else 200)

    @app.get("/metrics")
    async def scrape() -> Response:
        return Response(await to_thread.run_sync(metrics.text), media_type=CONTENT_TYPE)

    return app


class Receiver:
    """Takes webhooks into the ledger. The work is done in threads: the loop never waits for it."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._settings, self._ledger = settings, ledger
        self._secrets = {
            "github": [one.get_secret_value() for one in settings.github_webhook_secret],
            "gitlab": [one.get_secret_value() for one in settings.gitlab_webhook_secret],
        }
        self._threads = CapacityLimiter(THREADS)
        self._held = 0

    def known(self, forge: str) -> str:
        """The forge's name for the metrics: a stranger's words make no new series."""
        return forge if forge in _HOOKS else "other"

    async def take(self, forge: str, request: Request) -> tuple[int, str]:
        """The answer's code and word. Raises Refuse."""
        if not self._secrets.get(forge):
            raise Refuse(404, "forge not configured")
        _plain_json(request)
        held = _Held(self)
        try:
            body = await _within(BODY_SECONDS, held.read(request), Refuse(408, "too slow"))
            headers = request.headers.raw
            accepted = to_thread.run_sync(
                self._accept, forge, headers, body, limiter=self._threads, abandon_on_cancel=True
            )
            return await _within(LEDGER_SECONDS, accepted, Refuse(503, "database busy"))
        finally:
            held.free()

    def hold(self, size: int) -> None:
        """Count the bytes of all bodies that are held. Raises Refuse for too many."""
        if self._held + size > MAX_HELD:
            raise Refuse(503, "too much at once")
        self._held += size

    def _accept(self, forge: str, headers: Headers, body: bytes) -> tuple[int, str]:
        try:
            hooks = _HOOKS[forge]
            hooks.verify(headers, body, self._secrets[forge])
            delivery = hooks.read(headers, body)
            if delivery.wish is Wish.NOTHING:
                return 200, "nothing to do"
            # The name may be an old one: the worker matches the one that the forge gives now.
            if not self._settings.allows(delivery.repository):
                return 200, "repository not allowed"
            slight = delivery.wish in (Wish.BASE, Wish.PIPELINE)
            if slight and not self._ledger.concerns(delivery):
                return 200, "nothing to do"
            return (202, "accepted") if self._ledger.remember(delivery) else (200, "known")
        except Unsigned as error:
            raise Refuse(401, "unsigned", str(error)) from None
        except Unreadable as error:
            raise Refuse(400, "unreadable", str(error)) from None
        except Busy as error:
            raise Refuse(503, "database busy", str(error)) from None


class _Held:
    """One body while it is read and until it is answered, counted with all the others."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._size = 0

    async def read(self, request: Request) -> bytes:
        """The whole body. Raises Refuse as soon as it is too large, said or sent."""
        chunks = []
        try:
            async for chunk in request.stream():
                if self._size + len(chunk) > MAX_BODY:
                    raise Refuse(413, "too large")
                self._receiver.hold(len(chunk))
                self._size += len(chunk)
                chunks.append(chunk)
        except ClientDisconnect:
            raise Refuse(400, "cut off") from None
        return b"".join(chunks)

    def free(self) -> None:
        """The body is gone."""
        self._receiver.hold(-self._size)
        self._size = 0


def _plain_json(request: Request) -> None:
    """Refuse what says before its body that it is none for us."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if kind != "application/json" or coding != "identity":
        raise Refuse(415, "not plain JSON")
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or int(length[:20]) > MAX_BODY:
        raise Refuse(413, "too large")


async def _within(seconds: float, work: Awaitable[T], late: Refuse) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        raise late from None


async def _state(probe: Callable[[], object]) -> str:
    """``up`` or ``down``, within PROBE_SECONDS."""
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await to_thread.run_sync(probe, abandon_on_cancel=True)
    except Exception as error:  # noqa: BLE001 - whatever it is, it does not answer
        log.warning("not ready", reason=type(error).__name__)
        return "down"
    return "up"


def _ping(url: str) -> None:
    """Ask the broker for a sign of life."""
    from redis import Redis  # noqa: PLC0415 - nothing else of the receiver needs it

    url = url.replace("redis+socket://", "unix://", 1)
    with Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as broker:
        broker.ping()
