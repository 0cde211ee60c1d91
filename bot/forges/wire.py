"""What requests to any forge share: pooled connections, time limits for whole answers, text."""

import functools
import re
import time
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

CONNECT, READ, WHOLE = 5, 15, 40  # seconds; GitHub ends what takes it over 10
POOL = 4
_MOST = 64 << 20  # bytes of one answer
_PART = 64 << 10
_SURROGATE = re.compile("[\ud800-\udfff]")


@functools.cache
def session(pid: int) -> requests.Session:  # noqa: ARG001 - a fork must not share its parent's sockets
    """Connections and what is tried again: reads, for a moment; the task does the waiting.

    Retry-After is not slept through: the lease would be held for as long. A write is repeated only
    where its connection was refused, so that nothing was sent.
    """
    retry = Retry(
        total=2,
        backoff_factor=0.2,
        status_forcelist=(500, 502, 503, 504),
        allowed_methods={"GET", "HEAD", "OPTIONS"},
        respect_retry_after_header=False,
        raise_on_status=False,
    )
    made = requests.Session()
    made.auth = _as_it_is  # else a .netrc would put its own password in
    adapter = HTTPAdapter(max_retries=retry, pool_connections=POOL, pool_maxsize=POOL)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def body(response: requests.Response, ends: float) -> bytes:
    """The body of a streamed answer.

    Raises Timeout at ``ends`` (monotonic seconds), and RequestException when it is larger than any
    is.
    """
    parts, size = [], 0
    while part := response.raw.read1(_PART, decode_content=True):
        parts.append(part)
        size += len(part)
        if time.monotonic() > ends:
            raise requests.Timeout("the answer took too long")
        if size > _MOST:
            raise requests.RequestException("the answer is too large")
    return b"".join(parts)


def sayable(value: Any) -> Any:
    """The same without half surrogates, which stand for bytes of a path that JSON cannot say."""
    if isinstance(value, str):
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, Mapping):
        return {key: sayable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [sayable(one) for one in value]
    return value
