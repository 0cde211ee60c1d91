"""YAML and JSON text as nodes that know their lines, within limits that hold before composing.

libyaml's events are composed here rather than by PyYAML: its composer recurses (50,000 ``[`` end
the process), expands aliases and merge keys without a bound, and drops the lines of keys.
Lines are git's: only ``\\n`` ends one, while YAML also counts ``\\r``, U+0085, U+2028 and U+2029.

What comes from an alias or a merge key has the line where it is *used*: there the object is that
a finding speaks about, and two users of one anchor are two places.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml._yaml import CParser  # the events alone; yaml.parse wraps the same

from rules.subjects.letters import binary, joined
from rules.subjects.scalar import Value, resolve

LARGEST = 2 << 20  # signs: what is read of a change has at most 1 MiB
DEEPEST = 200  # nested collections; CustomResourceDefinitions of real projects reach about 60
MOST_COPIED = 100_000  # nodes that all aliases of a file may stand for
MOST_DOCUMENTS = 2_000
_MOST_TWICE = 20  # keys of one mapping that are named as doubled

_Event = Any  # the stubs know events without marks; libyaml makes none

_MERGE, _BINARY = "tag:yaml.org,2002:merge", "tag:yaml.org,2002:binary"


class Unreadable(Exception):
    """The text cannot be read; ``line`` from 1, ``reason`` for people, without its content.

    ``limit``: only we go no further, another reader may. ``roots`` are the documents before it:
    ``kubectl`` applies those all the same.
    """

    def __init__(self, line: int, reason: str, *, limit: bool = False) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason
        self.limit = limit
        self.roots: list[Node] = []


# Not frozen: a file has up to a hundred thousand of these, and frozen ones take three times as
# long to make. Nothing changes a node once its document is composed.
@dataclass(slots=True, eq=False)
class Scalar:
    """A single value: its text, and whether it stood there without quotes (``plain``)."""

    text: str
    line: int
    last: int
    plain: bool = True
    tag: str | None = None

    @property
    def value(self) -> Value:
        """What Kubernetes makes of it: YAML 1.1, where ``yes`` is true and ``010`` is 8."""
        return resolve(self.text, self.plain, self.tag)


@dataclass(slots=True, eq=False)
class Map:
    """A mapping: key text to the key's line and the value. Of equal keys the last one counts.

    ``own``: it stands here in block style, its keys at ``column`` (from 0), and a line that is
    written into it changes nothing else: no anchor, alias or merge key has a part in it.
    ``twice`` are keys, with the lines, at which they stood again; not where a merge key is above.
    """

    line: int
    last: int
    entries: "dict[str, tuple[int, Node]]" = field(default_factory=dict)
    column: int = 0
    own: bool = False
    twice: tuple[tuple[str, int], ...] = ()

    def get(self, *keys: str) -> "Node | None":
        """The node below these keys; None where one is missing or not in a mapping."""
        node: Node = self
        for key in keys:
            if not isinstance(node, Map) or key not in node.entries:
                return None
            node = node.entries[key][1]
        return node

    def line_of(self, *keys: str) -> int:
        """The line of the last of these keys or, absent, of its nearest ancestor that exists."""
        line, node = self.line, self
        for key in keys:
            if key not in node.entries:
                break
            line, below = node.entries[key]
            if not isinstance(below, Map):
                break
            node = below
        return line

    def value(self, *keys: str) -> Value:
        """The scalar below these keys; None where there is none."""
        node = self.get(*keys)
        return node.value if isinstance(node, Scalar) else None

    def text(self, *keys: str) -> str:
        """The text of the scalar below these keys; empty where there is none."""
        node = self.get(*keys)
        return node.text if isinstance(node, Scalar) and node.value is not None else ""

    def maps(self, *keys: str) -> "list[Map]":
        """The mappings in the list below these keys; whatever else is in it is left out."""
        node = self.get(*keys)
        items = node.items if isinstance(node, List) else []
        return [each for each in items if isinstance(each, Map)]

    def scalars(self, *keys: str) -> "list[Scalar]":
        """The single values in the list below these keys; whatever else is in it is left out."""
        node = self.get(*keys)
        items = node.items if isinstance(node, List) else []
        return [each for each in items if isinstance(each, Scalar)]


@dataclass(slots=True, eq=False)
class List:
    """A sequence."""

    line: int
    last: int
    items: "list[Node]" = field(default_factory=list)


Node = Scalar | Map | List


def documents(text: str) -> list[Node]:
    """The root node of each document. Raises Unreadable."""
    if len(text) > LARGEST:
        raise Unreadable(1, f"more than {LARGEST:,} signs in one file", limit=True)
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] in ("{", "["):
        text = joined(text)
    composer = _Composer(text)
    try:
        _compose(text, composer)
    except Unreadable as error:
        error.roots = composer.roots
        raise
    return composer.roots


def _compose(text: str, composer: "_Composer") -> None:
    try:
        for event in _events(text):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # What is missing at the end is told at the last line that says something.
        line = composer.line(min(mark.index, max(0, len(text.rstrip()) - 1))) if mark else 1
        raise Unreadable(line, error.problem or "not YAML") from None
    except yaml.reader.ReaderError as error:
        raise Unreadable(_line_of_byte(text, error.position), "a forbidden character") from None
    except UnicodeEncodeError as error:  # half a sign, which no encoding has
        raise Unreadable(composer.line(error.start), "a forbidden character") from None


def scalars(text: str) -> tuple[list[tuple[int, int]], int]:
    """Where the text of each scalar begins and ends, in order, and up to where the text is YAML.

    What lies between them is structure and comments; a block scalar's begins below its header.
    """
    spans: list[tuple[int, int]] = []
    depth = 0
    try:
        for event in _events(text):
            if isinstance(event, yaml.ScalarEvent):
                spans.append(_span(event, text))
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:  # nobody reads it as YAML from here on
                return spans, event.start_mark.index
    except yaml.MarkedYAMLError as error:
        marks = (error.context_mark, error.problem_mark)
        return spans, min((mark.index for mark in marks if mark), default=0)
    except (yaml.reader.ReaderError, UnicodeEncodeError):
        return spans, spans[-1][1] if spans else 0
    return spans, len(text)


def _span(event: _Event, text: str) -> tuple[int, int]:
    start, end = event.start_mark.index, event.end_mark.index
    if event.style in ("|", ">"):
        start = max(start, text.find("\n", start, end) + 1)
    return start, end


def _events(text: str) -> Iterator[_Event]:
    parser: Any = CParser(text)
    try:
        while (event := parser.get_event()) is not None:
            yield event
    finally:
        parser.dispose()


def _line_of_byte(text: str, position: int) -> int:
    return text.encode()[:position].count(b"\n") + 1


def decode(data: bytes) -> str:
    """The text of a file: UTF-16 by its mark, else UTF-8; without its mark. Raises Unreadable."""
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        refused = Unreadable(line, f"not {'UTF-16' if wide else 'UTF-8'} text")
        refused.roots = _before(data[: error.start].decode(error.encoding, "ignore"))
        raise refused from None


def _before(text: str) -> "list[Node]":
    try:
        return documents(text)
    except Unreadable as error:
        return error.roots


@dataclass(slots=True, eq=False)
class _Open:
    """A collection that has begun, and the key that waits for its value."""

    node: Map | List
    anchor: str | None
    flow: bool
    own: bool
    key: Scalar | None = None
    merged: bool = False


class _Composer:
    """Makes nodes of events, one by one, with a stack of its own instead of recursion."""

    def __init__(self, text: str) -> None:
        self.roots: list[Node] = []
        self._text = text
        self._ends = [at.start() for at in re.finditer("\n", text)]
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._copied = 0
        self._take = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._map,
            yaml.SequenceStartEvent: self._list,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }

    def take(self, event: _Event) -> None:
        """Use the next event."""
        handle = self._take.get(type(event))
        if handle is not None:
            handle(event)

    def line(self, index: int) -> int:
        """The line, from 1, of the sign at this index."""
        return bisect_left(self._ends, index) + 1

    def _document(self, event: _Event) -> None:
        self._anchors.clear()
        if len(self.roots) >= MOST_DOCUMENTS:
            line = self.line(event.start_mark.index)
            reason = f"more than {MOST_DOCUMENTS:,} documents in one file"
            raise Unreadable(line, reason, limit=True)

    def _scalar(self, event: _Event) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        line = bisect_left(self._ends, start) + 1
        if event.style in ("|", ">"):  # ends before the next token, blank lines included
            end = start + len(self._text[start:end].rstrip())
        last = line if end == start else bisect_left(self._ends, end, line - 1) + 1
        node = Scalar(event.value, line, last, event.style in (None, ""), event.tag)
        if event.tag == _BINARY:
            node.text, node.plain = binary(event.value), False
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._add(node)

    def _map(self, event: _Event) -> None:
        mark = event.start_mark
        line = self.line(mark.index)
        node = Map(line, line, column=mark.column)
        self._open(event, node)
        node.own = self._stack[-1].own

    def _list(self, event: _Event) -> None:
        line = self.line(event.start_mark.index)
        self._open(event, List(line, line))

    def _open(self, event: _Event, node: Map | List) -> None:
        if len(self._stack) >= DEEPEST:
            raise _too_deep(node.line)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        flow = bool(event.flow_style)
        own = not flow and event.anchor is None and event.tag is None
        own = own and (not self._stack or self._stack[-1].own)
        self._stack.append(_Open(node, event.anchor, flow, own))

    def _close(self, event: _Event) -> None:
        done = self._stack.pop()
        node = done.node
        if done.flow:
            node.last = self.line(event.end_mark.index - 1)
        if done.anchor is not None:
            self._anchors[done.anchor] = node
        self._add(node)

    def _alias(self, event: _Event) -> None:
        line = self.line(event.start_mark.index)
        if event.anchor not in self._anchors:
            raise Unreadable(line, "an alias without its anchor")
        node = self._anchors[event.anchor]
        if node is None:
            raise Unreadable(line, "an anchor that contains itself")
        self._add(self._copy(node, line, len(self._stack)))

    def _copy(self, node: Node, line: int, depth: int) -> Node:
        """The node as if it had been written at this line. Recurses at most DEEPEST deep."""
        self._copied += 1
        if self._copied > MOST_COPIED:
            reason = f"aliases that stand for more than {MOST_COPIED:,} values"
            raise Unreadable(line, reason, limit=True)
        if depth > DEEPEST:
            raise _too_deep(line)
        if isinstance(node, Scalar):
            return Scalar(node.text, line, line, node.plain, node.tag)
        if isinstance(node, List):
            return List(line, line, [self._copy(each, line, depth + 1) for each in node.items])
        entries = {
            key: (line, self._copy(each, line, depth + 1))
            for key, (_line, each) in node.entries.items()
        }
        return Map(line, line, entries)

    def _add(self, node: Node) -> None:
        if not self._stack:
            self.roots.append(node)
            return
        top = self._stack[-1]
        parent, key = top.node, top.key
        parent.last = max(parent.last, node.last)
        if isinstance(parent, List):
            parent.items.append(node)
        elif key is None:
            if not isinstance(node, Scalar):
                raise Unreadable(node.line, "a key that is not a single value")
            top.key = node
        else:
            top.key = None
            if key.text == "<<" and (key.plain or key.tag == _MERGE):
                top.merged = True
                _merge(parent, node)
            else:
                if (
                    key.text in parent.entries
                    and not top.merged
                    and len(parent.twice) < _MOST_TWICE
                ):
                    parent.twice += ((key.text, key.line),)
                parent.entries[key.text] = (key.line, node)


def _too_deep(line: int) -> Unreadable:
    return Unreadable(line, f"nested more than {DEEPEST} levels deep", limit=True)


def _merge(node: Map, merged: Node) -> None:
    """Take over what a ``<<`` names, as ``kubectl`` does: of a list what is named first wins.

    It wins over the mapping's own keys above it, and those below win over it: other readers let
    all own keys win, and a file may mean to be read in two ways.
    """
    node.own = False
    for each in reversed(merged.items) if isinstance(merged, List) else [merged]:
        if not isinstance(each, Map):
            raise Unreadable(each.line, "a merge key whose value is not a mapping")
        node.entries.update(each.entries)
