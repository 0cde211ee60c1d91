"""What we think of a change: Outcome, StageResult, Review, and how they are shown. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from bot.change import Anchor, Change
from rules.finding import Finding, Severity, short
from rules.profile import Profile


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


@dataclass(frozen=True, slots=True)
class StageResult:
    """What one stage says of one project.

    ``findings`` are all at head, each marked new or not. ``reason`` is for people, without raw
    tool output. ``existing``: unchecked at the merge base too, for a reason that lies in the
    reviewed files. ``notes`` are facts for the summary ("judged when rendered: ..."), ``later``
    the files that these speak of.
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


@dataclass(frozen=True)
class Review:
    """All results over one change, in the order in which stages are shown."""

    change: Change
    results: tuple[StageResult, ...]
    profile: Profile = Profile.DEFAULT

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

    @cached_property
    def counts(self) -> Mapping[Severity, int]:
        """New findings by severity."""
        return Counter(finding.severity for finding in self.findings)

    @property
    def outcome(self) -> Outcome:
        """Failed if anything blocks, else unchecked if a stage is, else passed or not needed."""
        if self.counts[Severity.BLOCKING]:
            return Outcome.FAILED
        if self.unchecked:
            return Outcome.UNCHECKED
        if all(result.outcome is Outcome.NOT_NEEDED for result in self.results):
            return Outcome.NOT_NEEDED
        return Outcome.PASSED

    @property
    def blocks(self) -> bool:
        """Whether the status must not be green."""
        bad = self.outcome in (Outcome.FAILED, Outcome.UNCHECKED)
        return bad and self.profile is not Profile.OBSERVE

    @cached_property
    def ids(self) -> Mapping[str, str]:
        """Identity to the short id that is shown: lengthened where two would read alike."""
        every = {finding.identity for result in self.results for finding in result.findings}
        clashing = {name for name, n in Counter(map(short, every)).items() if n > 1}
        return {one: short(one, 8 if short(one) in clashing else 4) for one in every}


def said_once(results: Iterable[StageResult]) -> tuple[StageResult, ...]:
    """The results without what another finding says better, in whatever stage it was found."""
    every = tuple(results)
    covered = {
        (name, path, finding.new)
        for result in every
        for finding in result.findings
        for name, path in finding.covers
    }

    def kept(finding: Finding) -> bool:
        return (finding.rule, finding.location.path, finding.new) not in covered

    return tuple(replace(result, findings=tuple(filter(kept, result.findings))) for result in every)


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
    """What the forge shows at a commit and blocks merging. ``outcome`` is set when done."""

    progress: Progress
    title: str
    outcome: Outcome | None = None
    green: bool = False
    summary: str = ""
    url: str = ""
    annotations: tuple[Annotation, ...] = ()


class CommentKind(StrEnum):
    """What a comment of ours is for: the first two are kept in step with the review."""

    SUMMARY = "summary"
    THREAD = "thread"
    ANSWER = "answer"  # to a comment with a command; ``identity`` is that comment's id


@dataclass(frozen=True, slots=True)
class Mark:
    """The hidden identity of a comment of ours.

    ``rule`` and ``path`` name a thread that speaks for all findings of one rule in one file;
    ``identity`` is the finding's where it has a thread of its own (then ``path`` is empty).
    ``run`` is the head that the body was written at, ``body`` a hash of what it says without
    commits and lines. ``stage`` found it: while that is unchecked, nothing of it is fixed.
    ``left`` stands in a summary's mark: the threads that a push had no room for.
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
    ``answered``: a person has replied in the thread; ``replied``: we have. ``resolver`` is the
    person who resolved it, empty when it was us or is hidden only.
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
