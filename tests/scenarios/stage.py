"""The one part of a review that is played here: what its stages find.

All else is real. A scenario says what the stages of the next reviews yield; findings are given by
place, so that a scenario reads as what people would see.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.review import Outcome, StageResult, said_once
from rules.finding import Family, Finding, Location, Severity, Side
from workers.checkout import Checkout
from workers.pipe import Configured, Ended, Event, Started, Wishes
from workers.shelf import Shelf

RULES = {
    "root": ("root-container", Family.SECURITY_CONTEXT),
    "privileged": ("privileged-container", Family.SECURITY_CONTEXT),
    "destroyed": ("destroyed-database", Family.DESTRUCTION),
    "iam": ("widened-iam", Family.IAM),
    "network": ("widened-network", Family.NETWORK),
    "encryption": ("dropped-encryption", Family.ENCRYPTION),
    "floating": ("floating-image", None),
    "probe": ("missing-probe", None),
}


def found(
    kind: str,
    path: str,
    line: int,
    *,
    blocks: bool = True,
    base: bool = False,
    block: tuple[int, int] | None = None,
    name: str = "",
    message: str = "",
    new: bool = True,
    **further: Any,
) -> Finding:
    """A finding at a line of head or, with ``base``, of the merge base."""
    rule, family = RULES[kind]
    side = Side.BASE if base else Side.HEAD
    return Finding(
        rule=rule,
        severity=Severity.BLOCKING if blocks else Severity.WARNING,
        location=Location(path, line, side, block or (line, line)),
        message=message or f"{rule} of `{name or path}`",
        detail="",
        address=name or f"{path}:{kind}",
        project="",
        family=family,
        new=new,
        **further,
    )


def ran(
    *findings: Finding,
    stage: str = "kubernetes-rules",
    outcome: Outcome | None = None,
    reason: str = "",
    project: str = "",
    **further: Any,
) -> StageResult:
    """A stage that ran: failed where something new blocks, else passed."""
    blocks = any(each.new and each.severity is Severity.BLOCKING for each in findings)
    ended = outcome or (Outcome.FAILED if blocks else Outcome.PASSED)
    return StageResult(stage, project, ended, reason, findings, seconds=0.1, **further)


def idle(stage: str = "kubernetes-rules") -> StageResult:
    """A stage with nothing of its kind in the change."""
    return StageResult(stage, "", Outcome.NOT_NEEDED)


def could_not(reason: str, stage: str = "tofu-plan", project: str = "prod/eu", **further: Any
) -> StageResult:  # fmt: skip
    """A stage that should have run."""
    return StageResult(stage, project, Outcome.UNCHECKED, reason, **further)


@dataclass
class Stage:
    """What the child of the next reviews says. ``meanwhile`` is called before each of its ends.

    ``configured`` is what it read of the repository's own choices; ``trusted`` has of each run
    whether its stages might use credentials.
    """

    configured: Configured = field(default_factory=Configured)
    results: tuple[StageResult, ...] = (idle(),)
    meanwhile: Callable[[int], None] = field(default=lambda number: None)
    runs: int = 0
    trusted: list[bool] = field(default_factory=list)

    def finds(self, *findings: Finding) -> None:
        """One stage, with these."""
        self.results = (ran(*findings),)

    @contextmanager
    def child(self, shelf: Shelf) -> Iterator["Stage"]:
        """In place of ``workers.parent.child``."""
        yield self

    def run(
        self, checkout: Checkout, wishes: Wishes, progress: Callable[[Event | None], None]
    ) -> tuple[StageResult, ...]:
        """What a child reports: each stage as it starts and ends."""
        self.runs += 1
        self.trusted.append(wishes.trusted)
        results = self.results
        for result in results:
            progress(Started(result.stage, result.project))
        for number, result in enumerate(results):
            self.meanwhile(number)
            progress(None)
            progress(Ended(result))
        return said_once(results)
