"""What a settings file may hold, said once: its reader, its faults and its JSON Schema follow.

A shape reads a node into plain JSON (text, number, truth, list, mapping). What does not fit is
told as a Fault and left out, so that one reading finds all faults and never raises.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches

from rules.fault import SHOWN, At, Fault, Wrong
from rules.finding import named
from rules.subjects.yaml import List, Map, Node, Scalar, Unreadable, decode, documents
from rules.values import LONGEST, Json, Schema, Shape

MOST_FAULTS = 20
MOST = 1_000  # entries of one list or mapping


@dataclass(frozen=True)
class ListOf:
    """A list of ``least`` items or more; one that does not fit is left out."""

    item: Shape
    words: str
    least: int = 0

    def read(self, node: Node, at: At) -> Json:
        if not isinstance(node, List) or not self.least <= len(node.items) <= MOST:
            raise at.refuse(node, self.words)
        return [*self._items(node, at)]

    def _items(self, node: List, at: At) -> Iterator[Json]:
        for each in node.items:
            try:
                yield self.item.read(each, At(at.faults, at.name, each.line, item=True))
            except Wrong:
                continue

    def schema(self, defs: Schema) -> Schema:
        found = {"type": "array", "items": self.item.schema(defs), "maxItems": MOST}
        return {**found, "minItems": self.least} if self.least else found


@dataclass(frozen=True)
class Key:
    """A key of a record, and what people read about it."""

    name: str
    shape: Shape
    about: str
    required: bool = False


@dataclass(frozen=True)
class Record:
    """A mapping of known keys. ``check`` tells of what its keys say together."""

    keys: tuple[Key, ...]
    words: str = "a mapping of keys"
    check: Callable[[Map, Json, At], None] | None = None

    @property
    def needed(self) -> list[str]:
        """The keys that must be there."""
        return [each.name for each in self.keys if each.required]

    def read(self, node: Node, at: At) -> Json:
        entries, known = _entries(node, at), {each.name: each.shape for each in self.keys}
        for name in self.needed:
            if name not in entries:
                at.below(name, node.line).tell("missing", "is missing.")
        values = _read(entries, at, known.get, known)
        if not values.keys() >= set(self.needed):
            raise Wrong
        if self.check is not None and isinstance(node, Map):
            self.check(node, values, at)
        return values

    def schema(self, defs: Schema) -> Schema:
        properties = {
            each.name: {"description": each.about, **_or_nothing(each.shape, defs)}
            for each in self.keys
        }
        required = self.needed
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": properties,
            **({"required": required} if required else {}),
        }


@dataclass(frozen=True)
class MapOf:
    """A mapping of names to one shape.

    ``known`` gives the names that there are, ``pattern`` what others may look like; ``kind`` says
    what a name is called.
    """

    item: Shape
    known: Callable[[], Collection[str]] = tuple
    pattern: str = ""
    kind: str = "key"

    @property
    def words(self) -> str:
        return f"a mapping of {self.kind}s"

    def read(self, node: Node, at: At) -> Json:
        entries, known = _entries(node, at), self.known()
        if isinstance(self.item, Record):  # a name without more is one all the same
            entries = {
                name: (line, Map(line, line) if _nothing(each) else each)
                for name, (line, each) in entries.items()
            }

        def shape_of(name: str) -> Shape | None:
            fits = name in known or (self.pattern and re.fullmatch(self.pattern, name[:LONGEST]))
            return self.item if fits else None

        return _read(entries, at, shape_of, known, self.kind)

    def schema(self, defs: Schema) -> Schema:
        bare = isinstance(self.item, Record) and not self.item.needed
        item = _or_nothing(self.item, defs) if bare else self.item.schema(defs)
        properties = dict.fromkeys(self.known(), item)
        found: Schema = {"type": "object", "additionalProperties": False, "maxProperties": MOST}
        if properties:
            found["properties"] = properties
        if self.pattern:
            found["patternProperties"] = {f"^(?:{self.pattern})$": item}
        return found


@dataclass(frozen=True)
class Forms:
    """One of several shapes, told apart by what stands there: a value, a mapping or a list."""

    value: Shape
    mapping: Shape
    list: Shape

    @property
    def words(self) -> str:
        return f"{self.value.words}, {self.mapping.words} or {self.list.words}"

    def read(self, node: Node, at: At) -> Json:
        if isinstance(node, Map):
            return self.mapping.read(node, at)
        return (self.list if isinstance(node, List) else self.value).read(node, at)

    def schema(self, defs: Schema) -> Schema:
        return {"anyOf": [each.schema(defs) for each in (self.value, self.mapping, self.list)]}


@dataclass(frozen=True)
class Named:
    """A shape that a schema says once, by a name of its own.

    It is read as a whole or not at all: half of an exception could be a larger one.
    """

    name: str
    shape: Shape

    @property
    def words(self) -> str:
        return self.shape.words

    def read(self, node: Node, at: At) -> Json:
        before = len(at.faults)
        value = self.shape.read(node, at)
        if len(at.faults) > before:
            raise Wrong
        return value

    def schema(self, defs: Schema) -> Schema:
        defs[self.name] = self.shape.schema(defs)
        return {"$ref": f"#/$defs/{self.name}"}


@dataclass(frozen=True)
class Read:
    """What came of a file: plain JSON of what fits, and what does not."""

    values: Mapping[str, Json] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def read(data: bytes, record: Record) -> Read:
    """The file that these bytes hold; never raises. Empty bytes hold nothing."""
    try:
        roots = documents(decode(data))
    except Unreadable as error:
        said = f"This file cannot be read: {error.reason}."
        return Read({}, (Fault(error.line, said, "syntax"),))
    at = At([])
    if len(roots) > 1:
        at.faults.append(
            Fault(roots[1].line, "There is more than one document in it.", "documents")
        )
    values: Mapping[str, Json] = {}
    if roots and not _nothing(roots[0]):
        with suppress(Wrong):
            values = record.read(roots[0], At(at.faults, "", roots[0].line))
    return Read(values, tuple(at.faults[:MOST_FAULTS]))


def document(record: Record, title: str, about: str) -> Schema:
    """The JSON Schema (draft 2020-12) of a whole file."""
    defs: Schema = {}
    found = record.schema(defs)
    found["type"] = ["object", "null"]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return {**head, "description": about, **found, **({"$defs": defs} if defs else {})}


def _entries(node: Node, at: At) -> "dict[str, tuple[int, Node]]":
    """The mapping's keys, but for those that stand there twice: nobody knows which is meant."""
    if isinstance(node, Map) and len(node.entries) <= MOST:
        for name, line in node.twice:
            at.below(name, line).tell("twice", "is there twice.")
        doubled = {name for name, _line in node.twice}
        return {name: entry for name, entry in node.entries.items() if name not in doubled}
    at.tell("mapping", "is not a mapping of keys.")
    raise Wrong


