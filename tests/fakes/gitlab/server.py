"""One request from its bytes to its answer."""

import hashlib
import json
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request as Raw
from starlette.responses import Response

from tests.fakes.faults import Faults
from tests.fakes.gitlab import (  # noqa: F401  each enters its operations in the table
    awards,
    deliveries,
    discussions,
    drafts,
    pipelines,
    projects,
    repository,
    requests,
    statuses,
    trains,
)
from tests.fakes.gitlab.auth import Access
from tests.fakes.gitlab.changing import Acts
from tests.fakes.gitlab.hooks import Hooks
from tests.fakes.gitlab.limits import Limits
from tests.fakes.gitlab.params import Invalid, nested, read
from tests.fakes.gitlab.state import Account, Request, State
from tests.fakes.gitlab.web import OPERATIONS, Actor, Answer, Call, Operation, Refused

API = "/api/v4"


@dataclass(frozen=True)
class Notification:
    """Something that people are told of: a note, a review, that all threads are resolved."""

    request: int
    kind: str
    by: str
    when: float


@dataclass
class Late:
    """How many seconds after a push these are there: the diff's version, the pipeline."""

    versions: float = 0.0
    pipelines: float = 0.0


@dataclass
class Largest:
    """What GitLab shows of a diff: bytes of one file's patch (a tenth is collapsed), files, and
    changed lines of all of them.
    """

    patch: int = 204_800
    files: int = 1000
    lines: int = 50_000


class Server:
    """The fake's parts, and the way of a request through them."""

    def __init__(self, folder: Path, prefix: str = "", seed: int = 0) -> None:
        self.folder = folder
        self.prefix = prefix
        self.url = ""
        self.state = State()
        self.access = Access(self.state)
        self.faults = Faults(self.state.clock, seed)
        self.limits = Limits(self.state.clock)
        self.hooks = Hooks(self, seed)
        self.acts: Acts = Acts(self)
        self.late = Late()
        self.largest = Largest()
        self.counters: Counter[str] = Counter()
        self.content_writes: list[tuple[float, str]] = []
        self.notifications: list[Notification] = []
        self.refused: list[tuple[str, int, str]] = []
        # those with fewer parameters first: "all" is no user id, "bulk_publish" no draft's
        fewest = sorted(OPERATIONS, key=lambda one: one.template.count("{"))
        self._operations = [(one, one.pattern) for one in fewest]

    @property
    def base(self) -> str:
        """Where people go: the instance, with the path that it lives under."""
        return self.url + self.prefix

    def notify(self, request: Request, kind: str, by: Account) -> None:
        now = self.state.clock.now()
        self.notifications.append(Notification(request.id, kind, by.login, now))

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """The operation at a path, with the path's parameters. Raises Refused 404."""
        for one, pattern in self._operations:
            match = pattern.fullmatch(path)
            if match is not None and one.method == method:
                return one, {name: unquote(text) for name, text in match.groupdict().items()}
        self.state.violations.append(f"no operation {method} {path}")
        raise Refused(404, {"error": "404 Not Found"})

    def answer(self, request: Raw, path: str, body: bytes) -> Response:
        """The answer to one request, under the lock. Never raises Refused."""
        arrived = self.state.clock.now()
        with self.state.lock:
            actor, name = Actor(), f"{request.method} {path}"
            try:
                actor = self.access.actor(request.headers)
                self.limits.spend(actor)
                call = self.read(request, path, body, actor, arrived)
                name = call.operation.name
                done = self.carry_out(call)
            except Refused as no:
                self.refused.append((name, no.status, str(no)))
                done = Answer(no.body, no.status, no.headers)
            except Exception:  # noqa: BLE001  a fault of the fake's must not look like GitLab's
                self.state.violations.append(f"the fake broke: {traceback.format_exc()}")
                done = Answer({"message": "500 Internal Server Error"}, 500)
            return self.write(request, actor, done)

    def read(self, request: Raw, path: str, body: bytes, actor: Actor, arrived: float) -> Call:
        if not path.startswith(f"{API}/"):
            self.state.violations.append(f"no operation {request.method} {path}")
            raise Refused(404, {"error": "404 Not Found"})
        operation, values = self.find(request.method, path.removeprefix(API))
        self.counters[operation.name] += 1
        given = {**nested(parse_qsl(request.url.query, keep_blank_values=True)),
                 **parsed(request.headers.get("content-type", ""), body)}  # fmt: skip
        return Call(operation, self.base + path, values, given, actor, arrived,
                    self.state.clock.now(), self)  # fmt: skip

    def carry_out(self, call: Call) -> Answer:
        """Checks in GitLab's order: who, what they may, how it is said, how often; then the act."""
        self.access.check(call)
        try:
            call.given.update(read(call.given, call.operation.takes))
        except Invalid as wrong:
            self.state.violations.append(f"{call.operation.name}: {wrong}")
            raise Refused(400, {"error": str(wrong)}) from None
        if call.operation.content:
            if call.operation.method == "POST":
                self.limits.note(call.actor)
            self.content_writes.append((call.now, call.operation.name))
        return call.operation.handler(call)

    def write(self, request: Raw, actor: Actor, done: Answer) -> Response:
        """Bytes and headers; what has not changed is answered 304, which counts all the same."""
        headers = {
            "X-Request-Id": f"{time.monotonic_ns():X}",
            **self.limits.headers(actor),
            **done.headers,
        }
        if isinstance(done.body, str):
            return Response(done.body, done.status, headers, "text/plain")
        if done.status == 204:
            return Response(None, 204, headers)
        content = json.dumps(done.body).encode()
        if request.method == "GET" and done.status == 200:
            headers["ETag"] = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
            if request.headers.get("if-none-match") == headers["ETag"]:
                return Response(None, 304, headers)
        return Response(content, done.status, headers, "application/json")


def parsed(kind: str, body: bytes) -> dict[str, Any]:
    """What the body gives: JSON or a form. Raises Refused 400 or 415."""
    if not body:
        return {}
    if kind.startswith("application/x-www-form-urlencoded"):
        return nested(parse_qsl(body.decode(), keep_blank_values=True))
    if not kind.startswith("application/json"):
        raise Refused(415, {"error": "The provided content-type is not supported."})
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refused(400, {"error": "Problems parsing JSON"})
    return found
