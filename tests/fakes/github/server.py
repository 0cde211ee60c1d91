"""One request from its bytes to its answer."""

import hashlib
import json
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request
from starlette.responses import Response

from tests.fakes.faults import Faults
from tests.fakes.github import (  # noqa: F401  each enters its operations in the table
    auth,
    checks,
    comments,
    deliveries,
    graphql,
    pulls,
    repositories,
    reviews,
    statuses,
    threads,
)
from tests.fakes.github.auth import Access, Moved
from tests.fakes.github.hooks import Hooks
from tests.fakes.github.limits import Limits
from tests.fakes.github.openapi import description
from tests.fakes.github.state import Account, Pull, State
from tests.fakes.github.web import (
    OPERATIONS,
    VERSIONS,
    Actor,
    Answer,
    Call,
    Operation,
    Refused,
    not_found,
)


@dataclass(frozen=True)
class Notification:
    """Something that people are told of: a comment, a review, a reply. Edits tell nobody."""

    pull: int
    kind: str
    by: str
    when: float
    repository: int


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
        self.counters: Counter[str] = Counter()
        self.content_writes: list[tuple[float, str]] = []
        self.notifications: list[Notification] = []
        self.refused: list[tuple[str, int, str]] = []
        # the longest first: a ref may hold slashes, and would take what follows it for its own
        longest_first = sorted(OPERATIONS, key=lambda one: -len(one.template))
        self._operations = [(one, one.pattern) for one in longest_first]

    @property
    def api(self) -> str:
        """The REST interface's address."""
        return self.url + self.prefix

    def notify(self, pull: Pull, kind: str, by: Account) -> None:
        when = self.state.clock.now()
        told = Notification(pull.number, kind, by.login, when, pull.repository.id)
        self.notifications.append(told)

    def check_webhook(self, event: str, action: str | None, payload: Any) -> None:
        name = f"webhook {event} {action or ''}".rstrip()
        for fault in description().webhook(event, action, payload):
            self.state.violations.append(f"{name}: {fault}")

    def by_name(self, path: str) -> str:
        """GitHub answers at ``/repositories/ID`` too (undocumented, but clients use it)."""
        if not path.startswith("/repositories/"):
            return path
        number, slash, rest = path.removeprefix("/repositories/").partition("/")
        one = self.state.repositories.get(int(number) if number.isdigit() else 0)
        if one is None:
            raise not_found()
        return f"/repos/{one.full_name}{slash}{rest}"

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """The operation at a path, with the path's parameters. Raises Refused 404."""
        for one, pattern in self._operations:
            match = pattern.fullmatch(path)
            if match is not None and one.method == method:
                return one, {name: unquote(text) for name, text in match.groupdict().items()}
        self.state.violations.append(f"no operation {method} {path}")
        raise not_found()

    def answer(self, request: Request, path: str, body: bytes) -> Response:
        """The answer to one request, under the lock. Never raises Refused."""
        with self.state.lock:
            actor, call = Actor(), None
            try:
                self.greet(request)
                actor = self.access.actor(request.headers)
                self.limits.spend(actor)
                call = self.read(request, path, body, actor)
                done = self.carry_out(call)
            except Refused as no:
                name = call.operation.name if call else f"{request.method} {path}"
                self.refused.append((name, no.status, no.message))
                done = Answer(no.body(), no.status, no.headers)
            except Moved as moved:
                done = self.elsewhere(path, moved)
            except Exception:  # noqa: BLE001  a fault of the fake's must not look like GitHub's
                self.state.violations.append(f"the fake broke: {traceback.format_exc()}")
                done = Answer({"message": "Server Error"}, 500)
            return self.write(request, actor, done)

    def elsewhere(self, path: str, moved: Moved) -> Answer:
        """A former name leads to the address by id."""
        rest = path.split("/", 4)[4:]
        new = "/".join([f"{self.api}/repositories/{moved.repository}", *rest])
        return Answer({"message": "Moved Permanently", "url": new}, 301, {"Location": new})

    def greet(self, request: Request) -> None:
        if not request.headers.get("user-agent"):
            raise Refused(403, "Request forbidden by administrative rules. Please make sure your "
                          "request has a User-Agent header.")  # fmt: skip
        accepted = request.headers.get("accept", "")
        if accepted.endswith((".diff", ".patch")):  # it may say so of any change: do not rely on it
            raise Refused(406, "Sorry, the diff exceeded the maximum number of lines (20000)")
        version = request.headers.get("x-github-api-version", VERSIONS[0])
        if version not in VERSIONS:
            raise Refused(400, f"{version} is not a supported version")

    def read(self, request: Request, path: str, body: bytes, actor: Actor) -> Call:
        path = self.by_name(path)
        operation, values = self.find(request.method, path)
        query = dict(parse_qsl(request.url.query, keep_blank_values=True))
        url = f"{self.api}{path}"
        now = self.state.clock.now()
        self.counters[operation.name] += 1
        return Call(operation, request.method, url, values, query, request.headers,
                    parsed(body), actor, now, self)  # fmt: skip

    def carry_out(self, call: Call) -> Answer:
        """Checks in GitHub's order: who, what they may, how it is said, how often; then the act."""
        self.access.check(call)
        if wrong := description().request(call):
            self.state.violations += [f"{call.operation.name}: {text}" for text in wrong]
            raise Refused(422, "Invalid request.\n\n" + "\n".join(wrong))
        if call.operation.content:
            self.limits.write(call.actor)
            self.content_writes.append((call.now, call.operation.name))
        done = call.operation.handler(call)
        for text in description().answer(call, done):
            self.state.violations.append(f"answer of {call.operation.name}: {text}")
        return done

    def write(self, request: Request, actor: Actor, done: Answer) -> Response:
        """Bytes and headers; a listing that has not changed is answered 304 and costs nothing."""
        headers = {
            "Date": formatdate(self.state.clock.now(), usegmt=True),
            "X-GitHub-Request-Id": f"{time.monotonic_ns():X}",
            **self.limits.headers(actor),
            **done.headers,
        }
        content = b"" if done.body is None else json.dumps(done.body).encode()
        if request.method == "GET" and done.status == 200:
            tag = f'W/"{hashlib.sha256(content).hexdigest()}"'
            headers["ETag"] = tag
            if request.headers.get("if-none-match") == tag:
                self.limits.budget(actor).used -= 1
                return Response(None, 304, {**headers, **self.limits.headers(actor)})
        return Response(content, done.status, headers, "application/json; charset=utf-8")


def parsed(body: bytes) -> Any:
    """The body's JSON. Raises Refused 400 as GitHub does."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        raise Refused(400, "Problems parsing JSON") from None
