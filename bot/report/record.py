"""What is kept of a review for its page: JSON-simple, bounded, and safe to show. Pure.

Every text in it is one line of valid Unicode in which nothing is invisible; names that come from
files stand between backticks, as in a finding.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

import msgspec

LARGEST = 2_000_000  # bytes of all rows together, before they are packed
_SHARE = 0.75  # of it is for what is new
LARGEST_HEAD = 2_000  # bytes
MOST_STAGES, MOST_DEEDS, MOST_NOTES = 500, 1_000, 100
VERSION = 1


@dataclass(frozen=True, slots=True)
class Line:
    """A line of source; ``marked``: the one that is meant."""

    number: int
    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A line that has to do with a finding. ``url`` is ``""`` where the forge cannot show it."""

    path: str
    line: int
    url: str


@dataclass(frozen=True, slots=True)
class Offer:
    """Lines ``first`` to ``last`` of the head file, and the lines that would be right there."""

    first: int
    last: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A finding. ``url`` is its place at the forge, ``""`` where there is none.

    ``cause`` is the changed line that made it happen, where that is none of its own.
    ``pardon`` says who allowed or acknowledged it, and why; ``""`` where nobody did. It may wait
    for someone to agree: ``pardoned`` is whether it holds. ``blocks``: it holds the change back.
    ``guide`` are the commands that show why a pod fails with this ``symptom``.
    """

    id: str
    rule: str
    severity: str
    message: str
    fix: str
    path: str
    line: int
    side: str
    url: str
    stage: str
    project: str
    excerpt: tuple[Line, ...] = ()
    pardon: str = ""
    pardoned: bool = False
    blocks: bool = False
    cause: Place | None = None
    offer: Offer | None = None
    symptom: str = ""
    guide: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """What the change does to a resource: a plan's word for it, and what else is known."""

    action: str
    address: str
    project: str
    why: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What became of a stage; ``found`` is how many new findings it has."""

    name: str
    project: str
    outcome: str
    reason: str
    seconds: float
    existing: bool
    found: int


@dataclass(frozen=True, slots=True)
class Head:
    """What a list of reviews shows of one. ``title`` is that of the status."""

    head: str
    title: str
    outcome: str
    blocks: bool
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Subject:
    """What was reviewed: names and addresses as people know them."""

    forge: str
    repository: str
    number: int
    url: str
    author: str
    base_ref: str
    merge_base: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A review, whole. ``missing`` and ``missing_before`` count the rows that had no room."""

    head: Head
    subject: Subject
    redline: str
    findings: tuple[Row, ...]
    before: tuple[Row, ...]
    stages: tuple[Stage, ...]
    deeds: tuple[Deed, ...] = ()
    notes: tuple[str, ...] = ()
    observed: bool = False
    missing: int = 0
    missing_before: int = 0
    version: int = VERSION


class Unreadable(Exception):
    """Another version of Redline wrote it, or it was damaged."""


def fitted(record: Record, largest: int = LARGEST) -> Record:
    """The record with as many whole rows as there is room for, the gravest first."""
    findings, room = _fitting(record.findings, int(largest * _SHARE))
    before, _room = _fitting(record.before, room + largest - int(largest * _SHARE))
    return replace(
        record,
        findings=findings,
        before=before,
        stages=record.stages[:MOST_STAGES],
        deeds=record.deeds[:MOST_DEEDS],
        notes=record.notes[:MOST_NOTES],
        missing=len(record.findings) - len(findings),
        missing_before=len(record.before) - len(before),
    )


T = TypeVar("T")


def _fitting(rows: Iterable[T], room: int) -> tuple[tuple[T, ...], int]:
    taken = []
    for row in rows:
        size = len(msgspec.json.encode(row)) + 1
        if size > room:
            break
        room -= size
        taken.append(row)
    return tuple(taken), room


def pack(record: Record) -> bytes:
    """As it is stored: a line of JSON that a list can do with, then everything, compressed."""
    head = msgspec.json.encode(record.head)
    return head + b"\n" + zlib.compress(msgspec.json.encode(record), 6)


def unpack(data: bytes) -> Record:
    """The record. Raises Unreadable."""
    _head, _, packed = data.partition(b"\n")
    try:
        return msgspec.json.decode(zlib.decompress(packed), type=Record)
    except (zlib.error, msgspec.MsgspecError, UnicodeError) as error:
        raise Unreadable(str(error)) from None


def head(start: bytes) -> Head:
    """What a list shows, from the first ``LARGEST_HEAD`` bytes. Raises Unreadable."""
    try:
        return msgspec.json.decode(start.partition(b"\n")[0], type=Head)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise Unreadable(str(error)) from None
