"""The instructions of a Dockerfile, each with its exact lines, as BuildKit's parser reads them.

What BuildKit refuses raises Unreadable; what it lets pass (an unknown flag of a newer version,
a line over its 64 kB) passes here. Reference: frontend/dockerfile/parser/parser.go.
"""

import bisect
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from rules.subjects.words import SPACE, Malformed, Word, heredoc_name, heredoc_words, words

_DIRECTIVE = re.compile(r"#[^\S\n]*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(\S(?:.*\S)?)\s*$")
_FOREIGN = re.compile(r"//\s*syntax\s*=", re.IGNORECASE)
_SIGN = re.compile(f"[^{SPACE}]")
_GAP = re.compile(r"[\t\v\f\r ]+")
_HEREDOC = re.compile(r"(\d*)<<(-?)\s*([^<]*)")
_WITH_HEREDOC = ("RUN", "COPY", "ADD")
_LISTS = ("COPY", "ADD", "VOLUME")
_WITH_JSON = ("RUN", "CMD", "ENTRYPOINT", "SHELL", "HEALTHCHECK", *_LISTS)


class Unreadable(Exception):
    """Docker refuses the file: at which line (from 1) and why, for people, without its content."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


@dataclass(frozen=True, slots=True)
class Heredoc:
    """The body of a ``<<NAME``: its lines ``first`` to ``last`` (without the terminator's)."""

    name: str
    expand: bool
    text: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A ``name=value`` of ENV, LABEL or ARG as written; ``at`` is its offset in the text."""

    name: str
    value: str | None
    at: int


@dataclass(frozen=True)
class Instruction:
    """One instruction, ``first`` to ``last`` line, heredocs included.

    ``text`` is the whole of it on one line, without comments between; ``rest`` what follows the
    keyword and its flags, at offset ``at``. ``starts`` holds the offset and number of each line.
    ``exec_form`` are the words of a JSON array, None in shell form.
    """

    keyword: str
    flags: tuple[str, ...]
    rest: str
    at: int
    text: str
    first: int
    last: int
    starts: tuple[tuple[int, int], ...]
    heredocs: tuple[Heredoc, ...] = ()
    exec_form: tuple[str, ...] | None = None
    escape: str = field(default="\\", repr=False)

    def line_at(self, offset: int) -> int:
        """The line that the sign at ``offset`` of ``text`` stands on."""
        index = bisect.bisect_right(self.starts, (offset, 1 << 62)) - 1
        return self.starts[max(index, 0)][1]

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words of FROM, COPY, ADD and the like: split at spaces, or a JSON array's."""
        if self.exec_form is not None:
            return self.exec_form
        return tuple(_GAP.split(self.rest)) if self.rest else ()

    def flag(self, name: str) -> str | None:
        """The value of ``--name=value``, None where it is not given."""
        found = [flag for flag in self.flags if flag.startswith(f"--{name}=")]
        return found[-1].partition("=")[2] if found else None

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The names and values of ENV, LABEL or ARG; the older ``ENV name value`` too."""
        found = words(self.rest, self.escape)
        if self.keyword != "ARG" and found and "=" not in found[0].text:
            name, *value = _GAP.split(self.rest, maxsplit=1)
            return (Pair(name, "".join(value) if value else None, self.at),)
        return tuple(_pair(word, self.at) for word in found)


def _pair(word: Word, shift: int) -> Pair:
    name, equals, value = word.text.partition("=")
    return Pair(name, value if equals else None, word.at + shift)


@dataclass(frozen=True, slots=True)
class _Logical:
    """A line with those that continue it: its text, and the offset and number of each."""

    text: str
    starts: tuple[tuple[int, int], ...]

    @property
    def first(self) -> int:
        return self.starts[0][1]


class Reader:
    """Reads a file's instructions in one pass. Only ``\\n`` ends a line."""

    def __init__(self, text: str) -> None:
        self.lines = text.removeprefix("\ufeff").split("\n")
        if not self.lines[-1]:
            self.lines.pop()
        self.escape = "\\"
        self.foreign = False  # another frontend than Docker's: its grammar is not ours to judge
        self.done = 0  # lines read

    def instructions(self) -> Iterator[Instruction]:
        """Each instruction in its order. Raises Unreadable."""
        self._directives()
        while (logical := self._logical()) is not None:
            instruction = self._instruction(logical.text, logical)
            yield self._with_heredocs(instruction)

    def _directives(self) -> None:
        seen: set[str] = set()
        self.foreign = bool(self.lines and _FOREIGN.match(self.lines[0]))
        for number, line in enumerate(self.lines, 1):
            found = _DIRECTIVE.match(line.lstrip(SPACE))
            name, value = (found[1].lower(), found[2]) if found else ("", "")
            if name not in ("syntax", "escape", "check"):
                return
            if name in seen:
                raise Unreadable(number, f"only one {name} directive is allowed")
            seen.add(name)
            self._direct(name, value, number)

    def _direct(self, name: str, value: str, number: int) -> None:
        if name == "escape":
            if value not in ("\\", "`"):
                raise Unreadable(number, "the escape directive takes only \\ or `")
            self.escape = value
        elif name == "syntax":
            image = value.split(maxsplit=1)[0].rpartition("/")[2]
            name = re.split("[:@]", image)[0]
            self.foreign = name not in ("dockerfile", "dockerfile-upstream")

    def _logical(self) -> _Logical | None:
        """The next line that is not empty or a comment, with those that continue it."""
        while self.done < len(self.lines):
            line = self.lines[self.done].rstrip("\r").lstrip(SPACE)
            self.done += 1
            if line and not line.startswith("#"):
                return self._continued(line)
        return None

    def _continued(self, line: str) -> _Logical:
        piece, goes_on = self._trimmed(line)
        pieces, starts, size = [piece], [(0, self.done)], len(piece)
        while goes_on and self.done < len(self.lines):
            line = self.lines[self.done].rstrip("\r")
            self.done += 1
            bare = line.lstrip(SPACE)
            if not bare or bare.startswith("#"):
                continue
            piece, goes_on = self._trimmed(line)
            starts.append((size, self.done))
            pieces.append(piece)
            size += len(piece)
        return _Logical("".join(pieces), tuple(starts))

    def _trimmed(self, line: str) -> tuple[str, bool]:
        """The line without its continuation sign, and whether it had one."""
        bare = line.rstrip(" \t")
        if bare.endswith(self.escape) and bare[-2:-1] != self.escape:
            return bare[:-1], True
        return line, False

    def _instruction(self, text: str, logical: _Logical) -> Instruction:
        bare = text.strip(SPACE)
        parts = _GAP.split(bare, maxsplit=1)
        flags, rest = self._flags(parts[1] if len(parts) == 2 else "")
        at = len(text) - len(text.lstrip(SPACE)) + len(bare) - len(rest)
        return self._formed(
            Instruction(
                parts[0].upper(),
                flags,
                rest,
                at,
                text,
                logical.first,
                self.done,
                logical.starts,
                escape=self.escape,
            )
        )

    def _flags(self, text: str) -> tuple[tuple[str, ...], str]:
        """The leading ``--flags``, without their quotes, and what follows them."""
        flags: list[str] = []
        at = 0
        while (found := _SIGN.search(text, at)) is not None:
            if not text.startswith("--", found.start()):
                return tuple(flags), text[found.start() :].strip(SPACE)
            flag, at = self._flag(text, found.start())
            if flag == "--":
                return tuple(flags), text[at:].strip(SPACE)
            flags.append(flag)
        return tuple(flags), ""

    def _flag(self, text: str, at: int) -> tuple[str, int]:
        signs: list[str] = []
        quote = ""
        while at < len(text) and (quote or text[at] not in SPACE):
            sign = text[at]
            if sign == self.escape:
                signs.append(text[at + 1 : at + 2])
                at += 1
            elif sign == quote:
                quote = ""
            elif not quote and sign in "'\"":
                quote = sign
            else:
                signs.append(sign)
            at += 1
        return "".join(signs), min(at, len(text))

    def _formed(self, instruction: Instruction) -> Instruction:
        """With its exec form, where it has one."""
        if instruction.keyword not in _WITH_JSON:
            return instruction
        rest = instruction.rest
        if instruction.keyword == "HEALTHCHECK":
            rest = "".join(_GAP.split(rest, maxsplit=1)[1:])
        return replace(instruction, exec_form=_array(rest, instruction.first))

    def _with_heredocs(self, instruction: Instruction) -> Instruction:
        inner = instruction
        if instruction.keyword == "ONBUILD":
            logical = _Logical(instruction.rest, ((0, instruction.first),))
            inner = self._instruction(instruction.rest, logical)
        named = inner.keyword in _WITH_HEREDOC and inner.exec_form is None
        if not named or "<<" not in instruction.text:
            return instruction
        found = []
        for word in heredoc_words(instruction.text):
            heredoc = self._heredoc(word, instruction.first)
            if heredoc is not None:
                found.append(heredoc)
        return replace(instruction, heredocs=tuple(found), last=self.done)

    def _heredoc(self, word: str, first: int) -> Heredoc | None:
        """The body that ``word`` starts; None if it starts none."""
        opening = _HEREDOC.fullmatch(word)
        if opening is None or not opening[3]:
            return None
        try:
            named = heredoc_name(opening[3])
        except Malformed:
            raise Unreadable(first, "the name of a heredoc cannot be read") from None
        if named is None:
            return None
        start = self.done
        for end in range(start, len(self.lines)):
            line = self.lines[end].rstrip("\r")
            if (line.lstrip("\t") if opening[2] else line) == named[0]:
                self.done = end + 1
                body = "\n".join(self.lines[start:end])
                return Heredoc(named[0], named[1], body, start + 1, end)
        raise Unreadable(first, "a heredoc that starts here does not end")


def _refuse(_constant: str) -> float:
    raise ValueError


def _array(rest: str, line: int) -> tuple[str, ...] | None:
    """The words of a JSON array of strings; None for what is no JSON array: shell form."""
    if not rest.startswith("["):
        return None
    try:
        items: Sequence[object] = json.loads(rest, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(item, str) for item in items):
        raise Unreadable(line, "a JSON array must hold only strings")
    return tuple(map(str, items))
