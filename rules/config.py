"""A repository's ``.redline.yaml``: what it asks for, and what in it is wrong. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

from rules.finding import Severity, named
from rules.gate import Gate, OnUnchecked
from rules.profile import Profile
from rules.subjects.yaml import Map, Node, Scalar, Unreadable, decode, documents

NAME = ".redline.yaml"  # at the top of the repository
KEYS = (
    "version", "exclude", "stages", "tools", "images", "environments", "rules", "projects",
    "charts", "kubernetes", "gate",
)  # fmt: skip
_GATE = ("profile", "block_on", "on_unchecked")
_PROFILES = {each.value: each for each in Profile}
_SEVERITIES = {each.word: each for each in (Severity.BLOCKING, Severity.WARNING)}
_ON_UNCHECKED = {each.value: each for each in OnUnchecked}
_NORMAL = Gate()
_LONGEST = 40  # signs of a key or value that is named
_MOST_FAULTS = 20
T = TypeVar("T", Profile, Severity, OnUnchecked)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a line (from 1). ``detail`` tells it from the others, without a line."""

    line: int
    message: str
    detail: str


@dataclass(frozen=True, slots=True)
class Config:
    """What the file asks for; what is wrong in it has its default."""

    gate: Gate = Gate()  # noqa: RUF009 - frozen
    faults: tuple[Fault, ...] = ()


def read(data: bytes, default: Gate = _NORMAL) -> Config:
    """The configuration that these bytes hold; never raises. ``default``: what it leaves open."""
    try:
        roots = documents(decode(data))
    except Unreadable as error:
        fault = Fault(error.line, f"This file cannot be read: {error.reason}.", "syntax")
        return Config(default, (fault,))
    faults: list[Fault] = []
    gate = _read(roots, default, faults)
    return Config(gate, tuple(faults[:_MOST_FAULTS]))


def _read(roots: list[Node], default: Gate, faults: list[Fault]) -> Gate:
    if len(roots) > 1:
        faults.append(Fault(roots[1].line, "There is more than one document in it.", "documents"))
    root = _mapping(roots[0], "The file", faults) if roots else None
    if root is None:
        return default
    faults += _unknown(root, KEYS, "")
    faults += _version(root)
    below = root.get("gate")
    gate = _mapping(below, "`gate`", faults) if below is not None else None
    if gate is None:
        return default
    faults += _unknown(gate, _GATE, "gate.")
    return Gate(
        profile=_chosen(gate, "profile", _PROFILES, default.profile, faults),
        block_on=_chosen(gate, "block_on", _SEVERITIES, default.block_on, faults),
        on_unchecked=_chosen(gate, "on_unchecked", _ON_UNCHECKED, default.on_unchecked, faults),
    )


def _mapping(node: Node, name: str, faults: list[Fault]) -> Map | None:
    """The node, if it is a mapping; nothing at all is none either, and no fault."""
    if isinstance(node, Map):
        return node
    if not isinstance(node, Scalar) or node.value is not None:
        faults.append(Fault(node.line, f"{name} is not a mapping of keys.", f"mapping {name}"))
    return None


def _unknown(node: Map, known: tuple[str, ...], below: str) -> Iterator[Fault]:
    for key, (line, _value) in node.entries.items():
        if key not in known:
            near = get_close_matches(key[:_LONGEST], known, 1)
            hint = f" Did you mean {named(below + near[0])}?" if near else ""
            said = f"{_shown(below + key)} is no key that Redline knows.{hint}"
            yield Fault(line, said, f"key {below}{key}")


def _version(root: Map) -> Iterator[Fault]:
    if "version" in root.entries and root.text("version") != "1":
        yield Fault(root.line_of("version"), "`version` is not 1, the only one so far.", "version")


def _chosen(gate: Map, key: str, known: Mapping[str, T], default: T, faults: list[Fault]) -> T:
    """What the key chooses; the default where it is missing or chooses what there is not."""
    if key not in gate.entries:
        return default
    text = gate.text(key)
    if text in known:
        return known[text]
    near = get_close_matches(text[:_LONGEST], known, 1)
    hint = f" Did you mean {named(near[0])}?" if near else ""
    words = " or ".join(filter(None, (", ".join([*map(named, known)][:-1]), named([*known][-1]))))
    value = _shown(text) if text else "no such word"
    said = f"{named('gate.' + key)} is {value}; it can be {words}.{hint}"
    faults.append(Fault(gate.line_of(key), said, f"value gate.{key}"))
    return default


def _shown(name: str) -> str:
    return named(name if len(name) <= _LONGEST else name[: _LONGEST - 3] + "...")
