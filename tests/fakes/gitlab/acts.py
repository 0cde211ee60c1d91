"""People's acts by HTTP: ``POST /_fake/ACT`` with the arguments as JSON.

``{"ok": ...}`` or, with 400, ``{"error": ...}``. The acts are the methods of Repo and MergeRequest
(``{"repository": "org/shop", "merge_request": 1, ...their arguments}``), and those of ``ACTS``.
"""

import json
from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse, Response

from tests.fakes.gitlab.people import Repo, create
from tests.fakes.gitlab.server import Server

ON_PROJECT = {"push", "fork", "open_merge_request", "allow", "rename", "delete", "archive", "set",
              "protect", "history", "sha", "move", "use_ci", "finish", "pipeline"}  # fmt: skip
ON_REQUEST = {"push", "comment", "discuss", "edit", "remove", "reply", "resolve", "unresolve",
              "react", "apply", "close", "reopen", "ready", "to_draft", "title", "describe",
              "approve", "unapprove", "merge", "retarget", "conversation"}  # fmt: skip


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
    repo = found(server, given.pop("repository"))
    if "fork" in given and name == "open_merge_request":
        given["fork"] = found(server, given["fork"])
    if "merge_request" in given and name in ON_REQUEST:
        return getattr(repo.merge_request(given.pop("merge_request")), name)(**given)
    if name in ON_PROJECT:
        return getattr(repo, name)(**given)
    raise LookupError(f"no act {name}")


def found(server: Server, path: str) -> Repo:
    one = server.state.named(path)
    if one is None:
        raise LookupError(f"no project {path}")
    return Repo(server, one)


def plain(value: Any) -> Any:
    """A handle as JSON: its names and numbers."""
    names = ("number", "head", "id", "full_name", "clone_url")
    if value is None or isinstance(value, (str, int, float, list, dict)):
        return value
    return {name: getattr(value, name) for name in names if hasattr(value, name)}


def repository(server: Server, name: str, files: dict[str, str], **further: Any) -> Any:
    return create(server, name, files, **further)


def token(server: Server, login: str, bot: bool = False) -> str:
    return server.state.token(server.state.account(login, bot=bot)).value


def hook(server: Server, url: str, token: str = "", signing: str = "") -> None:
    server.hooks.url, server.hooks.token, server.hooks.signing = url, token, signing


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
