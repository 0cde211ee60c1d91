"""What people may ask in a comment. Pure.

A command is a line of its own: ``/recheck [project...]``, or a verb after ``/redline`` or
``@redline``. Lines that a reader sees as code, quote or HTML do not count, so markdown-it says
which lines are plain text; a line it cannot place (too deeply nested) does not count either.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.pardon import DESTROYED

_MAX_TEXT = 65_536  # characters, GitHub's limit for a comment
_MAX_LINE = 2_000
_MAX_COMMANDS = 5
_NESTING = 10  # bounds the time for hostile text: 64 KiB of lazy quotes take under a second

# [ \t] and [A-Za-z] on purpose: other white space and letters are look-alikes, not commands.
_LINE = re.compile(
    r"(?:/(?P<bare>recheck)|(?P<name>[/@]redline)(?:[ \t]+(?P<verb>[a-z-]+))?)(?P<rest>[ \t].*)?",
    re.ASCII | re.IGNORECASE,
)
_PROJECT = re.compile(r"[\w.@][\w./@+~-]{0,299}")
_FINDING = re.compile(r"(?P<quote>`?)(?P<name>[a-z0-9]{2,32})(?P=quote)", re.ASCII | re.IGNORECASE)
_SHA = re.compile(r"[0-9a-f]{7,40}", re.ASCII | re.IGNORECASE)
# Telephones make one long dash of two short ones.
_OPTIONS = re.compile(
    r"(?:(?:--|\u2014)until(?:[ \t]+|=)(?P<until>\S+)[ \t]+)?"
    r"(?:--|\u2014)reason(?:[ \t]+|=)(?P<reason>.*\S)",
    re.IGNORECASE,
)
_LATE_UNTIL = re.compile(r"(?:--|\u2014)until(?:[ \t]+|=)[0-9]{4}-[0-9]", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_BREAK = re.compile(r"\r\n?|\n")
_HIDING = re.compile(r"`+|<!--|-->")


class Verb(StrEnum):
    """What can be asked; ``UNKNOWN`` is a word after ``/redline`` that we do not know."""

    RECHECK = "recheck"
    HELP = "help"
    STATUS = "status"
    EXPLAIN = "explain"
    ALLOW = "allow"
    ACKNOWLEDGE = "acknowledge"
    RUN = "run"
    PAUSE = "pause"
    RESUME = "resume"
    UNKNOWN = "unknown"


class Wrong(StrEnum):
    """Why a known verb was not understood."""

    FINDING = "finding"  # it names none
    REASON = "reason"  # it gives none
    DATE = "date"  # what follows --until is no day
    ORDER = "order"  # --until stands behind --reason, which takes the rest of the line
    SHA = "sha"  # it names no commit


@dataclass(frozen=True, slots=True)
class Command:
    """One thing asked.

    ``projects`` narrow a recheck, none means all. ``finding`` is a short id, or ``destroyed``.
    ``until`` is a day (ISO), the last on which an exception holds. ``reason`` is as it was typed,
    ``""`` where an allowance leaves it to the file.
    ``sha`` names a commit, perhaps by its start only (7 digits and more). ``wrong`` is set where
    the verb was understood and the rest was not.
    """

    verb: Verb
    projects: tuple[str, ...] = ()
    finding: str = ""
    until: str = ""
    reason: str = ""
    sha: str = ""
    wrong: Wrong | None = None


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


def only(text: str) -> bool:
    """Whether a comment says nothing but commands: that is no talk among people."""
    lines = (line.strip(" \t") for line in _BREAK.split(text[:_MAX_TEXT]))
    return bool(parse(text)) and all(_command(line) for line in lines if line)


def _command(line: str) -> Command | None:
    """The command of a line. What may be prose, and what was never a command, is None."""
    match = _LINE.fullmatch(line) if len(line) <= _MAX_LINE else None
    if match is None:
        return None
    verb = (match["bare"] or match["verb"] or "").lower()
    rest = (match["rest"] or "").strip(" \t")
    mentioned = (match["name"] or "").startswith("@")  # a person may have that name
    if verb not in _READERS:
        return None if mentioned else Command(Verb.UNKNOWN)
    command = _READERS[verb](Verb(verb), rest)
    prose = command is not None and command.wrong and mentioned and "--" not in rest
    return None if prose else command


def _bare(verb: Verb, rest: str) -> Command | None:
    return None if rest else Command(verb)


def _recheck(verb: Verb, rest: str) -> Command | None:
    words = tuple(rest.split())
    return Command(verb, words) if all(map(_PROJECT.fullmatch, words)) else None


def _explain(verb: Verb, rest: str) -> Command:
    name, more = _finding(rest)
    return Command(verb, finding=name) if name and not more else Command(verb, wrong=Wrong.FINDING)


def _run(verb: Verb, rest: str) -> Command:
    found = _SHA.fullmatch(rest.strip("`"))
    return Command(verb, sha=found[0].lower()) if found else Command(verb, wrong=Wrong.SHA)


def _pardon(verb: Verb, rest: str) -> Command:
    """``<finding> [--until DATE] --reason TEXT``; an acknowledgement has no date.

    An allowance may have nothing but the finding: it agrees to an exception in the file.
    """
    name, more = _finding(rest)
    if not name or (name == DESTROYED and verb is Verb.ALLOW):
        return Command(verb, wrong=Wrong.FINDING)
    if verb is Verb.ALLOW and not more:
        return Command(verb, finding=name)
    options = _OPTIONS.fullmatch(more)
    if options is None:
        return Command(verb, finding=name, wrong=Wrong.REASON)
    until, reason = options["until"] or "", options["reason"]
    if until and (verb is Verb.ACKNOWLEDGE or not _is_day(until)):
        return Command(verb, finding=name, wrong=Wrong.DATE)
    if _LATE_UNTIL.search(reason):
        return Command(verb, finding=name, wrong=Wrong.ORDER)
    return Command(verb, finding=name, until=until, reason=reason)


def _finding(rest: str) -> tuple[str, str]:
    """The id that it begins with, and what follows; no id where its first word is none."""
    first, _, more = rest.replace("\t", " ").partition(" ")
    found = _FINDING.fullmatch(first)
    return (found["name"].lower(), more.strip()) if found else ("", rest)


def _is_day(text: str) -> bool:
    try:
        return bool(_DATE.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


_Reader = Callable[[Verb, str], Command | None]
_READERS: Mapping[str, _Reader] = MappingProxyType(
    {
        Verb.RECHECK: _recheck,
        Verb.HELP: _bare,
        Verb.STATUS: _bare,
        Verb.EXPLAIN: _explain,
        Verb.ALLOW: _pardon,
        Verb.ACKNOWLEDGE: _pardon,
        Verb.RUN: _run,
        Verb.PAUSE: _bare,
        Verb.RESUME: _bare,
    }
)


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
