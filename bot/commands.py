"""What people may ask in a comment, and who may ask it. Pure.

A command is a line of its own: ``/recheck [project...]``, or a verb after ``/redline`` or
``@redline``. Lines that a reader sees as code, quote or HTML do not count, so markdown-it says
which lines are plain text; a line it cannot place (too deeply nested) does not count either.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.forges.base import Role

_MAX_TEXT = 65_536  # characters, GitHub's limit for a comment
_MAX_LINE = 1_000
_MAX_COMMANDS = 5
_NESTING = 10  # bounds the time for hostile text: 64 KiB of lazy quotes take under a second

# [ \t] and [A-Za-z] on purpose: other white space and letters are look-alikes, not commands.
_LINE = re.compile(
    r"(?:/(?P<bare>recheck)|(?P<name>[/@]redline)(?:[ \t]+(?P<verb>[a-z-]+))?)(?P<rest>[ \t].*)?",
    re.ASCII | re.IGNORECASE,
)
_PROJECT = re.compile(r"[\w.@][\w./@+~-]{0,299}")
_BREAK = re.compile(r"\r\n?|\n")
_HIDING = re.compile(r"`+|<!--|-->")


class Verb(StrEnum):
    """What can be asked; ``UNKNOWN`` is a word after ``/redline`` that we do not know."""

    RECHECK = "recheck"
    HELP = "help"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Command:
    """One thing asked; ``projects`` narrow a recheck, none means all."""

    verb: Verb
    projects: tuple[str, ...] = ()


def parse(text: str) -> list[Command]:
    """The commands of a comment in their order, each once, at most five; never raises."""
    lines = _BREAK.split(text[:_MAX_TEXT])
    if not any(_LINE.fullmatch(line.strip(" \t")[:_MAX_LINE]) for line in lines):
        return []
    found: dict[Command, None] = {}
    for line in _plain(lines):
        command = _command(line)
        if command is not None:
            found[command] = None
    return list(found)[:_MAX_COMMANDS]


def allowed(verb: Verb, role: Role, own_change: bool) -> bool:
    """Whether someone with this role may ask it (each row of the help's table)."""
    if own_change:
        return True
    return role >= (Role.TRIAGE if verb is Verb.RECHECK else Role.READ)


def _command(line: str) -> Command | None:
    match = _LINE.fullmatch(line) if len(line) <= _MAX_LINE else None
    if match is None:
        return None
    verb = (match["bare"] or match["verb"] or "").lower()
    words = tuple((match["rest"] or "").split())
    if verb == Verb.RECHECK:
        return Command(Verb.RECHECK, words) if all(map(_PROJECT.fullmatch, words)) else None
    if verb == Verb.HELP:
        return None if words else Command(Verb.HELP)
    # A line that begins with a mention may be prose to a person of that name.
    return Command(Verb.UNKNOWN) if match["name"].startswith("/") else None


def _plain(lines: Sequence[str]) -> Iterator[str]:
    """The lines that are shown as text, without their margins."""
    quotes = 0
    for token in _blocks().parse("\n".join(lines)):
        quotes += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
        if not quotes and token.type in ("paragraph_open", "heading_open"):
            yield from _shown(_of(token, lines))


def _of(token: Token, lines: Sequence[str]) -> Sequence[str]:
    first, last = token.map or (0, 0)
    return [line.strip(" \t") for line in lines[first:last]]


def _shown(paragraph: Sequence[str]) -> Iterator[str]:
    """The lines of a paragraph that do not begin inside a code span or an HTML comment."""
    left = Counter(sign for line in paragraph for sign in _HIDING.findall(line))
    hidden = ""  # what ends it
    for line in paragraph:
        if not hidden:
            yield line
        for sign in _HIDING.findall(line):
            left[sign] -= 1
            if sign == hidden:
                hidden = ""
            elif not hidden and sign == "<!--":
                hidden = "-->"
            elif not hidden and sign != "-->" and left[sign]:
                hidden = sign


@cache
def _blocks() -> MarkdownIt:
    """A parser of blocks alone; inline text has quadratic traps and is not asked for."""
    parser = MarkdownIt("commonmark", {"maxNesting": _NESTING}).disable("reference")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser
