"""Words, quotes and variables, as BuildKit reads them within an instruction.

Two readers, since BuildKit has two: ``words`` splits ``ENV`` and ``ARG`` into name=value pairs,
quotes kept; ``substitute`` and ``heredoc_words`` follow a shell's quotes and ``$`` forms.
Reference: frontend/dockerfile/parser/line_parsers.go and frontend/dockerfile/shell/lex.go.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

# What Go's unicode.IsSpace takes for a space; str.strip() would also take \x1c to \x1f.
SPACE = " \t\n\v\f\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
SPACE += "".join(map(chr, range(0x2000, 0x200B)))
UNKNOWN = "\udfff"  # stands for a value that only the build knows; no decoded text holds it
_LONGEST = 1 << 12  # signs of a substituted value: variables that double each other end here
_DEEPEST = 50  # ${a:-${b:-...}}
_PLAIN = re.compile(rf"[^{SPACE}$<'\"\\`}}/]+")
_QUOTED = re.compile(r'[^"$\\`]+')
_OPENING = re.compile(r"<<[\t\r ]*|<")
_SPACES = re.compile(rf"([{SPACE}])")
_DIGITS, _NAME = re.compile(r"\d+"), re.compile(r"\w*")
_SPECIAL = "@*#?-$!0"

Lookup = Callable[[str], str | None]  # a variable's value, UNKNOWN, or None where it is not set


class Malformed(ValueError):
    """A ``${...}`` or a quote that BuildKit refuses."""


class _TooLong(Exception):
    """A value that grows beyond any use."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written, quotes included, and where it starts in its text."""

    text: str
    at: int


def words(text: str, escape: str) -> list[Word]:
    """The words of ``text``: spaces within quotes or after the escape sign do not split."""
    found: list[Word] = []
    start, at, quote = -1, 0, ""
    while at < len(text):
        sign = text[at]
        if start < 0:
            start = -1 if sign in SPACE else at
            if start < 0:
                at += 1
                continue
        if sign == escape and quote != "'":
            at += 2
            continue
        if quote:
            quote = "" if sign == quote else quote
        elif sign in SPACE:
            found.append(Word(text[start:at], start))
            start = -1
        elif sign in "'\"":
            quote = sign
        at += 1
    if start >= 0:
        found.append(Word(text[start:], start))
    return found


def substitute(text: str, lookup: Lookup, escape: str = "\\") -> str:
    """``text`` without its quotes and with its variables' values.

    What only the build knows becomes UNKNOWN, except in ``${X:-default}``. Raises Malformed.
    """
    if not set(text) & {"$", "'", '"', escape}:
        return text
    try:
        return _Reader(text, escape, lookup).read()[0]
    except _TooLong:
        return UNKNOWN


def unquote(text: str, escape: str = "\\") -> str:
    """``text`` without its quotes, its variables as they were written; as it is if malformed."""
    try:
        return _Reader(text, escape, None).read()[0]
    except Malformed:
        return text


def heredoc_words(line: str) -> list[str]:
    """The words of a line as BuildKit looks through them for ``<<NAME``; none if malformed."""
    try:
        return _Reader(line, "\\", None, raw=True).read()[1]
    except Malformed:
        return []


def heredoc_name(rest: str) -> tuple[str, bool] | None:
    """The terminator that ``rest`` (after ``<<``) names, and whether the body is expanded."""
    bare = _Reader(rest, "\\", None).read()[1]
    if len(bare) != 1:
        return None
    raw = _Reader(rest, "\\", None, raw=True).read()[1]
    return bare[0], _quotes(bare[0]) == _quotes("".join(raw))


def _quotes(word: str) -> int:
    return word.count("'") + word.count('"')


