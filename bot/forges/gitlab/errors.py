"""What python-gitlab and requests raise, in the words of bot.forges.base: the one place."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import requests
import urllib3
from gitlab.exceptions import GitlabError

from bot.forges.base import Denied, ForgeError, Gone, Refused, Unsure


class Forbidden(Denied):
    """GitLab answered 403: blocked, or what was asked needs another role."""


class Conflict(Refused):
    """GitLab answered 409: somebody else writes there at this moment."""


class Unchanged(ForgeError):
    """GitLab answered 304: what was seen last still stands."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Whatever is raised inside becomes a ForgeError; ``doing`` begins its text.

    An answer that is not what it should be (a proxy's page, half a JSON) is Unsure too.
    """
    try:
        yield
    except GitlabError as error:
        raise _meaning(error, doing) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise Unsure(f"{doing}: {type(error).__name__}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        raise Unsure(f"{doing}: unexpected answer") from error


def _meaning(error: GitlabError, doing: str) -> ForgeError:  # noqa: PLR0911 - a table in code
    code = error.response_code
    text = f"{doing}: {code} {_words(error.response_body)}"
    if code is None or code >= 500 or code == 408:
        return Unsure(text)
    if code == 304:
        return Unchanged(text)
    if code < 400:
        return Denied(f"{text} (redirected: is REDLINE_GITLAB_URL right?)")
    if code == 401:
        return Denied(text)
    if code == 403:
        lacking = "insufficient_scope" in text
        return Denied(f"{text} (the token needs the scope api)") if lacking else Forbidden(text)
    if code in (404, 410, 451):
        return Gone(text)
    return Conflict(text) if code == 409 else Refused(text)


def _words(body: bytes | None) -> str:
    """GitLab's message, which may be text, a list or a table of them; cut."""
    try:
        data = json.loads(body or b"")
    except ValueError:
        return ""
    said = data.get("message") or data.get("error") if isinstance(data, dict) else ""
    return (said if isinstance(said, str) else json.dumps(said))[:500]
