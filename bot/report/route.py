"""``GET /reviews/...`` of the receiver."""

import asyncio

import structlog
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from bot.ledger import Busy, Ledger
from bot.report.page import POLICY
from bot.report.pages import BUSY, Answer, Pages
from bot.settings import Settings

PAGE_SECONDS = 8.0
THREADS = 4  # of its own: people who read do not hold up webhooks
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}

log = structlog.get_logger()


def router(settings: Settings, ledger: Ledger) -> APIRouter:
    """The route over an open ledger."""
    pages = Pages(ledger, settings.key, settings.public_url)
    routes, threads = APIRouter(), CapacityLimiter(THREADS)

    @routes.api_route("/reviews/{place:path}", methods=["GET", "HEAD"])
    async def show(place: str) -> Response:
        work = to_thread.run_sync(pages.answer, place, limiter=threads, abandon_on_cancel=True)
        try:
            async with asyncio.timeout(PAGE_SECONDS):
                return _sent(await work)
        except (Busy, TimeoutError) as error:
            log.warning("page not shown", reason=str(error) or "too slow")
            return _sent(BUSY)

    return routes


def _sent(answer: Answer) -> Response:
    again = {"Retry-After": "30"} if answer.code == 503 else {}
    return HTMLResponse(answer.html, answer.code, HEADERS | again)