class _Reader:
    """One pass over a text. ``raw`` keeps quotes and escapes; no ``lookup`` keeps variables."""

    def __init__(self, text: str, escape: str, lookup: Lookup | None, *, raw: bool = False) -> None:
        self.text, self.escape, self.lookup, self.raw = text, escape, lookup, raw
        self.at = self.depth = self.size = 0
        self.word: list[str] = []  # one for all depths, as in BuildKit

    def read(self, stop: str = "") -> tuple[str, list[str]]:
        """The text up to ``stop``, as one value and split into words. Raises Malformed."""
        result: list[str] = []
        found: list[str] = []
        self.word.clear()
        while self.at < len(self.text):
            sign = self.text[self.at]
            if sign == stop:
                self.at += 1
                return "".join(result), self._done(found)
            if sign in "$<" or sign in "'\"":
                piece = self._special(sign)
                self._add(piece, found, split=sign == "$")
            elif sign == self.escape:
                piece = self._escaped()
                self._add(piece, found, split=False)
            else:
                plain = _PLAIN.match(self.text, self.at)
                piece = plain[0] if plain else sign
                self.at += len(piece)
                self._add(piece, found, split=piece in SPACE)
            result.append(piece)
        if stop:
            raise Malformed(f"nothing closes {stop}")
        return "".join(result), self._done(found)

    def _done(self, found: list[str]) -> list[str]:
        if self.word:
            found.append("".join(self.word))
            self.word.clear()
        return found

    def _add(self, piece: str, found: list[str], *, split: bool) -> None:
        if not split:
            self.word.append(piece)
            return
        for part in _SPACES.split(piece):
            if part and part in SPACE:
                self._done(found)
            elif part:
                self.word.append(part)

    def _escaped(self) -> str:
        sign = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        return self.escape + sign if self.raw else sign

    def _special(self, sign: str) -> str:
        if sign == "$":
            return self._variable()
        if sign == "'":
            return self._single()
        if sign == '"':
            return self._double()
        opening = _OPENING.match(self.text, self.at)
        assert opening is not None
        self.at = opening.end()
        return opening[0]

    def _single(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise Malformed("nothing closes '")
        start, self.at = self.at, end + 1
        return self.text[start : end + 1] if self.raw else self.text[start + 1 : end]

    def _double(self) -> str:
        result = ['"'] if self.raw else []
        self.at += 1
        while self.at < len(self.text):
            sign = self.text[self.at]
            if sign == '"':
                self.at += 1
                return "".join(result) + ('"' if self.raw else "")
            if sign == "$":
                result.append(self._variable())
            elif sign == self.escape:
                result.append(self._escaped_in_quotes())
            else:
                plain = _QUOTED.match(self.text, self.at)
                result.append(plain[0] if plain else sign)
                self.at += len(result[-1])
        raise Malformed('nothing closes "')

    def _escaped_in_quotes(self) -> str:
        sign = self.text[self.at + 1 : self.at + 2]
        self.at += 1
        if not sign:
            return ""
        if sign not in ('"', "$", self.escape):
            return self.escape
        self.at += 1
        return self.escape + sign if self.raw else sign

    def _variable(self) -> str:
        self.at += 1
        if self.text[self.at : self.at + 1] != "{":
            name = self._name()
            return self._value(name, "$" + name) if name else "$"
        self.at += 1
        if self.text[self.at : self.at + 1] in ("", "{", "}", ":"):
            raise Malformed("bad substitution")
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Malformed("too deep")
        start, name = self.at - 2, self._name()
        value = self._modified(name, start)
        self.depth -= 1
        return value

    def _name(self) -> str:
        rest = self.text[self.at : self.at + 1]
        if rest and rest in _SPECIAL:
            self.at += 1
            return rest
        found = (_DIGITS if rest.isdecimal() else _NAME).match(self.text, self.at)
        self.at = found.end() if found else self.at
        return found[0] if found else ""

    def _value(self, name: str, written: str) -> str:
        if self.lookup is None:
            return written
        value = self.lookup(name) or ""
        self.size += len(value)
        if self.size > _LONGEST:
            raise _TooLong
        return value

    def _modified(self, name: str, start: int) -> str:
        sign = self.text[self.at : self.at + 1]
        self.at += 1
        if sign == "}":
            return self._value(name, self.text[start : self.at])
        if sign == "/":
            self.at += self.text.startswith("/", self.at)
            self.read("/")
            self.read("}")
            known = self.lookup is not None and not self.lookup(name)
            return self._rest(name, start, "" if known else UNKNOWN)
        colon = sign == ":"
        if colon:
            sign = self.text[self.at : self.at + 1]
            self.at += 1
        if sign not in tuple("+-?#%") or (colon and sign in "#%"):
            raise Malformed("unsupported modifier")
        word, _ = self.read("}")
        return self._rest(name, start, self._chosen(name, sign, word, empty_too=colon))

    def _rest(self, name: str, start: int, value: str) -> str:
        return self._value(name, self.text[start : self.at]) if self.lookup is None else value

    def _chosen(self, name: str, sign: str, word: str, *, empty_too: bool) -> str:
        value = self.lookup(name) if self.lookup else None
        # A build argument without a default is not set, as far as the file can tell.
        missing = value is None or value == UNKNOWN or (empty_too and not value)
        if sign == "-":
            return word if missing else value or ""
        if sign == "+":
            return UNKNOWN if value == UNKNOWN else "" if missing else word
        if sign == "?":
            return UNKNOWN if missing else value or ""
        longest = word[:1] == sign
        return _trimmed(value or "", word[longest:], longest=longest, at_end=sign == "%")


def _trimmed(value: str, pattern: str, *, longest: bool, at_end: bool) -> str:
    """``value`` without what ``pattern`` (``*`` and ``?``) matches at its start or end."""
    if UNKNOWN in value or len(value) * len(pattern) > 1 << 20:
        return UNKNOWN
    if at_end:
        value, pattern = value[::-1], pattern[::-1]
    ends = _ends(value, pattern)
    if ends:
        value = value[(ends[-1] if longest else ends[0]) :]
    return value[::-1] if at_end else value


def _ends(value: str, pattern: str) -> list[int]:
    """Where a match that starts at 0 may end: a walk of all states at once, so never slow."""
    states, ends = _skip({0}, pattern), []
    for at in range(len(value) + 1):
        if len(pattern) in states:
            ends.append(at)
        if at == len(value) or not states:
            break
        states = {
            state + (pattern[state] != "*")
            for state in states
            if state < len(pattern) and pattern[state] in ("*", "?", value[at])
        }
        states = _skip(states, pattern)
    return ends


def _skip(states: set[int], pattern: str) -> set[int]:
    """The states with those that a ``*`` may be left for."""
    found = set(states)
    for state in states:
        after = state
        while after < len(pattern) and pattern[after] == "*":
            after += 1
            found.add(after)
    return found
