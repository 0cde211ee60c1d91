"""What we think of a change: Outcome, StageResult, Review, and how they are shown. Pure."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from bot.change import Anchor, Change
from rules.finding import Finding, Severity, short
from rules.gate import Gate
from rules.profile import Profile

OFF = "switched off by configuration"  # the reason of a stage that the repository does not want


class Outcome(StrEnum):
    """What came of a stage or a review. Unchecked is never shown as passed."""

    NOT_NEEDED = "not-needed"
    PASSED = "passed"
    UNCHECKED = "unchecked"
    FAILED = "failed"

    @property
    def words(self) -> str:
        """As people read it."""
        return self.value.replace("-", " ")


class Action(StrEnum):
    """What a plan does to a resource, in a plan's words."""

    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    DESTROY = "destroy"
    REPLACE = "replace"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to one named resource.

    ``order`` of a replacement is ``delete-create`` or ``create-delete``; ``replace_paths`` are the
    attributes that force it. ``opened`` are the principals and ranges that get access. No
    timestamp, no sha and no value that is not known yet: whoever accepted the effect accepted
    the same one after the next push.
    """

    project: str
    address: str
    type: str
    action: Action
    order: str = ""
    replace_paths: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()


def digest(effects: Iterable[Effect]) -> str:
    """32 hex digits that stand for these effects, whatever order they come in."""
    rows = sorted(
        (
            *(each.project, each.address, each.type, each.action, each.order),
            *(sorted(set(each.replace_paths)), sorted(set(each.opened))),
        )
        for each in set(effects)
    )
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Written:
    """An exception that stands in a file beside a finding, by the finding's identity.

    ``until`` is the last day on which it holds (ISO), ``""`` for ever. ``brought``: this change
    brings it; else it stood at the merge base.
    """

    identity: str
    reason: str
    until: str = ""
    brought: bool = True


@dataclass(frozen=True, slots=True)
class StageResult:
    """What one stage says of one project.

    ``findings`` are all at head, each marked new or not. ``reason`` is for people, without raw
    tool output. ``existing``: unchecked at the merge base too, for a reason that lies in the
    reviewed files. ``notes`` are facts for the summary ("not judged before ..."), ``later``
    the files that these speak of. ``effects`` are what the change does to named resources.
    ``written`` are the exceptions that its files hold to what is new.
    """

    stage: str
    project: str
    outcome: Outcome
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    existing: bool = False
    later: frozenset[str] = field(default_factory=frozenset)
    effects: tuple[Effect, ...] = ()
    written: tuple[Written, ...] = ()


class PardonKind(StrEnum):
    """How someone let a finding pass."""

    ALLOW = "allow"  # an exception to a rule at a place, in each change of the repository
    ACKNOWLEDGE = "acknowledge"  # what this change does is accepted, for this change

    @property
    def words(self) -> str:
        """As people read it of a finding."""
        return {"allow": "allowed", "acknowledge": "acknowledged"}[self.value]


@dataclass(frozen=True, slots=True)
class Pardon:
    """Who let a finding pass, and why. ``until`` is the last day on which it holds (ISO), if any.

    ``by`` is ``""`` where that stands in the file, and stood there before the change.

    ``waits``: not before someone who may has agreed; until then the finding counts.
    """

    kind: PardonKind
    by: str
    reason: str
    until: str = ""
    waits: bool = False


@dataclass(frozen=True)
class Review:
    """All results over one change, in the order in which stages are shown.

    ``exceptions`` are what people let pass, by the finding's identity: such a finding stays where
    it is, says so, and does not count. ``remarks`` are facts about the review itself.
    ``paused_by`` stopped the comments, ``""`` nobody. ``running`` are stages whose results are not
    among these yet: what a long one has not said must not hold up what the others have. ``off``
    says in a few words what the configuration has switched off, ``""`` nothing.
    """

    change: Change
    results: tuple[StageResult, ...]
    gate: Gate = Gate()  # noqa: RUF009 - frozen
    exceptions: Mapping[str, Pardon] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    paused_by: str = ""
    running: tuple[str, ...] = ()
    off: str = ""

    @property
    def switched_off(self) -> tuple[str, ...]:
        """What the configuration has switched off, as a note; none where it has not."""
        return (f"Off by configuration: {self.off}.",) if self.off else ()

    @property
    def profile(self) -> Profile:
        """Which of the three gates this repository has chosen."""
        return self.gate.profile

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What is new, the gravest first, then by place."""
        new = (finding for result in self.results for finding in result.findings if finding.new)
        return tuple(sorted(new, key=_gravest_first))

    @cached_property
    def existing(self) -> int:
        """How many findings the merge base has too: one number, never a list in a comment."""
        return sum(not finding.new for result in self.results for finding in result.findings)

    @cached_property
    def unchecked(self) -> tuple[StageResult, ...]:
        """What should have been checked and was not, and is not excused by the merge base."""
        return tuple(
            result
            for result in self.results
            if result.outcome is Outcome.UNCHECKED and not result.existing
        )

    def pardon(self, finding: Finding) -> Pardon | None:
        """Who let it pass, if anyone did and it holds."""
        found = self.exceptions.get(finding.identity)
        return None if found is None or found.waits else found

    @cached_property
    def counted(self) -> tuple[Finding, ...]:
        """The new findings that nobody let pass."""
        return tuple(finding for finding in self.findings if self.pardon(finding) is None)

    @cached_property
    def blocking(self) -> tuple[Finding, ...]:
        """Those that hold the change back, or would if the profile did more than observe."""
        return tuple(each for each in self.counted if each.severity >= self.gate.block_on)

    @cached_property
    def counts(self) -> Mapping[Severity, int]:
        """New findings that nobody let pass, by severity."""
        return Counter(finding.severity for finding in self.counted)

    @property
    def outcome(self) -> Outcome:
        """Failed if anything blocks, else unchecked if a stage is, else passed or not needed."""
        if self.blocking:
            return Outcome.FAILED
        if self.unchecked:
            return Outcome.UNCHECKED
        if all(result.outcome is Outcome.NOT_NEEDED for result in self.results):
            return Outcome.NOT_NEEDED
        return Outcome.PASSED

    @property
    def blocks(self) -> bool:
        """Whether the status must not be green."""
        if self.outcome is Outcome.UNCHECKED:
            return not self.gate.passes_unchecked
        return self.outcome is Outcome.FAILED and self.profile is not Profile.OBSERVE

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """What the change does to named resources, as far as any stage could tell."""
        return tuple(effect for result in self.results for effect in result.effects)

    @cached_property
    def ids(self) -> Mapping[str, str]:
        """Identity to the short id that is shown: lengthened where two would read alike."""
        every = {finding.identity for result in self.results for finding in result.findings}
        clashing = {name for name, n in Counter(map(short, every)).items() if n > 1}
        return {one: short(one, 8 if short(one) in clashing else 4) for one in every}


