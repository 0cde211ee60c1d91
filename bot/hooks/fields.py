"""Fields of webhooks, read leniently: what is missing or odd is empty, never an exception. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

Headers = Sequence[tuple[bytes, bytes]]
Body = Mapping[str, Any]

MAX_TEXT = 64 * 1024  # characters of a comment that are kept
ID = re.compile(rb"[!-~]{1,100}")
MAYBE_COMMAND = re.compile(r"(?:\A|[\r\n])[ \t]*(?:/|@redline\b)", re.IGNORECASE)
_MAX_ID = 2**53
_SHA = re.compile(r"[0-9a-f]{40}")
_BRANCH = "refs/heads/"
_MAX_REF = 1024
_NONE = "0" * 40


def only(headers: Headers, name: bytes, wrong: type[Exception]) -> bytes:
    """The value of a header that must be there once: of two, a proxy and we may read another."""
    values = [value for key, value in headers if key.lower() == name]
    if len(values) != 1:
        raise wrong(f"{name.decode()} is {'missing' if not values else 'there more than once'}")
    return values[0]


def at(payload: Any, *keys: str) -> Any:
    """What lies under these keys, or None where any of them is missing."""
    for key in keys:
        if not isinstance(payload, dict):
            return None
        payload = payload.get(key)
    return payload


def text(payload: Any, *keys: str) -> str:
    """A string, else ``""``."""
    value = at(payload, *keys)
    return value if isinstance(value, str) else ""


def number(payload: Any, *keys: str) -> int:
    """A number that a database takes as an id, else 0."""
    value = at(payload, *keys)
    return value if type(value) is int and 0 < value < _MAX_ID else 0


def sha(payload: Any, *keys: str) -> str:
    """A commit, else ``""``."""
    value = text(payload, *keys)
    return value if _SHA.fullmatch(value) else ""


def moment(payload: Any, *keys: str) -> float:
    """Seconds since 1970, 0 where it cannot be read. GitLab's older payloads end in `` UTC``."""
    value = text(payload, *keys)
    if value.endswith(" UTC"):
        value = value.removesuffix(" UTC") + "+00:00"
    try:
        return datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


def moved(payload: Body) -> tuple[str, str]:
    """The branch that a push moved, and its new tip.

    Empty for a tag, and for a branch that was made or deleted: no open change waits for those.
    """
    ref, before, after = text(payload, "ref"), sha(payload, "before"), sha(payload, "after")
    kept = before != after and not {before, after} & {"", _NONE}
    if not kept or not ref.startswith(_BRANCH) or len(ref) > _MAX_REF:
        return "", ""
    return ref.removeprefix(_BRANCH), after
