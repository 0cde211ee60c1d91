"""Findings at a terminal: printed as their stages end, in an order that never changes."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from bot.cli.terminal import Terminal
from bot.review import Outcome, Pardon, PardonKind, Review, StageResult
from rules.finding import Severity, Suggestion
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


def offered(first: int, last: int, replacement: str) -> list[str]:
    """What is shown below the fix, over a file of 99 lines."""
    printed = StringIO()
    console = Console(file=printed, width=200)
    source = [f"\told {number}\x1b" for number in range(1, 100)]
    terminal = Terminal(("hadolint",), lambda _where: source, console, "as said")
    wanted = replace(
        given.warning("pinned", line=2), suggestion=Suggestion(first, last, replacement)
    )
    terminal.show(
        Review(given.change(), (StageResult("hadolint", "", Outcome.PASSED, findings=(wanted,)),))
    )
    lines = printed.getvalue().rstrip().split("\n")
    return lines[lines.index("  Certain to mend it:") + 1 :]


def test_a_suggestion_that_was_proven_is_shown_as_lines() -> None:
    shown = offered(2, 3, "new 2\n  new \x1b[3")
    old = [f"  -     old {number}\\x1b" for number in (2, 3)]
    assert shown == [*old, "  + new 2", "  +   new \\x1b[3"]


def test_a_long_suggestion_is_cut() -> None:
    shown = offered(1, 40, "x" * 500)
    assert len(shown) == 22
    assert shown[20] == "  - ... and 20 more"
    assert shown[21] == "  + " + "x" * 160


def test_a_log_shows_no_secret() -> None:
    printed = StringIO()
    source = ["- name: GREETING", "  value: correct-horse", "- name: API_TOKEN", "  value: 9f86d08"]
    console = Console(file=printed, width=200)
    terminal = Terminal(("kubernetes-rules",), lambda _where: source, console, "as said")
    found = given.finding("secret-literal", "pod.yaml", 2)
    terminal.show(
        Review(
            given.change(),
            (StageResult("kubernetes-rules", "", Outcome.PASSED, findings=(found,)),),
        )
    )
    said = printed.getvalue()
    assert "- name: GREETING" in said
    assert "  >     2 |   [hidden]" in said
    assert "correct-horse" not in said
    assert "9f86d08" not in said