def said_once(results: Iterable[StageResult]) -> tuple[StageResult, ...]:
    """The results without what another finding says better, in whatever stage it was found."""
    every = tuple(results)
    covered = {key for result in every for finding in result.findings for key in _covered(finding)}

    def kept(finding: Finding) -> bool:
        rule, path, new = finding.rule, finding.location.path, finding.new
        of_it = (None, (finding.address, None), (finding.address, finding.container))
        return covered.isdisjoint((rule, path, new, whose) for whose in of_it)

    return tuple(replace(result, findings=tuple(filter(kept, result.findings))) for result in every)


def _covered(finding: Finding) -> Iterator[tuple[object, ...]]:
    """What a finding covers: rule, path, newness, and whose: any, a subject's, a container's."""
    for name, path in finding.covers:
        own = path == finding.location.path
        yield name, path, finding.new, (finding.address, finding.container) if own else None


def _gravest_first(finding: Finding) -> tuple[int, int, str, int, str]:
    where = finding.location
    return (-finding.severity, finding.family is None, where.path, where.line, finding.rule)


class Progress(StrEnum):
    """How far the status of a commit is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUPERSEDED = "superseded"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A finding shown at a line by the forge's check, bound to its commit."""

    path: str
    line: int
    severity: Severity
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class Status:
    """What the forge shows at a commit and blocks merging. ``outcome`` is set when done.

    ``plans``: there is a plan that people may want to have made again.
    """

    progress: Progress
    title: str
    outcome: Outcome | None = None
    green: bool = False
    summary: str = ""
    url: str = ""
    annotations: tuple[Annotation, ...] = ()
    plans: bool = False


class CommentKind(StrEnum):
    """What a comment of ours is for: the first two are kept in step with the review."""

    SUMMARY = "summary"
    THREAD = "thread"
    ANSWER = "answer"  # to a comment with a command; ``identity`` is that comment's id
    STAND_IN = "stand-in"  # in the status's place, where the forge lets us show none


@dataclass(frozen=True, slots=True)
class Mark:
    """The hidden identity of a comment of ours.

    ``rule`` and ``path`` name a thread that speaks for all findings of one rule in one file;
    ``identity`` is the finding's where it has a thread of its own (then ``path`` is empty).
    ``run`` is the head that the body was written at, ``body`` a hash of what it says without
    commits and lines. ``stage`` found it: while that is unchecked, nothing of it is fixed.
    ``left`` stands in a summary's mark: the threads that a push had no room for. ``passed``: people
    let pass all that the thread speaks of, and we closed it; ``again``: they did, and it counts
    again.
    """

    kind: CommentKind
    rule: str = ""
    path: str = ""
    identity: str = ""
    run: str = ""
    body: str = ""
    fixed: bool = False
    stage: str = ""
    left: str = ""
    passed: bool = False
    again: bool = False

    @property
    def subject(self) -> tuple[str, str, str, str]:
        """What it speaks about: equal for the comment that is posted and the one that is wanted."""
        return (self.kind, self.rule, self.path, self.identity)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as wanted: its body is complete, the mark at its end included."""

    mark: Mark
    body: str
    anchor: Anchor


@dataclass(frozen=True, slots=True)
class Posted:
    """A comment of ours as the forge lists it, found by author and verified mark.

    ``id`` is the forge's for the comment, ``thread`` for its thread, where it has one.
    ``answered``: a person has replied in the thread, and not only with commands; ``replied``: we
    have. ``resolver`` is the
    person who resolved it, empty when it was us or is hidden only. ``anchor`` are the lines that
    the forge shows it at now, None where it is outdated or that is not known.
    """

    mark: Mark
    id: str
    thread: str = ""
    body: str = ""
    answered: bool = False
    resolved: bool = False
    resolver: str = ""
    url: str = ""
    replied: bool = False
    anchor: Anchor | None = None

    @property
    def closed(self) -> bool:
        """Whether it is resolved or hidden, and no person is known to have done that."""
        return self.resolved and not self.resolver