def _read(
    entries: "Mapping[str, tuple[int, Node]]",
    at: At,
    shape_of: Callable[[str], Shape | None],
    known: Collection[str],
    kind: str = "key",
) -> Json:
    values = {}
    for name, (line, node) in entries.items():
        shape, below = shape_of(name), at.below(name, line)
        if shape is None:
            below.tell("key", f"is no {kind} that Redline knows.{_hint(at, name, known)}")
            continue
        if _nothing(node) and _collects(shape):
            continue
        try:
            values[name] = shape.read(node, below)
        except Wrong:
            continue
    return values


def _hint(at: At, name: str, known: Collection[str]) -> str:
    near = get_close_matches(name[:SHOWN], known, 1)
    return f" Did you mean {named(f'{at.name}.{near[0]}' if at.name else near[0])}?" if near else ""


def _collects(shape: Shape) -> bool:
    """Whether a key with nothing behind it says nothing: a list or mapping yet to be filled."""
    return isinstance(shape, Record | MapOf) or (isinstance(shape, ListOf) and not shape.least)


def _or_nothing(shape: Shape, defs: Schema) -> Schema:
    found = shape.schema(defs)
    if _collects(shape) and "type" in found:
        found = {**found, "type": [found["type"], "null"]}
    return found


def _nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None
