"""How requests reach GitHub: pooled connections, and a time limit for each answer as a whole.

PyGithub's own connections keep the request in the connection, which two threads must not share,
and wait for ever for an answer that comes one byte a second. These take their place.
"""

import logging
import os
import time
from typing import Any

import requests
from github.Auth import Auth
from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    Requester,
    RequestsResponse,
)

from bot.forges import wire

# GitHub logs nothing secret in addresses, but PyGithub logs whole bodies, tokens among them.
logging.getLogger("github").setLevel(logging.WARNING)


class _Answer(RequestsResponse):
    """An answer that was read already."""

    def __init__(self, response: requests.Response, body: bytes) -> None:
        super().__init__(response)
        self._body = body

    def read(self) -> str:
        return self._body.decode("utf-8", "replace")


class _Secure(HTTPSRequestsConnectionClass):
    """One request over the pool that all requests of this process share."""

    def __init__(self, host: str, port: int | None = None, **options: Any) -> None:
        self.host, self.port = host, port or 443
        self.protocol, self.verify = "https", options.get("verify", True)

    def getresponse(self) -> RequestsResponse:
        """Send it and read the answer. Raises what requests and urllib3 raise."""
        return _sent(self)

    def close(self) -> None:
        """Nothing: the pool stays open for the next request."""


class _Plain(HTTPRequestsConnectionClass):
    """The same for a forge on this machine."""

    def __init__(self, host: str, port: int | None = None, **options: Any) -> None:
        self.host, self.port = host, port or 80
        self.protocol, self.verify = "http", options.get("verify", True)

    def getresponse(self) -> RequestsResponse:
        """Send it and read the answer. Raises what requests and urllib3 raise."""
        return _sent(self)

    def close(self) -> None:
        """Nothing: the pool stays open for the next request."""


def _sent(one: _Secure | _Plain) -> _Answer:
    ends = time.monotonic() + wire.WHOLE
    host = f"[{one.host}]" if ":" in one.host else one.host
    response = wire.session(os.getpid()).request(
        one.verb,
        f"{one.protocol}://{host}:{one.port}{one.url}",
        headers=one.headers,
        data=one.input,
        timeout=(wire.CONNECT, wire.READ),
        verify=one.verify,
        allow_redirects=False,
        stream=True,
    )
    with response:
        return _Answer(response, wire.body(response, ends))


class _Requester(Requester):
    """PyGithub's requester over our connections; injected here, they do not touch the original."""


_Requester.injectConnectionClasses(_Plain, _Secure)


def requester(url: str, verify: bool | str, auth: Auth) -> Requester:
    """PyGithub's lowest layer for the API at ``url``.

    No pause between requests: our own pace governs what notifies, and PyGithub's costs seconds.
    """
    return _Requester(
        auth=auth,
        base_url=url.rstrip("/"),
        timeout=wire.READ,
        user_agent="redline",
        per_page=100,
        verify=verify,
        retry=None,
        pool_size=wire.POOL,
        seconds_between_requests=0,
        seconds_between_writes=0,
        api_version="2022-11-28",
    )
