"""A finished review as the ledger keeps it; its findings by the ids that people use. Pure."""

import json
from dataclasses import dataclass, field
from difflib import get_close_matches

import msgspec

from rules.finding import Severity, short

_LONGEST_ID = 12
_MOST_NEAR = 3
_MOST_COMPARED = 2_000
_SEVERITIES = {severity.word: severity for severity in Severity}


@dataclass(frozen=True, slots=True)
class Given:
    """Who let a finding pass."""

    by: str
    reason: str
    until: str | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A finding of a kept review; ``digest`` is what an acknowledgement is bound to.

    ``guide`` are the commands that show why a pod fails with this ``symptom``.
    """

    id: str
    identity: str
    rule: str
    severity: str
    new: bool
    message: str
    fix: str
    project: str
    address: str
    path: str
    line: int
    side: str
    digest: str | None = None
    allowed: Given | None = None
    acknowledged: Given | None = None
    symptom: str | None = None
    guide: tuple[str, ...] = ()

    @property
    def pardon(self) -> Given | None:
        """Who let it pass, if that holds."""
        given = self.allowed or self.acknowledged
        return None if given is None or given.waits else given


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a kept review."""

    stage: str
    project: str
    outcome: str
    reason: str
    existing: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """What of the gate was said in the review."""

    profile: str = "default"
    block_on: str = "blocking"


@dataclass(frozen=True, slots=True)
class Told:
    """A kept review; ``destroyed`` is the digest of all that it destroys or replaces."""

    head: str | None
    merge_base: str | None
    outcome: str
    blocks: bool
    findings: tuple[Item, ...]
    stages: tuple[Stage, ...] = ()
    destroyed: str | None = None
    gate: Gate = field(default_factory=Gate)

    @property
    def new(self) -> tuple[Item, ...]:
        """What counts, or would if nobody had let it pass."""
        return tuple(item for item in self.findings if item.new)

    def weighs(self, item: Item) -> bool:
        """Whether it is of the kind that blocks here."""
        least = _SEVERITIES.get(self.gate.block_on, Severity.BLOCKING)
        return _SEVERITIES.get(item.severity, Severity.BLOCKING) >= least

    def named(self, word: str) -> "Named":
        """The findings that ``word`` may mean: an id as it is shown, longer, or shorter."""
        exact = [item for item in self.new if word in (item.id, item.identity)]
        like = exact or [item for item in self.new if _begins(item, word)]
        if like:
            return Named(tuple(like))
        old = any(_begins(item, word) for item in self.findings)
        ids = {item.id: item for item in self.new[:_MOST_COMPARED]}
        near = get_close_matches(word, ids, _MOST_NEAR, 0.5)
        return Named((), tuple(ids[one] for one in near), old)


@dataclass(frozen=True, slots=True)
class Named:
    """What a word means: one finding, several, or none, with those that are spelt alike.

    ``old``: it names a finding that was there before the change.
    """

    found: tuple[Item, ...]
    near: tuple[Item, ...] = ()
    old: bool = False


def longer(item: Item) -> str:
    """An id that hardly any two findings share."""
    return short(item.identity, _LONGEST_ID)


def _begins(item: Item, word: str) -> bool:
    return longer(item).startswith(word)


def read(body: bytes | None) -> Told | None:
    """The kept review; None where there is none, or none that this version can read."""
    try:
        # Not msgspec's own reader: it refuses paths with bytes that are no text.
        return None if body is None else msgspec.convert(json.loads(body), Told)
    except (ValueError, RecursionError):
        return None
