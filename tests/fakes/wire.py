"""A fake on the wire: its faults, people's acts by HTTP, and the thread that it is served from."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from typing import Protocol

import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from tests.fakes.faults import Fault, Faults
from tests.fakes.outbox import Outbox


class Served(Protocol):
    """What a fake has that its wire needs; ``url`` is set when the port is known."""

    url: str
    faults: Faults

    @property
    def hooks(self) -> Outbox: ...


class Web:
    """The ASGI application: faults, people's acts under ``/_fake/``, and the interface itself."""

    def __init__(self, served: Served) -> None:
        self.served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        path = scope["raw_path"].decode("ascii").partition("?")[0]
        if path.startswith("/_fake/"):
            response = await run_in_threadpool(self.act, path, await request.body())
            await response(scope, receive, send)
            return
        fault = self.served.faults.draw(request.method, path)
        made = None
        if fault is None or fault.after or fault.what == "slow":
            made = await self.respond(request, path)
        else:
            await request.body()  # to close on what is not read yet would reset the connection
        answer = made if fault is None else await self.spoil(fault, made, send)
        if answer is not None:
            await answer(scope, receive, send)

    def act(self, path: str, body: bytes) -> Response:
        """Carry out what a person does."""
        raise NotImplementedError

    async def respond(self, request: Request, path: str) -> Response:
        """Answer a client, where no fault comes before."""
        raise NotImplementedError

    async def spoil(self, fault: Fault, response: Response | None, send: Send) -> Response | None:
        """The answer that the fault makes of it; none where the connection is dropped."""
        if fault.what == "slow" and response is not None:
            return slowed(response, fault.seconds)
        if fault.what == "status":
            return Response(json.dumps({"message": fault.message}), fault.status,
                            media_type="application/json")  # fmt: skip
        if fault.what == "hang":
            await asyncio.sleep(fault.seconds)
        send.__self__.transport.abort()  # type: ignore[attr-defined]
        return None


def slowed(response: Response, seconds: float) -> Response:
    """The same answer, one byte at a time."""

    async def drip() -> AsyncIterator[bytes]:
        async for piece in pieces(response):
            for byte in piece:
                yield bytes([byte])
                await asyncio.sleep(seconds)

    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return StreamingResponse(drip(), response.status_code, headers)


async def pieces(response: Response) -> AsyncIterator[bytes]:
    if not isinstance(response, StreamingResponse):
        yield bytes(response.body)
        return
    async for piece in response.body_iterator:
        yield piece.encode() if isinstance(piece, str) else bytes(piece)


class Running:
    """A fake in a thread of its own, on a free port of 127.0.0.1.

    uvicorn's own main loop is not used: it looks for its end ten times a second, and a test suite
    waits for that hundreds of times.
    """

    def __init__(self, web: Web, port: int = 0) -> None:
        self.web, self.served = web, web.served
        # asyncio sets TCP_NODELAY only where the protocol is named; else each answer waits 40 ms
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", port))
        self.served.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.loop = asyncio.new_event_loop()
        self.over = asyncio.Event()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, name="fake-forge", daemon=True)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        config = uvicorn.Config(
            self.web,
            log_level="critical",
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            date_header=False,
            ws="none",
        )
        config.load()
        inner = uvicorn.Server(config)
        inner.lifespan = config.lifespan_class(config)
        await inner.startup(sockets=[self.socket])
        self.ready.set()
        await self.over.wait()
        for listener in inner.servers:
            listener.close()
        for connection in list(inner.server_state.connections):
            connection.transport.abort()

    def start(self) -> None:
        self.thread.start()
        self.served.hooks.start()
        self.ready.wait(10)

    def stop(self) -> None:
        self.served.hooks.stop()
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join(10)
        self.socket.close()
