"""Findings at a terminal: printed as their stages end, in an order that never changes."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from bot.cli.terminal import Terminal
from bot.review import Outcome, Pardon, PardonKind, Review, StageResult
from rules.finding import Severity
from tests.bot import given

STAGES = ("kubernetes-rules", "hadolint", "dockerfile-rules")


def result(stage: str, *severities: Severity) -> StageResult:
    """A stage with a finding of each severity, of rules named after both."""
    findings = tuple(
        replace(given.warning(f"{stage}-{severity.word}", line=1), severity=severity, new=True)
        for severity in severities
    )
    return StageResult(stage, "", Outcome.PASSED, findings=findings)


RESULTS = {
    "kubernetes-rules": result("kubernetes-rules"),
    "hadolint": result("hadolint", Severity.INFO),
    "dockerfile-rules": result("dockerfile-rules", Severity.WARNING, Severity.BLOCKING),
}
WANTED = ["dockerfile-rules-blocking", "dockerfile-rules-warning", "hadolint-info"]


class Shown:
    """A terminal, and which rules stand on it."""

    def __init__(self) -> None:
        self._printed = StringIO()
        self.terminal = Terminal(STAGES, lambda _where: [], Console(file=self._printed), "as said")
        self.review = Review(given.change(), ())

    def ends(self, stage: str) -> list[str]:
        self.review = replace(self.review, results=(*self.review.results, RESULTS[stage]))
        self.terminal.show(self.review)
        return self.rules()

    def rules(self) -> list[str]:
        lines = self._printed.getvalue().splitlines()
        return [line.split()[2] for line in lines if line.startswith("Dockerfile:1")]


@pytest.mark.parametrize(
    "order", [STAGES, STAGES[::-1], ("hadolint", "dockerfile-rules", "kubernetes-rules")]
)
def test_the_order_is_the_same_whichever_stage_ends_first(order: tuple[str, ...]) -> None:
    shown = Shown()
    for stage in order:
        shown.ends(stage)
    assert shown.rules() == WANTED


def test_our_rules_speak_before_a_tool_has_ended() -> None:
    shown = Shown()
    assert shown.ends("kubernetes-rules") == []
    assert shown.ends("dockerfile-rules") == WANTED[:2]
    assert shown.ends("hadolint") == WANTED


def test_what_is_allowed_says_so_and_does_not_count() -> None:
    printed = StringIO()
    console = Console(file=printed, width=200)
    terminal = Terminal(("dockerfile-rules",), lambda _where: [], console, "as said")
    (warns, blocks) = RESULTS["dockerfile-rules"].findings
    passed = {
        warns.identity: Pardon(PardonKind.ALLOW, "", "built nightly", "2999-01-31"),
        blocks.identity: Pardon(PardonKind.ALLOW, "", "a lab", waits=True),
    }
    results = (RESULTS["dockerfile-rules"],)
    terminal.end(Review(given.change(), results, exceptions=passed))
    said = printed.getvalue()
    assert "Allowed in the file until 2999-01-31: built nightly\n" in said
    assert "Allowed in the file: a lab (waits for someone who may allow it)" in said
    assert "1 blocking, 0 warnings, 1 allowed" in said


def test_a_stage_waits_for_those_before_it() -> None:
    shown = Shown()
    assert shown.ends("hadolint") == []
    assert shown.ends("dockerfile-rules") == []
    assert shown.ends("kubernetes-rules") == WANTED


def test_the_end_prints_what_no_event_has_brought_and_nothing_twice() -> None:
    shown = Shown()
    shown.ends("kubernetes-rules")
    shown.ends("dockerfile-rules")
    shown.terminal.end(replace(shown.review, results=tuple(RESULTS[name] for name in STAGES)))
    assert shown.rules() == WANTED
