"""Calls and answers, and the table of operations that the fake knows."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.fakes.github.state import Account, App, Installation, Permissions, Repository

if TYPE_CHECKING:
    from tests.fakes.github.server import Server

DOCS = "https://docs.github.com/rest"
VERSIONS = ("2022-11-28", "2026-03-10")


class Refused(Exception):
    """GitHub's no: a status, its message and, for 422, its errors."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: list[Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"message": self.message}
        if self.errors is not None:
            body["errors"] = self.errors
        return {**body, "documentation_url": DOCS, "status": str(self.status)}


def not_found() -> Refused:
    return Refused(404, "Not Found")


def unprocessable(*errors: str) -> Refused:
    return Refused(422, "Unprocessable Entity", list(errors))


def invalid(resource: str, name: str, code: str, message: str | None = None) -> Refused:
    """A 422 that names the field, as most of GitHub's do."""
    error = {"resource": resource, "field": name, "code": code}
    if message is not None:
        error["message"] = message
    return Refused(422, "Validation Failed", [error])


@dataclass(frozen=True)
class Actor:
    """Who calls: an App itself (JWT), an installation, a person, or nobody."""

    account: Account | None = None
    app: App | None = None
    installation: Installation | None = None
    permissions: Permissions = field(default_factory=dict)
    repositories: set[int] | None = None

    @property
    def name(self) -> str:
        """Whose rate limit a call counts against."""
        if self.installation is not None:
            return f"installation {self.installation.id}"
        if self.app is not None:
            return f"app {self.app.id}"
        return f"user {self.account.login}" if self.account else "nobody"


@dataclass(frozen=True)
class Answer:
    """``body`` None is no body at all (204)."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One request, read: ``path`` has the path's parameters, ``body`` the JSON."""

    operation: "Operation"
    method: str
    url: str
    path: dict[str, str]
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Any
    actor: Actor
    now: float
    server: "Server"

    @property
    def login(self) -> Account:
        """The account that speaks. Raises Refused where there is none."""
        if self.actor.account is None:
            raise Refused(401, "Requires authentication")
        return self.actor.account

    @property
    def repository(self) -> Repository:
        """The repository that the path names, by name or by id, if the caller may see it."""
        return self.server.access.repository(self)

    def number(self, name: str) -> int:
        """A path parameter that is a number; anything else is not found."""
        if not self.path[name].isascii() or not self.path[name].isdigit():
            raise not_found()
        return int(self.path[name])


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Operation:
    """One operation: GitHub's name for it, where it lives, and what a caller needs for it.

    ``needs`` are alternatives: an installation must have one of them, as ``"checks:write"``.
    ``kind`` names what a listing lists, for stale listings; ``content``: it counts as a content
    write; ``app``: it answers an App's own JWT only.
    """

    name: str
    method: str
    template: str
    handler: Handler
    needs: tuple[str, ...] = ()
    kind: str = ""
    content: bool = False
    app: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        parts = re.split(r"(\{\w+\})", self.template)
        return re.compile("".join(self._part(part) for part in parts))

    def _part(self, part: str) -> str:
        if not part.startswith("{"):
            return re.escape(part)
        name = part[1:-1]
        return f"(?P<{name}>{'.+' if name in MANY_SEGMENTS else '[^/]+'})"


MANY_SEGMENTS = {"ref", "basehead", "branch"}
OPERATIONS: list[Operation] = []


def operation(name: str, where: str, *needs: str, **further: Any) -> Callable[[Handler], Handler]:
    """Enter a handler in the table: ``where`` is ``"GET /path/{name}"``."""
    method, template = where.split(" ")

    def enter(handler: Handler) -> Handler:
        OPERATIONS.append(Operation(name, method, template, handler, needs, **further))
        return handler

    return enter


def stamp(when: float) -> str:
    """A time as GitHub writes it."""
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def maybe_stamp(when: float | None) -> str | None:
    return None if when is None else stamp(when)
