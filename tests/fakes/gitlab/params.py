"""What an operation takes, and how GitLab says that something else was given.

GitLab itself ignores what it does not know. The fake refuses it: a parameter that does nothing is
a mistake of the client's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BLANK = object()


@dataclass(frozen=True)
class Param:
    """One parameter: ``kind`` is text, integer, boolean, number, list or object."""

    kind: str = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    within: Mapping[str, "Param"] | None = None


Params = Mapping[str, Param]
PAGES: Params = {
    "page": Param("integer"),
    "per_page": Param("integer"),
    "pagination": Param(choices=("keyset", "offset")),
    "order_by": Param(),
    "sort": Param(choices=("asc", "desc")),
    "id_after": Param("integer"),
    "id_before": Param("integer"),
    "cursor": Param(),
}


def needed(kind: str = "text", *choices: str) -> Param:
    return Param(kind, required=True, choices=choices)


def may(kind: str = "text", *choices: str) -> Param:
    return Param(kind, choices=choices)


class Invalid(Exception):
    """What is wrong with what was given, in GitLab's words. ``unknown``: the fake's own rule."""


def read(given: Mapping[str, Any], known: Params, prefix: str = "") -> dict[str, Any]:
    """The parameters with their types. Raises Invalid."""
    read: dict[str, Any] = {}
    for name, value in given.items():
        shown = f"{prefix}[{name}]" if prefix else name
        if name not in known:
            raise Invalid(f"{shown} is unknown")
        typed = one(value, known[name], shown)
        if typed is not None:
            read[name] = typed
    for name, param in known.items():
        if param.required and name not in read:
            shown = f"{prefix}[{name}]" if prefix else name
            raise Invalid(f"{shown} is missing")
    return read


def one(value: Any, param: Param, shown: str) -> Any:
    """One value with its type: text from a query string is read, JSON must have the type."""
    if value is None:
        return None
    found = READERS[param.kind](value)
    if found is BLANK:
        raise Invalid(f"{shown} is invalid")
    if param.choices and found not in param.choices:
        raise Invalid(f"{shown} does not have a valid value")
    if param.within is not None:
        return read(found, param.within, shown)
    return found


def text(value: Any) -> Any:
    return value if isinstance(value, str) else BLANK


def integer(value: Any) -> Any:
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else BLANK


def boolean(value: Any) -> Any:
    """A query's ``True`` is true for GitLab too: python-gitlab sends it so."""
    words = {"true": True, "false": False, "1": True, "0": False}
    if isinstance(value, str):
        return words.get(value.lower(), BLANK)
    return value if isinstance(value, bool) else BLANK


def number(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return BLANK


def listed(value: Any) -> Any:
    return value if isinstance(value, list) else BLANK


def mapped(value: Any) -> Any:
    return value if isinstance(value, dict) else BLANK


READERS = {
    "text": text,
    "integer": integer,
    "boolean": boolean,
    "number": number,
    "list": listed,
    "object": mapped,
}


def nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """A query or form as Rails reads it: ``a[b]=1`` is an object, ``a[]=1`` a list."""
    read: dict[str, Any] = {}
    for key, value in pairs:
        name, *inner = key.replace("]", "").split("[")
        if not inner:
            read[name] = value
        elif inner == [""]:
            read.setdefault(name, []).append(value)
        else:
            at = read.setdefault(name, {})
            for part in inner[:-1]:
                at = at.setdefault(part, {})
            at[inner[-1]] = value
    return read
