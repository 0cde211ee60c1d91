"""The single values of a settings file: text, one of some words, a number, a time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Protocol

from rules.fault import SHOWN, At
from rules.finding import named
from rules.subjects.yaml import Node, Scalar

LONGEST = 500  # signs of one text
_UNITS = {"s": 1, "m": 60, "h": 3600}
Json = Any
Schema = dict[str, Json]


class Shape(Protocol):
    """What may stand somewhere. ``words`` say it to people, after "it can be"."""

    @property
    def words(self) -> str:
        """As people read it."""

    def read(self, node: Node, at: At) -> Json:
        """The value of the node. Raises Wrong where it does not fit, with its fault told."""

    def schema(self, defs: Schema, /) -> Schema:
        """Its JSON Schema; what it refers to is put into ``defs``."""


@dataclass(frozen=True)
class Text:
    """A text that matches ``pattern`` from end to end; ``numbers``: one without quotes as well."""

    words: str
    pattern: str = ".+"
    numbers: bool = False

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def read(self, node: Node, at: At) -> Json:
        if isinstance(node, Scalar) and self._fits(node):
            return node.text
        raise at.refuse(node, self.words)

    def _fits(self, node: Scalar) -> bool:
        value, text = node.value, node.text
        kind = isinstance(value, str) or (
            self.numbers and isinstance(value, int | float) and not isinstance(value, bool)
        )
        return kind and len(text) <= LONGEST and bool(self._expression.fullmatch(text))

    def schema(self, _defs: Schema) -> Schema:
        text = {"type": "string", "pattern": f"^(?:{self.pattern})$", "maxLength": LONGEST}
        return {"anyOf": [text, {"type": "number"}]} if self.numbers else text


@dataclass(frozen=True)
class Choice:
    """One of some words, each with what it stands for; YAML 1.1 has truths for two of them."""

    means: Mapping[str, Json]

    @property
    def words(self) -> str:
        return listed(self.means)

    def read(self, node: Node, at: At) -> Json:
        word = _word(node)
        if word in self.means:
            return self.means[word]
        near = get_close_matches(word[:SHOWN], self.means, 1)
        raise at.refuse(node, self.words, near[0] if near else "")

    def schema(self, _defs: Schema) -> Schema:
        truths = [word == "on" for word in ("off", "on") if word in self.means]
        numbers = [int(word) for word in self.means if word.isdecimal()]
        return {"enum": [*self.means, *truths, *numbers]}


SWITCH = Choice({"off": False, "on": True})
TRUTH = Choice({"true": True, "false": False, "on": True, "off": False})


@dataclass(frozen=True)
class Whole:
    """A whole number from ``least`` to ``most``."""

    least: int
    most: int

    @property
    def words(self) -> str:
        return f"a whole number from {self.least} to {self.most}"

    def read(self, node: Node, at: At) -> Json:
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, int) and not isinstance(value, bool) and self._holds(value):
            return value
        raise at.refuse(node, self.words)

    def _holds(self, value: int) -> bool:
        return self.least <= value <= self.most

    def schema(self, _defs: Schema) -> Schema:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True)
class Duration:
    """A time such as ``90s``, ``30m`` or ``2h``; read as seconds."""

    words = "a time such as `90s`, `30m` or `2h`, a day at most"
    pattern = "[1-9][0-9]{0,4}[smh]"

    def read(self, node: Node, at: At) -> Json:
        text = node.text if isinstance(node, Scalar) else ""
        if re.fullmatch(self.pattern, text):
            seconds = int(text[:-1]) * _UNITS[text[-1]]
            if seconds <= 86_400:
                return seconds
        raise at.refuse(node, self.words)

    def schema(self, _defs: Schema) -> Schema:
        return {"type": "string", "pattern": f"^{self.pattern}$"}


def listed(words: Mapping[str, object]) -> str:
    """Names as a sentence has them: ``a``, ``b`` or ``c``, each as code."""
    *most, last = map(named, words)
    return f"{', '.join(most)} or {last}" if most else last


def _word(node: Node) -> str:
    """A word as it is meant: YAML 1.1 makes truths of ``off`` and ``on``, YAML 1.2 does not."""
    if not isinstance(node, Scalar) or node.value is None:
        return ""
    return {False: "off", True: "on"}[node.value] if isinstance(node.value, bool) else node.text
