"""Calls and answers, and the table of operations that the fake knows."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.fakes.gitlab.params import PAGES, Params
from tests.fakes.gitlab.state import Account, Project, Request

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server

PROJECT = "/projects/{id}"
REQUEST = f"{PROJECT}/merge_requests/{{merge_request_iid}}"


class Refused(Exception):
    """GitLab's no. ``body`` is what it says as JSON, text as it is."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def not_found(what: str = "") -> Refused:
    return Refused(404, {"message": f"404 {what} Not Found" if what else "404 Not Found"})


def forbidden() -> Refused:
    return Refused(403, {"message": "403 Forbidden"})


def bad(reason: Any) -> Refused:
    return Refused(400, {"message": reason})


@dataclass(frozen=True)
class Actor:
    """Who calls: a token's account with the token's scopes, or nobody."""

    account: Account | None = None
    scopes: tuple[str, ...] = ()
    address: str = "127.0.0.1"

    @property
    def name(self) -> str:
        """Whose rate limit a call counts against."""
        return f"user {self.account.login}" if self.account else f"address {self.address}"


@dataclass(frozen=True)
class Answer:
    """``body`` None is no body at all (204)."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One request, read. ``given`` has query and body together, as GitLab reads them.

    ``arrived`` is when it came in, before it waited for others.
    """

    operation: "Operation"
    url: str
    path: dict[str, str]
    given: dict[str, Any]
    actor: Actor
    arrived: float
    now: float
    server: "Server"

    @property
    def account(self) -> Account:
        """Who speaks. Raises Refused 401 where nobody does."""
        if self.actor.account is None:
            raise Refused(401, {"message": "401 Unauthorized"})
        return self.actor.account

    @property
    def project(self) -> Project:
        """The project of the path, if the caller may see it. Raises Refused 404."""
        return self.server.access.project(self)

    @property
    def request(self) -> Request:
        """The merge request of the path. Raises Refused 404."""
        found = self.project.requests.get(self.number("merge_request_iid"))
        if found is None:
            raise not_found()
        return found

    def number(self, name: str) -> int:
        """A path parameter that is a number. Raises Refused 400."""
        text = self.path[name]
        if not text.isascii() or not text.isdigit():
            raise Refused(400, {"error": f"{name} is invalid"})
        return int(text)

    def get(self, name: str, default: Any = None) -> Any:
        return self.given.get(name, default)


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Operation:
    """One operation: its method and path, what it takes, and what a caller needs for it.

    ``level``: the least access level in the project; ``takes``: its parameters. ``content``: it
    writes what people read.
    """

    name: str
    method: str
    template: str
    handler: Handler
    takes: Params
    level: int = 0
    content: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        parts = re.split(r"(\{\w+\})", self.template)
        return re.compile("".join(self._part(part) for part in parts))

    def _part(self, part: str) -> str:
        return f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part)


OPERATIONS: list[Operation] = []


def operation(
    where: str,
    takes: Params | None = None,
    *,
    level: int = 0,
    content: bool = False,
    pages: bool = False,
) -> Callable[[Handler], Handler]:
    """Enter a handler in the table: ``where`` is ``"GET /path/{name}"``."""
    method, template = where.split(" ")
    known = {**(PAGES if pages else {}), **(takes or {})}

    def enter(handler: Handler) -> Handler:
        name = f"{method} {re.sub(r'{[^}]+}', '*', template)}"
        made = Operation(name, method, template, handler, known, level, content)
        OPERATIONS.append(made)
        return handler

    return enter


def stamp(when: float) -> str:
    """A time as GitLab writes it."""
    return datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def maybe_stamp(when: float | None) -> str | None:
    return None if when is None else stamp(when)
