"""Shell text as simple commands: their words, and the line that each begins on.

No shell is run and nothing is expanded. What stands in quotes, comments and heredocs is no
command: ``echo "run terraform apply"`` runs echo. Takes time linear in the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_TOKEN = re.compile(
    r"""
    (?P<joined>\\\r?\n)
    |(?P<escaped>\\.)
    |(?P<single>'[^']*')
    |(?P<double>"(?:[^"\\]|\\.)*")
    |(?P<heredoc><<-?[ \t]{0,20}(?P<quote>["'\\]?)(?P<name>[A-Za-z_]\w{0,99})["']?)
    |(?P<redirect>\d{0,2}(?:<<<|>>|>&|<&|<>|>\||>|<)|&>>|&>)
    |(?P<operator>&&|\|\||;;|\|&|[;|&()`]|\r?\n|\$\()
    |(?P<variable>\$\{[^}\s]{0,200}\})
    |(?P<space>[^\S\n]+)
    |(?P<plain>[^\s\\'"<>&|;()`$#]+)
    |(?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BEFORE = "if then else elif do while until ! { } time exec command nohup builtin eval"
_WORDS_BEFORE = frozenset(_BEFORE.split())
_RUNNERS = frozenset(("sudo", "env", "doas"))
_WITH_VALUE = frozenset(("-u", "-g", "--user", "--group"))
_SET = re.compile(r"[A-Za-z_]\w{0,99}\+?=.*", re.DOTALL)
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w{0,99}?)(?:_(?:BIN|CMD|PATH|EXE|COMMAND))?(?:[:-].*)?\}?")
_MOST = 20_000  # commands of one text
_DEEPEST = 100  # commands within one another


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command: its words without quotes, variables as they are written.

    ``line`` counts from 1 within the text, ``at`` is the offset of its first word there; ``after``
    is the operator before it (``&&``, ``|``, a line end), ``""`` for the first.
    """

    words: tuple[str, ...]
    line: int
    after: str = ""
    at: int = 0

    @property
    def program(self) -> str:
        """What is run, without its folder; ``$KUBECTL`` is ``kubectl``. Empty if nothing is."""
        if not self.words:
            return ""
        name = self.words[0]
        found = _VARIABLE.fullmatch(name)
        return found[1].lower() if found else name.rpartition("/")[2]

    @property
    def arguments(self) -> tuple[str, ...]:
        """What follows the program."""
        return self.words[1:]


def commands(text: str) -> Iterator[Command]:
    """The commands of a script, without what only runs them: ``sudo``, ``env A=b``, ``if``."""
    reader = _Reader(text)
    for number, command in enumerate(reader.commands()):
        if number >= _MOST:
            return
        words = _bare(command.words)
        if words:
            yield replace(command, words=words)


def _bare(words: tuple[str, ...]) -> tuple[str, ...]:
    at, running, skipping = 0, False, False
    while at < len(words):
        word = words[at]
        if word in _RUNNERS:
            running = True
        elif running and word.startswith("-"):
            skipping = word in _WITH_VALUE
        elif skipping:
            skipping = False
        elif word not in _WORDS_BEFORE and not _SET.fullmatch(word):
            break
        at += 1
    return words[at:]


class _Reader:
    """One pass over a text."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.line = text, 0, 1
        self.words: list[str] = []
        self.outer: list[tuple[list[str], list[str] | None, tuple[int, int], str, str]] = []
        self.word: list[str] | None = None
        self.start, self.after = (1, 0), ""  # line and offset of the command that is read
        self.dropping = False  # the next word is where something is redirected to
        self.ends: list[str] = []  # of the heredocs that begin on this line
        self.whole = True  # no heredoc was without its end

    def commands(self) -> Iterator[Command]:
        while (found := _TOKEN.match(self.text, self.at)) is not None:
            self.at = found.end()
            kind, text = found.lastgroup or "", found[0]
            if kind == "operator":
                yield from self._operator(text)
                continue
            self._take(kind, text, found)
            self.line += text.count("\n")
        yield from self._ended()

    def _operator(self, text: str) -> Iterator[Command]:
        if text == "$(" or (text == "`" and not self._closes("`")):
            self._open(")" if text == "$(" else "`", self._standing())
            return
        yield from self._ended()
        if self._closes(text):
            self.words, self.word, self.start, self.after, _ = self.outer.pop()
            return
        self.after = text if text.strip() else "\n"
        if text == "(":
            self._open(")", None)
        elif text.endswith("\n"):
            self.line += 1
            self._skip_bodies()

    def _closes(self, text: str) -> bool:
        return bool(self.outer) and self.outer[-1][-1] == text

    def _open(self, end: str, word: list[str] | None) -> None:
        """What runs within a command, up to ``end``: then that one goes on, ``word`` its last."""
        if len(self.outer) < _DEEPEST:
            self.outer.append((self.words, word, self.start, self.after, end))
        self.words, self.word, self.dropping = [], None, False
        self.after = "$(" if word is not None else "("

    def _standing(self) -> list[str]:
        """The word that the output of a command becomes a part of."""
        if self.word is None and not self.words:
            self.start = (self.line, self.at)
        word = [] if self.word is None else self.word
        word.append("$()")
        return word

    def _take(self, kind: str, text: str, found: "re.Match[str]") -> None:
        if kind in ("space", "joined"):
            self._finish_word()
        elif kind == "heredoc":
            self._finish_word()
            self.ends.append(found["name"])
        elif kind == "redirect":
            self._finish_word()
            self.dropping = True
        elif text == "#" and self.word is None:
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
        else:
            self._add(_content(kind, text), found.start())

    def _add(self, piece: str, at: int) -> None:
        if self.word is None:
            self.word = []
            if not self.words:
                self.start = (self.line, at)
        self.word.append(piece)

    def _finish_word(self) -> None:
        if self.word is not None:
            if not self.dropping:
                self.words.append("".join(self.word))
            self.word, self.dropping = None, False

    def _ended(self) -> Iterator[Command]:
        self._finish_word()
        self.dropping = False
        if self.words:
            line, at = self.start
            yield Command(tuple(self.words), line, self.after, at)
            self.words = []

    def _skip_bodies(self) -> None:
        """Go past the heredocs; what has no end is taken as text like any other, from then on."""
        ends, self.ends = self.ends, []
        for end in ends:
            if not self.whole:
                return
            there = re.compile(rf"^[ \t]*{end}[ \t\r]*$", re.MULTILINE).search(self.text, self.at)
            self.whole = there is not None
            if there is not None:
                self.line += self.text.count("\n", self.at, there.end())
                self.at = there.end()


def _content(kind: str, text: str) -> str:
    if kind in ("single", "double"):
        return text[1:-1]
    return text[1:] if kind == "escaped" else text
