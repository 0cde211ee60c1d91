"""What to write into a YAML file to set one key: whole lines, in the file's own indentation.

It knows plain lines of block style only, and gives nothing elsewhere: no text is better than one
that somebody has to look at twice. What else a line holds, comments included, stays as it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from rules.finding import Suggestion
from rules.secrets import masked
from rules.subjects.yaml import Map, Node, Scalar

_ODD = re.compile("\\A\ufeff|[\r\0\ufffd\x85\u2028\u2029]")
_START = r"(?P<start> *(?:- +)*(?P<quote>[\"']?)%s(?P=quote):)"
_EMPTY = r"(?: +\{\})?"
_PLAIN = r"(?: +(?:[\w~][\w.:/@~-]*|\"[^\"\\\\]*\"|'[^']*'))?"
_END = r"(?P<end> *| +#.*)"


@dataclass(frozen=True, eq=False)
class Source:
    """A file's text, and the lines of it that can be rewritten."""

    text: str | bytes

    @cached_property
    def lines(self) -> Sequence[str]:
        """Lines as git and the forges count them, without their ends.

        None at all where they could not be replaced one for one: another encoding, other line ends.
        """
        text = self.text
        plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        return () if _ODD.search(plain) else plain.split("\n")

    def setting(
        self, node: Map, keys: Sequence[str], value: str, step: int = 2
    ) -> Suggestion | None:
        """The line of ``node`` to replace so that the key has this value, and what by.

        ``step`` is how far mappings are indented where those in ``node`` do not show it.
        """
        line, inside = 0, node
        for depth, key in enumerate(keys[:-1]):
            if not inside.own:
                return None
            new = _Nested(keys[depth:], value, inside.column, indentation(inside, step))
            if key not in inside.entries:
                return self._inserted(inside, new)
            line, below = inside.entries[key]
            if not isinstance(below, Map) or not below.entries:
                return self._filled(line, new)
            inside = below
        return self._set(inside, line, keys[-1], value)

    def _set(self, node: Map, line: int, key: str, value: str) -> Suggestion | None:
        """The value in place of another; or the key as the mapping's first, below ``line``."""
        if not node.own:
            return None
        if key in node.entries:
            at, _old = node.entries[key]
            found = self._match(at, re.escape(key), _PLAIN)
            return found and _replacing(at, [f"{found['start']} {value}{found['end']}"])
        found = self._match(line, r"\w+", "")
        return found and _replacing(line, [found[0], f"{' ' * node.column}{key}: {value}"])

    def _filled(self, line: int, new: "_Nested") -> Suggestion | None:
        """The rest of the keys, below one that is there and holds nothing."""
        found = self._match(line, re.escape(new.keys[0]), _EMPTY)
        return found and _replacing(line, [f"{found['start']}{found['end']}", *new.lines[1:]])

    def _inserted(self, node: Map, new: "_Nested") -> Suggestion | None:
        """All keys, below the first entry of the mapping that is one line."""
        for key, (line, entry) in node.entries.items():
            found = self._match(line, re.escape(key), _PLAIN)
            if found and _on_one_line(entry, line):
                return _replacing(line, [found[0], *new.lines])
        return None

    def _match(self, line: int, key: str, value: str) -> re.Match[str] | None:
        """The line, if it is this key with such a value and nothing else, and holds no secret."""
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return re.fullmatch((_START % key) + value + _END, text) if masked(text) == text else None


@dataclass(frozen=True)
class _Nested:
    """Keys one below the other, the last with a value; the first at ``column``."""

    keys: Sequence[str]
    value: str
    column: int
    step: int

    @property
    def lines(self) -> Sequence[str]:
        indents = range(self.column, self.column + len(self.keys) * self.step, self.step)
        *above, last = (
            f"{' ' * indent}{key}:" for indent, key in zip(indents, self.keys, strict=True)
        )
        return [*above, f"{last} {self.value}"]


def _replacing(line: int, new: Sequence[str]) -> Suggestion:
    return Suggestion(line, line, "\n".join(new))


def _on_one_line(entry: Node, line: int) -> bool:
    return isinstance(entry, Scalar) and entry.line == entry.last == line


def indentation(node: Map, otherwise: int = 2) -> int:
    """How far the mappings in this one are indented, as the file's authors do it."""
    for _line, below in node.entries.values():
        if isinstance(below, Map) and below.own and below.column > node.column:
            return below.column - node.column
    return otherwise
