"""What people let pass, and whether it still is what they let pass. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from bot.review import Action, Effect, Pardon, PardonKind, StageResult, Written, digest
from rules.finding import Family, Finding
from rules.gate import Gate

DESTROYED = "destroyed"  # the subject of an acknowledgement of all that is destroyed or replaced
_DESTROY = (Action.DESTROY, Action.REPLACE)


@dataclass(frozen=True, slots=True)
class Allowance:
    """An exception to a rule at a place, by the finding's identity.

    ``until`` is the last day on which it holds (ISO), ``""`` for ever. ``blocking``: whoever said
    it may let blocking findings pass. ``place`` names rule and place for people, ``at`` is in
    seconds since 1970.
    """

    identity: str
    rule: str
    place: str
    by: str
    reason: str
    until: str = ""
    blocking: bool = False
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a change does and someone accepted.

    ``subject`` is a finding's identity or ``destroyed``; ``digest`` says what stood behind it when
    it was said. ``blocking`` and ``at`` as in an allowance.
    """

    subject: str
    digest: str
    by: str
    reason: str
    blocking: bool = False
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Said:
    """What people have said of a change, or of its repository; ``today`` is the ledger's (ISO).

    ``paused_by`` stopped the comments, ``""`` nobody. ``released`` are the heads that someone has
    let run with credentials, and who.
    """

    today: str
    allowances: tuple[Allowance, ...] = ()
    acknowledgements: tuple[Acknowledgement, ...] = ()
    paused_by: str = ""
    released: Mapping[str, str] = field(default_factory=dict)

    def holds(self, allowance: Allowance) -> bool:
        """Whether its last day has not passed."""
        return not allowance.until or allowance.until >= self.today


@dataclass(frozen=True, slots=True)
class Author:
    """Whose change it is, and so whose exceptions it brings.

    ``name`` is as the forge calls them, or as git does in a terminal. ``agreed``: they may let
    pass what blocks in a change of their own.
    """

    name: str = ""
    agreed: bool = False


def of_others(said: Said, author: str) -> Said:
    """The same, as it counts in this person's own change: what blocks there, others let pass."""
    theirs = (replace(one, blocking=one.blocking and one.by != author) for one in said.allowances)
    return replace(said, allowances=tuple(theirs))


def pardons(
    results: Iterable[StageResult], gate: Gate, said: Said, author: Author = Author()
) -> Mapping[str, Pardon]:
    """What people let pass of these results, by the finding's identity, and what waits for that.

    Who may only let a warning pass has said nothing of what blocks.
    """
    every = tuple(results)
    stated, written = Stated(every), _written(every)
    found = {}
    for finding in stated.findings:
        blocks, name = finding.severity >= gate.block_on, finding.identity
        passed = _pardon(finding, stated, said, blocks)
        if passed is None and name in written:
            passed = _in_file(written[name], author, blocks)
        if passed is not None:
            found[name] = passed
    return found


def followed(
    results: Iterable[StageResult], said: Said, renames: Mapping[str, str]
) -> Mapping[str, str]:
    """The allowed findings whose file has another name now: what they are called since then.

    By identity, old to new. ``renames`` lead from the paths of before to those of today.
    """
    back = {new: old for old, new in renames.items()}
    allowed = {one.identity for one in said.allowances}
    moved = (
        finding
        for each in results
        for finding in each.findings
        if finding.new and finding.location.path in back and finding.identity not in allowed
    )
    called = {_before(finding, back): finding.identity for finding in moved}
    return {old: new for old, new in called.items() if old in allowed and old != new}


def _before(finding: Finding, back: Mapping[str, str]) -> str:
    path = finding.location.path
    return finding.key.follow(path, back[path]).identity


def waiting(results: Iterable[StageResult], gate: Gate) -> bool:
    """Whether a change brings exceptions to what blocks: then it matters who its author is."""
    every = tuple(results)
    written = _written(every)
    return any(
        one.new and one.severity >= gate.block_on and written[one.identity].brought
        for each in every
        for one in each.findings
        if one.identity in written
    )


def _written(results: Iterable[StageResult]) -> Mapping[str, Written]:
    return {one.identity: one for each in results for one in each.written}


def _in_file(written: Written, author: Author, blocks: bool) -> Pardon:
    """What the file says: for what blocks, a change does not agree with itself."""
    by = author.name if written.brought else ""
    waits = written.brought and blocks and not author.agreed
    return Pardon(PardonKind.ALLOW, by, written.reason, written.until, waits)


def _pardon(finding: Finding, stated: "Stated", said: Said, blocks: bool) -> Pardon | None:
    for one in said.allowances:
        if one.identity == finding.identity and said.holds(one) and (one.blocking or not blocks):
            return Pardon(PardonKind.ALLOW, one.by, one.reason, one.until)
    for each in said.acknowledgements:
        if stated.is_meant(each, finding) and (each.blocking or not blocks):
            return Pardon(PardonKind.ACKNOWLEDGE, each.by, each.reason)
    return None


class Stated:
    """The new findings of a review, each with what stands behind it."""

    def __init__(self, results: Iterable[StageResult]) -> None:
        every = tuple(results)
        self.findings = tuple(each for one in every for each in one.findings if each.new)
        self._effects: dict[tuple[str, str], list[Effect]] = {}
        for effect in (effect for one in every for effect in one.effects):
            self._effects.setdefault((effect.project, effect.address), []).append(effect)

    def digest(self, finding: Finding) -> str:
        """What an acknowledgement of it is bound to: its effects, else its identity and message."""
        effects = self._of(finding)
        return digest(effects) if effects else _worded(finding)

    @cached_property
    def destroyed(self) -> str:
        """The digest of all that is destroyed or replaced, ``""`` where nothing is."""
        effects = [one for each in self._effects.values() for one in each if one.action in _DESTROY]
        bare = [_worded(one) for one in self.findings if _goes(one) and not self._of(one)]
        if not effects and not bare:
            return ""
        return _hashed([digest(effects), *sorted(bare)])

    def is_meant(self, said: Acknowledgement, finding: Finding) -> bool:
        """Whether it speaks of this finding, and of what stands behind it now."""
        if said.subject == DESTROYED:
            return _goes(finding) and said.digest == self.destroyed
        return said.subject == finding.identity and said.digest == self.digest(finding)

    def _of(self, finding: Finding) -> list[Effect]:
        return self._effects.get((finding.project, finding.address), [])


def _goes(finding: Finding) -> bool:
    return finding.family is Family.DESTRUCTION


def _worded(finding: Finding) -> str:
    return _hashed([finding.identity, finding.message])


def _hashed(parts: list[str]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
