"""The fake on the wire: git, people's acts by HTTP, and the interface itself."""

from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tests.fakes import git, wire
from tests.fakes.gitlab.acts import serve
from tests.fakes.gitlab.server import Server
from tests.fakes.gitlab.web import Refused


class Web(wire.Web):
    """The ASGI application: git, people's acts by HTTP, and the interface itself."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.server = server

    def act(self, path: str, body: bytes) -> Response:
        return serve(self.server, path, body)

    async def respond(self, request: Request, path: str) -> Response:
        if not path.startswith(self.server.prefix):
            return Response("Not Found", 404)
        path = path.removeprefix(self.server.prefix)
        if ".git/" in path:
            return await self.git(request, path)
        body = await request.body()
        return await run_in_threadpool(self.server.answer, request, path, body)

    async def git(self, request: Request, path: str) -> Response:
        """Clone and fetch; whoever may not see a project is asked who they are."""
        name, _, rest = path.lstrip("/").partition(".git/")
        self.server.counters[f"git {rest}"] += 1
        with self.server.state.lock:
            found = self.server.access.at(unquote(name))
            try:
                actor = self.server.access.basic(request.headers)
            except Refused:
                return denied()
            if found is None or not self.server.access.may_fetch(actor, found):
                return denied() if actor.account is None else Response(
                    "The project you were looking for could not be found.", 404)  # fmt: skip
        return await git.backend(request, found.git, rest)


def denied() -> Response:
    text = "HTTP Basic: Access denied. The provided password or token is incorrect"
    return Response(text, 401, {"WWW-Authenticate": 'Basic realm="GitLab"'})
