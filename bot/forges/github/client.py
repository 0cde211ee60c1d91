"""Calls to GitHub's API in one account's name: one request each, typed answers, our exceptions."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

import msgspec
from github.Auth import Auth
from github.Requester import Requester

from bot.forges.base import Unsure
from bot.forges.github.errors import Expired, translated
from bot.forges.github.transport import requester
from bot.forges.wire import sayable

T = TypeVar("T")
Json = Mapping[str, Any]
_Call = Callable[[Requester], tuple[Json, Any]]

_PAGES = 50  # of 100 each; what is behind them is not looked at
_PAUSES = (0.2, 0.4)  # seconds, as between the reads that the transport repeats
_NEXT = re.compile(r'rel="?next"?')
_CURSOR = re.compile(r"[?&]cursor=([\w=-]+)")


class Credentials(Protocol):
    """Whoever calls."""

    def auth(self) -> Auth:
        """What the next request is signed with."""

    def renew(self, refused: Expired) -> bool:
        """Get other credentials after these were refused; False where there are none."""


class Client:
    """One account at one API. ``url`` is the API's base, ``verify`` a CA bundle or True.

    All methods raise ForgeError. Paths begin with ``/``; answers are msgspec types.
    """

    def __init__(self, url: str, verify: bool | str, credentials: Credentials) -> None:
        self.url = url
        self._verify = verify
        self._credentials = credentials

    def get(self, path: str, of: type[T], **query: str | int) -> T:
        """One thing."""
        return read(path, self.send("GET", path, query=query)[1], of)

    def pages(self, path: str, of: type[T], within: str = "", **query: str | int) -> Iterator[T]:
        """The items of a listing, page after page; ``within`` names the key that holds them."""
        for number in range(1, _PAGES + 1):
            headers, data = self.send("GET", path, query={**query, "per_page": 100, "page": number})
            with translated(path):
                items = data[within] if within else data
            yield from read(path, items, list[of])  # type: ignore[valid-type]
            if not _NEXT.search(headers.get("link", "")):
                return

    def post(self, path: str, body: Json, of: type[T]) -> T:
        """Make something."""
        return read(path, self.send("POST", path, body=body)[1], of)

    def patch(self, path: str, body: Json, of: type[T]) -> T:
        """Change something."""
        return read(path, self.send("PATCH", path, body=body)[1], of)

    def put(self, path: str, body: Json, of: type[T]) -> T:
        """Put something in the place of what was there."""
        return read(path, self.send("PUT", path, body=body)[1], of)

    def delete(self, path: str) -> None:
        """Take something away."""
        self.send("DELETE", path)

    def graphql(self, query: str, variables: Json, of: type[T], *, again: bool = False) -> T:
        """What is under ``data`` in the answer. ``again``: it only reads, and may be repeated."""

        def call(there: Requester) -> tuple[Json, Any]:
            headers, answer = there.graphql_query(query, sayable(dict(variables)))
            return headers, answer["data"]

        for pause in _PAUSES if again else ():
            try:
                return read("/graphql", self._attempt("POST /graphql", call)[1], of)
            except Unsure:
                time.sleep(pause)
        return read("/graphql", self._attempt("POST /graphql", call)[1], of)

    def send(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Json, Any]:
        """One request: the answer's headers, with small letters, and its JSON, None where empty."""
        accept = {"Accept": "application/vnd.github+json", **(headers or {})}
        sent = None if body is None else sayable(body)

        def call(there: Requester) -> tuple[Json, Any]:
            return there.requestJsonAndCheck(verb, path, dict(query or {}), dict(accept), sent)

        return self._attempt(f"{verb} {path}", call)

    def _attempt(self, doing: str, call: _Call) -> tuple[Json, Any]:
        """Try, and once more with new credentials where the first are refused."""
        try:
            return self._once(doing, call)
        except Expired as refused:
            if not self._credentials.renew(refused):
                raise
        return self._once(doing, call)

    def _once(self, doing: str, call: _Call) -> tuple[Json, Any]:
        there = requester(self.url, self._verify, self._credentials.auth())
        with translated(doing):
            return call(there)


def next_cursor(headers: Json) -> str:
    """Where a listing goes on that is paged by cursor; empty at its end."""
    for link in str(headers.get("link", "")).split(","):
        if _NEXT.search(link):
            return "".join(_CURSOR.findall(link)[:1])
    return ""


def read(path: str, data: Any, of: type[T]) -> T:
    """An answer's JSON as a type of ours. Raises Unsure where it is something else."""
    with translated(path):
        return msgspec.convert(data, of)
