"""What PyGithub, requests and urllib3 raise, in the words of bot.forges.base: the one place."""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import urllib3
from github.GithubException import GithubException
from github.Requester import Requester

from bot.forges.base import Denied, ForgeError, Gone, Limited, Refused, Unsure

_GRAPHQL = {
    "NOT_FOUND": Gone,
    "FORBIDDEN": Denied,
    "INSUFFICIENT_SCOPES": Denied,
    "INTERNAL": Unsure,
}
_SECONDARY = 60.0  # seconds to wait when GitHub does not say how long
_LONGEST = 7200.0


class Expired(Denied):
    """The credentials are not accepted (401). ``date`` is the forge's clock, where it said it."""

    def __init__(self, message: str, date: datetime | None) -> None:
        super().__init__(message)
        self.date = date


class Forbidden(Denied):
    """GitHub answered 403: suspended, blocked, or a permission is missing."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Whatever is raised inside becomes a ForgeError; ``doing`` begins its text.

    An answer that is not what it should be (a proxy's page, half a JSON) is Unsure too.
    """
    try:
        yield
    except GithubException as error:
        raise _meaning(error, doing) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise Unsure(f"{doing}: {type(error).__name__}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        raise Unsure(f"{doing}: unexpected answer") from error


def date_of(headers: Mapping[str, Any]) -> datetime | None:
    """The time by the forge's own clock when it answered."""
    try:
        return parsedate_to_datetime(str(headers.get("date"))).astimezone(UTC)
    except ValueError:
        return None


def _meaning(error: GithubException, doing: str) -> ForgeError:  # noqa: PLR0911 - a table in code
    headers = {key.lower(): value for key, value in (error.headers or {}).items()}
    text = f"{doing}: {error.status} {_words(error.data)}"
    message = str(error.data.get("message", "")) if isinstance(error.data, dict) else ""
    if _limited(error, headers, message):
        return Limited(text, _until(headers))
    if error.status == 401:
        return Expired(text, date_of(headers))
    if error.status == 403:
        return Refused(text) if "locked" in message.lower() else Forbidden(_lacking(text, headers))
    if error.status in (404, 410, 451):
        return Gone(text)
    if error.status >= 500:
        return Unsure(text)
    kind = _GRAPHQL.get(_kind(error), Refused)
    if kind is Refused and "something went wrong" in text.lower():
        return Unsure(text)
    return kind(text)


def _limited(error: GithubException, headers: Mapping[str, str], message: str) -> bool:
    if error.status == 429 or _kind(error) == "RATE_LIMITED":
        return True
    if error.status != 403:
        return error.status == 503 and "retry-after" in headers
    spent = headers.get("x-ratelimit-remaining") == "0"
    return spent or "retry-after" in headers or Requester.isRateLimitError(message)


def _until(headers: Mapping[str, str]) -> datetime:
    """When to come back, by our clock."""
    here = datetime.now(UTC)
    seconds = _SECONDARY
    after, reset = headers.get("retry-after"), _number(headers.get("x-ratelimit-reset"))
    if after is not None:
        seconds = _number(after) or _SECONDARY
    elif headers.get("x-ratelimit-remaining") == "0" and reset is not None:
        there = date_of(headers)
        seconds = reset + 1 - (there.timestamp() if there else time.time())
    return here + timedelta(seconds=min(max(seconds, 1.0), _LONGEST))


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _kind(error: GithubException) -> str:
    """What GraphQL calls its first error; PyGithub gives them the status 400, or 404."""
    errors = error.data.get("errors") if isinstance(error.data, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return str(first.get("type", "")) if isinstance(first, dict) else ""


def _words(data: Any) -> str:
    """GitHub's message and what it says of each fault, cut."""
    if not isinstance(data, dict):
        return ""
    faults = data.get("errors")
    said = [data.get("message"), *(faults if isinstance(faults, list) else [])]
    texts = (
        one.get("message") or one.get("code") if isinstance(one, dict) else one for one in said
    )
    return "; ".join(str(text) for text in texts if text)[:500]


def _lacking(text: str, headers: Mapping[str, str]) -> str:
    needs = headers.get("x-accepted-github-permissions")
    return f"{text} (it needs the permission {needs})" if needs else text
