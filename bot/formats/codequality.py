"""``redline review --format codequality``: GitLab's Code Quality report. Pure.

Only what is new: GitLab compares the report with the target branch's, whose own review of nothing
but itself is empty.
"""

import json
from typing import Any

from bot.change import Diff
from bot.formats.described import message
from bot.formats.inert import at_head, inert
from bot.report.making import pardon as worded
from bot.review import Review, StageResult
from rules.finding import Finding, Severity


def render(review: Review, diff: Diff) -> str:
    """The report as text: a list, the gravest first, what could not be checked before it."""
    rows = [_unchecked(review, result) for result in review.unchecked]
    rows += [_row(review, finding, diff) for finding in review.findings]
    return json.dumps(rows, indent=1) + "\n"


def _row(review: Review, finding: Finding, diff: Diff) -> dict[str, Any]:
    where = at_head(finding.location, diff) or finding.location
    pardon = review.exceptions.get(finding.identity)
    said = f"{message(finding)} {worded(pardon)}".strip()
    return {
        "description": inert(said),
        "check_name": inert(finding.rule),
        "fingerprint": finding.identity,
        "severity": _severity(review, finding),
        "location": {"path": inert(where.path), "lines": {"begin": max(1, where.line)}},
    }


def _severity(review: Review, finding: Finding) -> str:
    """GitLab has five: ``blocker`` is what holds the change back, ``info`` what was let pass."""
    if review.pardon(finding) is not None or finding.severity is Severity.INFO:
        return "info"
    if finding.severity >= review.gate.block_on:
        return "blocker" if review.blocks else "critical"
    return "major" if finding.family else "minor"


def _unchecked(review: Review, result: StageResult) -> dict[str, Any]:
    """A report without it would look like a clean one. It has no line: GitLab asks for one."""
    name = f"{result.stage} {result.project}".strip()
    return {
        "description": inert(f"Not checked: {name}: {result.reason or 'no reason is known'}"),
        "check_name": "unchecked",
        "fingerprint": inert(f"unchecked {name}"),
        "severity": "info" if review.gate.passes_unchecked else "blocker",
        "location": {"path": inert(result.project) or ".", "lines": {"begin": 1}},
    }
