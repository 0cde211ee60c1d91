"""JSON from outside, read strictly: what two readers may understand in two ways is refused."""

import json
import re
from typing import Any

from bot.hooks.delivery import Unreadable

MAX_DEPTH = 64
_PLAIN = bytes(sorted(set(range(256)) - set(b'[]{}"')))
_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def read(body: bytes) -> dict[str, Any]:
    """The object that ``body`` holds.

    Raises Unreadable for anything but one JSON object in UTF-8: nested deeper than MAX_DEPTH,
    with a key twice, NaN, a number of thousands of digits, NUL or half a surrogate pair.
    """
    if too_deep(body):
        raise Unreadable(f"nested deeper than {MAX_DEPTH}, or cut off")
    try:
        document = json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise Unreadable(_in_short(error)) from None
    if not isinstance(document, dict):
        raise Unreadable("not an object")
    if _ESCAPE.search(body) and any(map(_NO_TEXT.search, _texts(document))):
        raise Unreadable("NUL or half a surrogate pair")
    return document


def too_deep(body: bytes) -> bool:
    """Whether brackets are nested too deep, or do not pair: told without a parser, which may die.

    Strings are left out: of what is split at its quotes, each second part. Each turn takes the
    innermost pairs away, so that the turns needed are the depth.
    """
    unescaped = body.replace(rb"\\", b"").replace(rb"\"", b"")
    brackets = b"".join(unescaped.translate(None, _PLAIN).split(b'"')[::2])
    for _ in range(MAX_DEPTH):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return bool(brackets)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are all different."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return made


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _in_short(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:200]


def _texts(document: Any) -> list[str]:
    """Every string and key of a document."""
    texts, rest = [], [document]
    while rest:
        one = rest.pop()
        if isinstance(one, str):
            texts.append(one)
        elif isinstance(one, dict):
            texts += one
            rest += one.values()
        elif isinstance(one, list):
            rest += one
    return texts
