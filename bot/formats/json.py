"""``redline review --format json``: version 1 of the document that people script against."""

import json
from collections import Counter
from dataclasses import asdict
from typing import Any

from bot.change import AnchorKind, Diff
from bot.markdown.guide import commands
from bot.pardon import Stated
from bot.review import Outcome, PardonKind, Review, StageResult
from rules.finding import Finding, Severity

VERSION = 1


def render(review: Review, diff: Diff, redline: str) -> str:
    """The document as text, two spaces a level."""
    return json.dumps(document(review, diff, redline), indent=2) + "\n"


def document(review: Review, diff: Diff, redline: str) -> dict[str, Any]:
    """The document. A sha is null where a side is the working tree or there is none."""
    change, stated = review.change, Stated(review.results)
    return {
        "version": VERSION,
        "redline": redline,
        "merge_base": change.merge_base or None,
        "base": change.base or None,
        "head": change.head or None,
        "outcome": review.outcome,
        "blocks": review.blocks,
        "gate": _gate(review),
        "stages": [_stage(result) for result in review.results],
        "findings": [
            _finding(review, result, finding, diff) | _bound(stated, finding)
            for result in review.results
            for finding in result.findings
        ],
        "effects": [asdict(effect) for effect in review.effects],
        "destroyed": stated.destroyed or None,
        "remarks": list(review.remarks),
        "off": review.off or None,
        "counts": _counts(review),
    }


def _gate(review: Review) -> dict[str, str]:
    gate = review.gate
    return {
        "profile": gate.profile,
        "block_on": gate.block_on.word,
        "on_unchecked": gate.on_unchecked,
    }


def _bound(stated: Stated, finding: Finding) -> dict[str, str | None]:
    """What an acknowledgement is bound to."""
    return {"digest": stated.digest(finding) if finding.new else None}


def _stage(result: StageResult) -> dict[str, Any]:
    return {
        "stage": result.stage,
        "project": result.project,
        "outcome": result.outcome,
        "reason": result.reason or "; ".join(result.notes),
        "existing": result.existing,
        "seconds": round(result.seconds, 3),
    }


def _finding(review: Review, result: StageResult, finding: Finding, diff: Diff) -> dict[str, Any]:
    where, offered = finding.location, finding.suggestion
    anchor = diff.anchor(where, finding.cause)
    return {
        "id": review.ids[finding.identity],
        "identity": finding.identity,
        "rule": finding.rule,
        "severity": finding.severity.word,
        "stage": result.stage,
        "new": finding.new,
        "allowed": _pardon(review, finding, PardonKind.ALLOW),
        "acknowledged": _pardon(review, finding, PardonKind.ACKNOWLEDGE),
        "message": finding.message,
        "fix": finding.fix,
        "symptom": finding.symptom,
        "guide": list(commands(finding)),
        "project": finding.project,
        "address": finding.address,
        "object": asdict(finding.object) if finding.object else None,
        "container": finding.container,
        "path": where.path,
        "line": where.line,
        "side": where.side,
        "anchor": {
            "kind": anchor.kind,
            "path": anchor.path or None,
            "line": anchor.line if anchor.kind is AnchorKind.LINE else None,
            "side": anchor.side,
        },
        "suggestion": offered.replacement if offered else None,
        "suggestion_lines": [offered.first, offered.last] if offered else None,
    }


def _pardon(review: Review, finding: Finding, kind: PardonKind) -> dict[str, Any] | None:
    found = review.exceptions.get(finding.identity)
    if found is None or found.kind is not kind or not finding.new:
        return None
    said: dict[str, Any] = {"by": found.by, "reason": found.reason}
    if kind is PardonKind.ALLOW:
        said |= {"until": found.until or None, "waits": found.waits}
    return said


def _counts(review: Review) -> dict[str, int]:
    counts = {severity.word: review.counts[severity] for severity in reversed(Severity)}
    held = Counter(each.kind for finding in review.findings if (each := review.pardon(finding)))
    unchecked = sum(result.outcome is Outcome.UNCHECKED for result in review.results)
    return counts | {
        "existing": review.existing,
        "allowed": held[PardonKind.ALLOW],
        "acknowledged": held[PardonKind.ACKNOWLEDGE],
        "unchecked": unchecked,
    }
