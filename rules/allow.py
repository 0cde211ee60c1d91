"""Exceptions in files: ``# redline: allow RULE[, RULE] REASON [until 2027-01-31]``. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice

from rules.finding import Location, Side, folder, follow
from rules.subjects.comment import Comment, in_dockerfile, in_lines, in_yaml
from rules.subjects.dockerfile import is_dockerfile
from rules.subjects.text import runs

MOST = 500  # of one file; one more does not hold, and what follows is not read
LONGEST_REASON = 500  # signs of it that are kept
# Redline's own findings: they say that something was not judged, or speak of the exceptions.
NEVER = frozenset(
    (
        "unreadable-file",
        "bad-config",
        "escaping-path",
        "committed-plugin",
        "author-suppression",
        "expired-allow",
        "useless-allow",
    )
)

_MARK = re.compile(r"#+[ \t]*redline:[ \t]*allow\b[^\r\n]{0,2000}", re.IGNORECASE)
_TELLING = b"redline:"
_HEAD = re.compile(r"#+[ \t]*redline:[ \t]*allow\b[ \t]*", re.IGNORECASE)
_RULES = re.compile(r"[\w./-]{1,100}(?:[ \t]*,[ \t]*[\w./-]{1,100}){0,50}")
_UNTIL = re.compile(
    r"(?:^|(?<=[\s(,;:]))until[ \t]+(\d{4}(?:-\d{1,2}){0,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})"
    r"(?![\w-])",
    re.IGNORECASE,
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_EDGES = " \t-\u2013\u2014:;,."

Key = tuple[str, ...]
Moves = Mapping[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Allow:
    """A written exception to ``rules``, at what its comment speaks of.

    ``until`` is the last day on which it holds (ISO), ``""`` for ever. ``fault`` says, for people,
    why it never does; ``""`` where nothing is wrong with it.
    """

    path: str
    comment: Comment
    rules: tuple[str, ...]
    reason: str = ""
    until: str = ""
    fault: str = ""

    def is_over(self, today: str) -> bool:
        """Whether its last day has passed."""
        return bool(self.until) and self.until < today

    def holds(self, today: str) -> bool:
        """Whether it lets anything pass."""
        return not self.fault and not self.is_over(today)

    def speaks_of(self, location: Location) -> bool:
        """Whether a finding there stands on its line, or in what begins there."""
        here = location.path == self.path and location.side is Side.HEAD
        return here and self.comment.first <= location.line <= self.comment.last

    @property
    def size(self) -> int:
        """How many lines it speaks of."""
        return self.comment.last - self.comment.first

    def key(self, rule: str) -> Key:
        """What makes one of two commits the same exception to a rule; never a line.

        Another reason, another day or another place is another exception.
        """
        comment = self.comment
        where = (folder(self.path), comment.subject) if comment.subject else (self.path, "")
        return (*where, comment.place, rule, self.reason, self.until)

    def followed(self, rule: str, renames: Mapping[str, str], moves: Moves) -> Key:
        """The key after files were renamed (old path to new) and objects moved between them.

        ``moves`` leads from project and address of an object to those that it has now.
        """
        first, second, *rest = self.key(rule)
        now = renames.get(self.path, self.path)
        if not second:
            return (now, "", *rest)
        stays = (follow(first, self.path, now), second)
        return (*moves.get((first, second), stays), *rest)


def may_hold(data: bytes) -> bool:
    """Whether a file can hold an exception at all, told without parsing."""
    plain = data.replace(b"\0", b"") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else data
    return _TELLING in plain.lower()  # ten times as fast as an expression for any case


def read(data: bytes, path: str) -> tuple[Allow, ...]:
    """The exceptions in a file, by its name: YAML, a Dockerfile, a Makefile or shell script."""
    if not may_hold(data):
        return ()
    comments = [*islice(_comments(data, path), MOST + 1)]
    return tuple(_allow(path, each, number) for number, each in enumerate(comments))


def _comments(data: bytes, path: str) -> Iterable[Comment]:
    if is_dockerfile(path):
        return in_dockerfile(data, path, _MARK)
    if path.lower().endswith((".yaml", ".yml")):
        return in_yaml(data, path, _MARK)
    script = runs(path) and "jenkinsfile" not in path.rpartition("/")[2].lower()
    return in_lines(data, _MARK) if script else ()  # Groovy has other comments


def _allow(path: str, comment: Comment, number: int) -> Allow:
    said = _HEAD.sub("", comment.text, count=1)
    found = _RULES.match(said)
    if found is None:
        return Allow(path, comment, (), fault="names no rule")
    rules = tuple(dict.fromkeys(each.strip(_EDGES) for each in found[0].split(",")))
    until, rest = _until(said[found.end() :])
    reason = " ".join(rest.split()).strip(_EDGES)[:LONGEST_REASON]
    return Allow(path, comment, rules, reason, until, _fault(reason, until, number))


def _until(text: str) -> tuple[str, str]:
    """The day that is said somewhere in it, and the text without it."""
    found = _UNTIL.search(text)
    if found is None:
        return "", text
    return found[1], f"{text[: found.start()].rstrip('( ')} {text[found.end() :].lstrip(') ')}"


def _fault(reason: str, until: str, number: int) -> str:
    if number >= MOST:
        return f"comes after {MOST} others in this file"
    if until and not _is_day(until):
        return "ends on no day that can be read"
    if not any(map(str.isalpha, reason)):
        return "gives no reason"
    return ""


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False
