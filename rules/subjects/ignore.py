"""A ``.dockerignore``: which files of a build context are not sent to the build.

Its grammar is its own, not git's: each pattern begins at the context's top, so that
``node_modules`` says nothing of ``web/node_modules``; ``**`` crosses folders; the last pattern
that fits a file or a folder above it decides, and ``!`` takes it back in.
Reference: github.com/moby/patternmatcher (patternmatcher.go, ignorefile/ignorefile.go).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from posixpath import normpath

MOST = 1_000  # patterns of a file; real ones have about ten
_LONGEST = 1_000  # signs of a pattern

_ANY, _STAR, _DEEP, _INSIDE, _ALL = "?", "*", "**/", "**/ inside", "**"
_Token = str | frozenset[str]  # a sign is written as "'a"; a set is a class of signs


@dataclass(frozen=True, slots=True)
class _Pattern:
    """``start`` is how every path begins that it fits; ``tokens`` are what follows."""

    start: str
    tokens: tuple[_Token, ...]
    back_in: bool


class Ignore:
    """The patterns of one file. ``whole``: none was too long, malformed, or one too many."""

    def __init__(self, patterns: Iterable[str], *, whole: bool = True) -> None:
        self.whole = whole
        self._patterns: list[_Pattern] = []
        for number, text in enumerate(patterns):
            pattern = _compiled(text) if number < MOST else None
            if pattern is None:
                self.whole = False
            else:
                self._patterns.append(pattern)

    def excludes(self, path: str) -> bool:
        """Whether the file at this path below the context is left out."""
        out = False
        for pattern in self._patterns:
            if pattern.back_in is out and _fits(pattern, path):
                out = not pattern.back_in
        return out

    def names(self, path: str) -> bool:
        """Whether a pattern takes just this path back in: it is wanted."""
        return any(each.back_in and _fits(each, path) for each in self._patterns)


def parse(data: bytes, more: Iterable[str] = ()) -> Ignore:
    """The patterns of a file, and ``more`` after them (``COPY --exclude``)."""
    return Ignore([*_lines(data), *more])


def _lines(data: bytes) -> Iterator[str]:
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    for line in text.split("\n"):
        if not line.startswith("#") and line.strip():
            yield line.strip()


def _compiled(text: str) -> _Pattern | None:
    """A pattern as tokens; None for one that cannot be read."""
    back_in = text.startswith("!")
    bare = text.removeprefix("!").strip()
    if not bare or len(bare) > _LONGEST:
        return None
    tokens = list(_tokens(normpath(bare).lstrip("/")))
    if any(token == "" for token in tokens):
        return None
    plain = 0
    while plain < len(tokens) and str(tokens[plain])[:1] == "'":
        plain += 1
    start = "".join(str(token)[1:] for token in tokens[:plain])
    return _Pattern(start, tuple(tokens[plain:]), back_in)


def _tokens(text: str) -> Iterator[_Token]:
    """The parts of a pattern; an empty one where it is malformed."""
    at = 0
    while at < len(text):
        sign, at = text[at], at + 1
        if sign == "*" and text.startswith("*", at):
            at += 1
            at += text.startswith("/", at)
            yield from (_ALL,) if at == len(text) else (_DEEP, _INSIDE)
        elif sign == "[":
            members, at = _class(text, at)
            yield members
        elif sign == "\\":
            yield "'" + text[at : at + 1] if at < len(text) else ""
            at += 1
        else:
            yield {"*": _STAR, "?": _ANY}.get(sign, "'" + sign)


def _class(text: str, at: int) -> tuple[_Token, int]:
    """The signs between brackets, and where they end; ``^`` as first sign means the others."""
    end = text.find("]", at + 1)
    inside = text[at:end]
    if end < 0 or "\\" in inside:
        return "", len(text)
    others = inside.startswith("^")
    rest = inside[others:]
    members = {"^"} if others else set()
    place = 0
    while place < len(rest):
        if rest[place + 1 : place + 2] == "-" and place + 2 < len(rest):
            first, last = ord(rest[place]), ord(rest[place + 2])
            if not first <= last < 128:
                return "", len(text)
            members |= {f"'{chr(each)}" for each in range(first, last + 1)}
            place += 3
        else:
            members.add(f"'{rest[place]}")
            place += 1
    return frozenset(members), end + 1


def _fits(pattern: _Pattern, path: str) -> bool:
    """Whether it fits the path or a folder above it: a walk of all states at once, never slow."""
    if not path.startswith(pattern.start):
        return False
    tokens, end = pattern.tokens, len(pattern.tokens)
    states = _closed({0}, tokens)
    for sign in path[len(pattern.start) :]:
        if sign == "/" and end in states:
            return True
        states = _closed({to for at in states for to in _next(tokens, at, sign)}, tokens)
        if not states:
            return False
    return end in states


def _closed(states: set[int], tokens: tuple[_Token, ...]) -> set[int]:
    """The states with those that are reached without a sign."""
    pending = list(states)
    while pending:
        at = pending.pop()
        token = tokens[at] if at < len(tokens) else None
        further = (
            (at + 1, at + 2) if token == _DEEP else (at + 1,) if token in (_STAR, _ALL) else ()
        )
        for each in further:
            if each not in states:
                states.add(each)
                pending.append(each)
    return states


def _next(tokens: tuple[_Token, ...], at: int, sign: str) -> Iterator[int]:
    if at == len(tokens):
        return
    token = tokens[at]
    if isinstance(token, frozenset):
        if (f"'{sign}" in token) is not ("^" in token) and sign != "/":
            yield at + 1
    elif token == f"'{sign}" or (token == _ANY and sign != "/"):
        yield at + 1
    elif token == _ALL or (token == _STAR and sign != "/"):
        yield at
    elif token == _INSIDE:
        yield at
        if sign == "/":
            yield at + 1
