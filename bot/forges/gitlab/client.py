"""Calls to GitLab's API in one account's name: one request each, typed answers, our exceptions."""

import functools
import logging
import math
import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import gitlab
import msgspec
import requests

from bot.forges import wire
from bot.forges.base import Limited
from bot.forges.gitlab.errors import translated

T = TypeVar("T")
Json = Mapping[str, Any]
Query = str | int | bool

_PAGES = 50  # of 100 each; what is behind them is not looked at
_WAIT, _LONGEST = 60.0, 7200.0  # seconds to stay away: when GitLab does not say, and at most

logging.getLogger("gitlab").setLevel(logging.WARNING)


class Client:
    """One account at one GitLab. ``url`` is the instance's, ``verify`` a CA bundle or True.

    All methods raise ForgeError. Paths begin with ``/`` and lie below the API's base; answers are
    msgspec types.
    """

    def __init__(self, url: str, verify: bool | str, token: str) -> None:
        self._url, self._verify, self._token = url, verify, token

    def get(self, path: str, of: type[T], **query: Query) -> T:
        """One thing."""
        return read(path, self.send("GET", path, query=query)[1], of)

    def pages(self, path: str, of: type[T], **query: Query) -> Iterator[T]:
        """The items of a listing, page after page."""
        number = "1"
        for _ in range(_PAGES):
            headers, data = self.send("GET", path, query={**query, "per_page": 100, "page": number})
            yield from read(path, data, list[of])  # type: ignore[valid-type]
            number = str(headers.get("x-next-page", ""))
            if not number:
                return

    def post(self, path: str, body: Json, of: type[T]) -> T:
        """Make something."""
        return read(path, self.send("POST", path, body=body)[1], of)

    def put(self, path: str, body: Json) -> None:
        """Change something."""
        self.send("PUT", path, body=body)

    def delete(self, path: str) -> None:
        """Take something away."""
        self.send("DELETE", path)

    def send(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, Query] | None = None,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Json, Any]:
        """One request: the answer's headers, with small letters, and its JSON, None where empty."""
        asked = {key: _worded(value) for key, value in (query or {}).items()}
        with translated(f"{verb} {path}"):
            answer = self._at(os.getpid()).http_request(
                verb.lower(),
                path,
                query_data=asked,
                post_data=None if body is None else wire.sayable(body),
                obey_rate_limit=False,
                retry_transient_errors=False,
                extra_headers=dict(headers or {}),
            )
            names = {name.lower(): value for name, value in answer.headers.items()}
            return names, answer.json() if answer.content else None

    @functools.cached_property
    def _made(self) -> dict[int, gitlab.Gitlab]:
        return {}

    def _at(self, pid: int) -> gitlab.Gitlab:
        """python-gitlab over the connections of this process."""
        if pid not in self._made:
            self._made[pid] = gitlab.Gitlab(
                self._url,
                private_token=self._token,
                ssl_verify=self._verify,
                user_agent="redline",
                retry_transient_errors=False,
                session=_Session(),
            )
        return self._made[pid]


class _Session(requests.Session):
    """python-gitlab's session: it sends over the connections that this process shares.

    A redirect is not followed: requests would take our token along to another host.
    """

    def request(self, *arguments: Any, **named: Any) -> requests.Response:
        ends = time.monotonic() + wire.WHOLE
        ours = {"stream": True, "allow_redirects": False, "timeout": (wire.CONNECT, wire.READ)}
        answer = wire.session(os.getpid()).request(*arguments, **{**named, **ours})
        with answer:
            answer._content = wire.body(answer, ends)
        _raise_if_limited(answer)
        return answer


def _raise_if_limited(answer: requests.Response) -> None:
    """Too many requests: python-gitlab would hide how long to stay away."""
    after = answer.headers.get("retry-after")
    if answer.status_code == 429 or (answer.status_code == 503 and after is not None):
        path = answer.url.partition("?")[0]
        until = datetime.now(UTC) + timedelta(seconds=_seconds(answer))
        raise Limited(f"{path}: {answer.status_code}", until)


def _seconds(answer: requests.Response) -> float:
    for text in (answer.headers.get("retry-after"), _reset(answer)):
        try:
            seconds = float(text or "")
        except ValueError:
            continue
        if math.isfinite(seconds):
            return min(max(seconds, 1.0), _LONGEST)
    return _WAIT


def _reset(answer: requests.Response) -> str:
    """Seconds until the limit is lifted, by GitLab's clock; empty where it does not say."""
    at = answer.headers.get("ratelimit-reset", "")
    return str(int(at) + 1 - time.time()) if at.isascii() and at.isdigit() else ""


def read(path: str, data: Any, of: type[T]) -> T:
    """An answer's JSON as a type of ours. Raises Unsure where it is something else."""
    with translated(path):
        return msgspec.convert(data, of)


def _worded(value: Query) -> str | int:
    return ("true" if value else "false") if isinstance(value, bool) else value
