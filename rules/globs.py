"""Patterns of paths, as in ``.gitignore``: what a repository excludes, or means by ``paths``."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

_SIGNS = re.compile(r"\[!?\]?[^\]/]*\]|\*+|\\.|.", re.DOTALL)
# Atomic groups, so that each part is looked for once, from the left: a later place never helps,
# and no pattern takes longer than its length times the path's.
_BELOW = r"(?:[^/]*/)*?"


def matches(patterns: tuple[str, ...], path: str) -> bool:
    """Whether the last of the patterns that speaks of the path, or of a folder above it, takes it.

    ``*`` and ``?`` stay within a name, ``**`` does not. A pattern with a slash before its end
    counts from the top, another one at any depth; with a slash at its end it means folders. What
    follows a ``!`` is taken out again.
    """
    return next((taken for taken, each in _compiled(patterns) if each.match(path)), False)


@lru_cache(256)
def _compiled(patterns: tuple[str, ...]) -> tuple[tuple[bool, re.Pattern[str]], ...]:
    """The last first; those side by side that say the same are one expression."""
    runs = groupby(reversed(patterns), lambda pattern: not pattern.startswith("!"))
    joined = (
        (taken, "|".join(_expression(pattern.removeprefix("!")) for pattern in run))
        for taken, run in runs
    )
    return tuple((taken, re.compile(text, re.DOTALL)) for taken, text in joined)


def _expression(pattern: str) -> str:
    bare, inside = pattern.strip("/"), pattern.endswith("/")
    rooted = "/" in pattern.rstrip("/")
    steps = bare.split("/") if rooted else ["**", bare]
    while steps and steps[-1] == "**":  # what lies below, not the folder itself
        steps.pop()
        inside = True
    chunks = list(_chunks(steps))
    end = "/" if inside else "(?:/|$)"
    if not chunks:
        return ""
    return "".join(f"(?>{chunk}{end if last else '/'})" for chunk, last in chunks)


def _chunks(steps: list[str]) -> Iterator[tuple[str, bool]]:
    """The steps between each two ``**``, and whether they are the last."""
    groups: list[tuple[bool, list[str]]] = [(False, [])]
    for step in steps:
        if step == "**":
            groups.append((True, []))
        else:
            groups[-1][1].append(step)
    full = [(floating, names) for floating, names in groups if names]
    for place, (floating, names) in enumerate(full, 1):
        text = "/".join(map(_name, names))
        yield (_BELOW if floating else "") + text, place == len(full)


def _name(step: str) -> str:
    """One name: each part between stars where it first fits, the last one at the name's end."""
    parts = [""]
    for sign in _SIGNS.findall(step):
        if sign[0] == "*":
            parts.append("")
        else:
            parts[-1] += _sign(sign)
    first, *rest = parts
    middle = "".join(f"(?>[^/]*?{part})" for part in rest[:-1] if part)
    return f"{first}{middle}[^/]*{rest[-1]}" if rest else first


def _sign(sign: str) -> str:
    if sign == "?":
        return "[^/]"
    if sign[0] == "\\" and len(sign) == 2:
        return re.escape(sign[1])
    if sign[0] == "[" and len(sign) > 2:
        return _class(sign[1:-1])
    return re.escape(sign)


def _class(members: str) -> str:
    """One of these signs, or none of them; never the slash."""
    inverted, rest = members.startswith("!"), members.removeprefix("!")
    kept = ""
    while rest:
        first, last = rest[0], rest[2] if len(rest) > 2 and rest[1] == "-" else rest[0]
        rest = rest[3:] if first != last or rest[1:2] == "-" else rest[1:]
        if first <= last:  # else the range is empty
            kept += f"{re.escape(first)}-{re.escape(last)}"
    return f"(?!/)[{'^' if inverted else ''}{kept}]" if kept else "(?!)"
