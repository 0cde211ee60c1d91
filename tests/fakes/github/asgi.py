"""The fake on the wire: faults, git, people's acts by HTTP, and the interface itself."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from urllib.parse import unquote

import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from tests.fakes import git
from tests.fakes.github import acts, auth
from tests.fakes.github.faults import Fault
from tests.fakes.github.server import Server
from tests.fakes.github.web import Actor, Refused


class Web:
    """The ASGI application: faults, git, people's acts by HTTP, and the interface itself."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        path = scope["raw_path"].decode("ascii").partition("?")[0]
        if path.startswith("/_fake/"):
            response = await run_in_threadpool(acts.serve, self.server, path, await request.body())
            await response(scope, receive, send)
            return
        fault = self.server.faults.draw(request.method, path)
        made = None
        if fault is None or fault.after or fault.what == "slow":
            made = await self.respond(request, path)
        answer = made if fault is None else await self.spoil(fault, made, send)
        if answer is not None:
            await answer(scope, receive, send)

    async def respond(self, request: Request, path: str) -> Response:
        if ".git/" in path:
            return await self.git(request, path)
        body = await request.body()
        for prefix in (self.server.prefix, "/api"):  # GraphQL lives beside the prefix
            if prefix and path.startswith(f"{prefix}/"):
                path = path.removeprefix(prefix)
                break
        return await run_in_threadpool(self.server.answer, request, path, body)

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

    async def git(self, request: Request, path: str) -> Response:
        """Clone and fetch; whoever may not see a repository is asked who they are."""
        name, _, rest = path.lstrip("/").partition(".git/")
        owner, _, repository = unquote(name).partition("/")
        self.server.counters[f"git {rest}"] += 1
        state = self.server.state
        with state.lock:
            found = state.named(owner, repository)
            moved = state.former.get(f"{owner}/{repository}".lower())
            if found is None and moved is not None:
                found = state.repositories.get(moved)
            try:
                actor = self.server.access.actor(request.headers)
            except Refused:
                return denied()
            may = found is not None and self.server.access.sees(actor, found)
            if found is None or not may or not readable(actor):
                return denied() if actor.account is None else Response("Repository not found.", 404)
        return await git.backend(request, found.git, rest)


def readable(actor: Actor) -> bool:
    return actor.installation is None or auth.permitted(actor, "contents:read")


def denied() -> Response:
    return Response("Authentication required", 401, {"WWW-Authenticate": 'Basic realm="GitHub"'})


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
    """The server in a thread of its own, on a free port of 127.0.0.1.

    uvicorn's own main loop is not used: it looks for its end ten times a second, and a test suite
    waits for that hundreds of times.
    """

    def __init__(self, server: Server, port: int = 0) -> None:
        self.server = server
        # asyncio sets TCP_NODELAY only where the protocol is named; else each answer waits 40 ms
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", port))
        server.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.loop = asyncio.new_event_loop()
        self.over = asyncio.Event()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, name="fake-github", daemon=True)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        config = uvicorn.Config(
            Web(self.server),
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
        self.server.hooks.start()
        self.ready.wait(10)

    def stop(self) -> None:
        self.server.hooks.stop()
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join(10)
        self.socket.close()
