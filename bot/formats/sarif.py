"""``redline review --format sarif``: SARIF 2.1.0, as GitHub's code scanning takes it. Pure."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bot.change import Diff
from bot.formats import described
from bot.formats.inert import at_head, inert, uri
from bot.markdown.guide import commands
from bot.report.making import pardon as worded
from bot.review import Outcome, Pardon, Review, StageResult
from rules.entries import Entry
from rules.finding import Finding, Location, Side

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
MOST_RESULTS = 25_000  # of a run; GitHub refuses more
LARGEST = 9_500_000  # bytes, packed; GitHub refuses more than 10 MB
_HEAD, _BASE = "%SRCROOT%", "%MERGEBASE%"


@dataclass(frozen=True)
class Source:
    """What a log is made of: ``entries`` are what can be looked up, by the name of a rule."""

    review: Review
    diff: Diff
    entries: Mapping[str, Entry]
    redline: str

    @cached_property
    def written(self) -> frozenset[str]:
        """The identities of those that an exception in a file lets pass."""
        every = (each for result in self.review.results for each in result.written)
        return frozenset(each.identity for each in every)


def render(source: Source) -> str:
    """The log as text. What GitHub would refuse is left out, the mildest first, and it is said."""
    every = _gravest_first(source.review)
    count = min(len(every), MOST_RESULTS)
    text = _text(source, every, count)
    while count and not _fits(text):
        count //= 2
        text = _text(source, every, count)
    return text


def _gravest_first(review: Review) -> list[Finding]:
    """What is new before what was there, the gravest first."""
    old = [each for result in review.results for each in result.findings if not each.new]
    return [*review.findings, *sorted(old, key=lambda each: -each.severity)]


def _fits(text: str) -> bool:
    data = text.encode()
    return len(data) <= LARGEST or len(gzip.compress(data, 6)) <= LARGEST


def _text(source: Source, every: Sequence[Finding], count: int) -> str:
    return json.dumps(document(source, every[:count], len(every) - count), indent=1) + "\n"


def document(source: Source, findings: Sequence[Finding], missing: int = 0) -> dict[str, Any]:
    """The log of these findings; ``missing`` others had no room."""
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(source, findings, missing)]}


def _run(source: Source, findings: Sequence[Finding], missing: int) -> dict[str, Any]:
    review = source.review
    names = sorted({finding.rule for finding in findings})
    run = {
        "tool": {
            "driver": {
                "name": "Redline",
                "version": source.redline,
                "semanticVersion": source.redline,
                "rules": [described.rule(name, source.entries.get(name)) for name in names],
            }
        },
        "automationDetails": {"id": "redline/"},
        "invocations": [_invocation(review, missing)],
        "originalUriBaseIds": _bases(review),
        "results": [_Row(source, each, names.index(each.rule)).result() for each in findings],
        "columnKind": "unicodeCodePoints",
        "properties": {"outcome": review.outcome, "blocks": review.blocks},
    }
    provenance = _provenance(review)
    return run | ({"versionControlProvenance": provenance} if provenance else {})


def _bases(review: Review) -> dict[str, Any]:
    commit = review.change.merge_base
    return {
        _HEAD: {"description": {"text": "The root of the repository."}},
        _BASE: {
            "description": {"text": f"The same at the merge base {commit}.".replace(" .", ".")}
        },
    }


def _provenance(review: Review) -> list[dict[str, Any]]:
    """Where the sources come from; nothing for a repository that no forge told us about."""
    change = review.change
    if not change.clone_url or not change.head:
        return []
    at = {"repositoryUri": change.clone_url, "revisionId": change.head}
    return [at | {"mappedTo": {"uriBaseId": _HEAD}}]


def _invocation(review: Review, missing: int) -> dict[str, Any]:
    """What could not be checked is an error of the run: nothing of it is ever shown as clean."""
    told = [_unchecked(each) for each in review.results if each.outcome is Outcome.UNCHECKED]
    every = (note for result in review.results for note in result.notes)
    notes = dict.fromkeys((*review.switched_off, *every))
    told += [_notification("note", note, "note") for note in notes]
    if missing:
        words = f"{missing:,} findings were left out, the mildest first: GitHub takes no more."
        told.append(_notification("warning", words, "cut"))
    return {
        "executionSuccessful": not review.unchecked,
        "toolExecutionNotifications": told,
        "toolConfigurationNotifications": [
            _notification("warning", remark, "settings") for remark in review.remarks
        ],
    }


def _unchecked(result: StageResult) -> dict[str, Any]:
    name = f"{result.stage} {result.project}".strip()
    level, as_before = ("warning", " (as before this change)") if result.existing else ("error", "")
    text = f"{name} could not check{as_before}: {result.reason or 'no reason is known'}"
    return _notification(level, text, "unchecked")


def _notification(level: str, text: str, name: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": inert(text)}, "descriptor": {"id": name}}


@dataclass(frozen=True)
class _Row:
    """One finding on its way to a result."""

    source: Source
    finding: Finding
    index: int

    def result(self) -> dict[str, Any]:
        finding = self.finding
        said: dict[str, Any] = {
            "ruleId": inert(finding.rule),
            "ruleIndex": self.index,
            "kind": "fail",
            "level": described.LEVELS[finding.severity],
            "message": {"text": inert(described.message(finding))},
            "locations": [self._location()],
            "partialFingerprints": {
                "redlineIdentity/v1": finding.identity,
                # The only one that GitHub looks at: else it makes one of the line's text.
                "primaryLocationLineHash": finding.identity,
            },
            "baselineState": "new" if finding.new else "unchanged",
            "suppressions": _suppressions(
                self._pardon, written=finding.identity in self.source.written
            ),
            "properties": self._properties(),
        }
        related, fix = self._related(), self._fix()
        return (
            said
            | ({"relatedLocations": related} if related else {})
            | ({"fixes": [fix]} if fix else {})
        )

    @property
    def _pardon(self) -> Pardon | None:
        return (
            self.source.review.exceptions.get(self.finding.identity) if self.finding.new else None
        )

    def _location(self) -> dict[str, Any]:
        where = at_head(self.finding.location, self.source.diff) or self.finding.location
        address = self.finding.address
        name = "" if address == self.finding.location.path else inert(address)
        logical = [{"fullyQualifiedName": name, "kind": "resource"}] if name else []
        return {"physicalLocation": _physical(where)} | (
            {"logicalLocations": logical} if logical else {}
        )

    def _related(self) -> list[dict[str, Any]]:
        """The removed line, and the changed one that made it happen."""
        where, cause = self.finding.location, self.finding.cause
        every = []
        if where.side is Side.BASE:
            every.append((where, "The line at the merge base."))
        if cause is not None:
            every.append((cause, "The change that causes it."))
        return [
            {"id": number, "physicalLocation": _physical(each), "message": {"text": text}}
            for number, (each, text) in enumerate(every, 1)
        ]

    def _fix(self) -> dict[str, Any] | None:
        """The lines that were proven to be right."""
        offered, where = self.finding.suggestion, self.finding.location
        if offered is None or where.side is Side.BASE or not _is_text(offered.replacement):
            return None
        replacement = {
            "deletedRegion": {"startLine": offered.first, "endLine": offered.last},
            "insertedContent": {"text": offered.replacement},
        }
        change = {"artifactLocation": _artifact(where), "replacements": [replacement]}
        text = inert(self.finding.fix) or "Replace these lines."
        return {"description": {"text": text}, "artifactChanges": [change]}

    def _properties(self) -> dict[str, Any]:
        finding = self.finding
        guide = list(commands(finding))
        symptom = {"symptom": finding.symptom, "guide": guide} if finding.symptom else {}
        return symptom | {
            "id": self.source.review.ids[finding.identity],
            "severity": finding.severity.word,
            "project": inert(finding.project),
        }


def _is_text(text: str) -> bool:
    """Whether it is valid Unicode: what would be written in its place is no fix."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def _physical(where: Location) -> dict[str, Any]:
    said: dict[str, Any] = {
        "artifactLocation": _artifact(where),
        "region": {"startLine": max(1, where.line)},
    }
    first, last = where.block or (0, 0)
    if 1 <= first <= where.line <= last and first < last:  # it has to say more than the region
        said["contextRegion"] = {"startLine": first, "endLine": last}
    return said


def _artifact(where: Location) -> dict[str, Any]:
    return {"uri": uri(where.path), "uriBaseId": _BASE if where.side is Side.BASE else _HEAD}


def _suppressions(pardon: Pardon | None, *, written: bool) -> list[dict[str, Any]]:
    """An empty list says that nothing suppresses it, which no list would leave open."""
    if pardon is None:
        return []
    return [
        {
            "kind": "inSource" if written else "external",
            "status": "underReview" if pardon.waits else "accepted",
            "justification": worded(pardon),
        }
    ]
