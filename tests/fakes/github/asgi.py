"""The fake on the wire: git, people's acts by HTTP, and the interface itself."""

from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tests.fakes import git, wire
from tests.fakes.github import acts, auth
from tests.fakes.github.server import Server
from tests.fakes.github.web import Actor, Refused


class Web(wire.Web):
    """The ASGI application: git, people's acts by HTTP, and the interface itself."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.server = server

    def act(self, path: str, body: bytes) -> Response:
        return acts.serve(self.server, path, body)

    async def respond(self, request: Request, path: str) -> Response:
        if ".git/" in path:
            return await self.git(request, path)
        body = await request.body()
        for prefix in (self.server.prefix, "/api"):  # GraphQL lives beside the prefix
            if prefix and path.startswith(f"{prefix}/"):
                path = path.removeprefix(prefix)
                break
        return await run_in_threadpool(self.server.answer, request, path, body)

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
