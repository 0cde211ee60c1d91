"""People's acts by HTTP: ``POST /_fake/ACT`` with the arguments as JSON.

``{"ok": ...}`` or, with 400, ``{"error": ...}``. The acts are the methods of Repo and PullRequest
(``{"repository": "org/shop", "pull": 1, ...their arguments}``), and those of ``ACTS``.
"""

import json
from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse, Response

from tests.fakes.github.people import Repo, create
from tests.fakes.github.server import Server

ON_REPOSITORY = {"push", "fork", "open_pull", "allow", "rename", "delete", "require", "press",
                 "rerun_all", "history", "sha", "move"}  # fmt: skip
ON_PULL = {"comment", "edit", "remove", "reply", "resolve", "unresolve", "close", "reopen", "ready",
           "to_draft", "merge", "retarget", "conversation"}  # fmt: skip


def serve(server: Server, path: str, body: bytes) -> Response:
    """Carry out one act. Whatever it raises is told, since only tests and the demo listen."""
    name = path.removeprefix("/_fake/")
    try:
        given = json.loads(body or b"{}")
        return JSONResponse({"ok": plain(act(server, name, given))})
    except Exception as error:  # noqa: BLE001  the caller shall read it, whatever it is
        return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)


def act(server: Server, name: str, given: dict[str, Any]) -> Any:
    if name in ACTS:
        return ACTS[name](server, **given)
    owner, _, plain_name = given.pop("repository").partition("/")
    found = server.state.named(owner, plain_name)
    if found is None:
        raise LookupError(f"no repository {owner}/{plain_name}")
    repo = Repo(server, found)
    if "fork" in given and name == "open_pull":
        fork = server.state.named(*given["fork"].split("/"))
        assert fork is not None, "no such fork"
        given["fork"] = Repo(server, fork)
    if "pull" in given and name in ON_PULL | {"push"}:
        return getattr(repo.pull(given.pop("pull")), name)(**given)
    if name in ON_REPOSITORY:
        return getattr(repo, name)(**given)
    raise LookupError(f"no act {name}")


def plain(value: Any) -> Any:
    """A handle as JSON: its names and numbers."""
    names = ("number", "head", "id", "full_name", "clone_url")
    if value is None or isinstance(value, (str, int, float, list, dict)):
        return value
    return {name: getattr(value, name) for name in names if hasattr(value, name)}


def repository(server: Server, name: str, files: dict[str, str], **further: Any) -> Any:
    return create(server, name, files, **further)


def token(server: Server, login: str) -> str:
    return server.state.token(server.state.account(login)).value


def hook(server: Server, url: str, secret: str) -> None:
    server.hooks.url, server.hooks.secret = url, secret


def fault(server: Server, pattern: str, **fields: Any) -> None:
    server.faults.add(pattern, **fields)


def stale(server: Server, seconds: float, kinds: list[str]) -> None:
    server.faults.stale(seconds, *kinds)


def hooks(server: Server, lose: float = 0.0, double: float = 0.0) -> None:
    server.hooks.lose, server.hooks.double = lose, double


def clear(server: Server) -> None:
    server.faults.clear()


def violations(server: Server) -> list[str]:
    return server.state.violations


def counters(server: Server) -> dict[str, int]:
    return dict(server.counters)


def deliveries(server: Server) -> list[dict[str, Any]]:
    return [
        {"id": one.id, "event": one.event, "action": one.action, "status": one.status}
        for one in server.hooks.log
    ]


def redeliver(server: Server, delivery: int) -> None:
    server.hooks.again(delivery)


ACTS: dict[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (
        repository,
        token,
        hook,
        fault,
        stale,
        clear,
        violations,
        counters,
        deliveries,
        redeliver,
        hooks,
    )
}
