"""``redline review``: the bot's own pipelines over a local repository."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from bot import VERSION
from bot.change import Change, ChangeId, ForgeName
from bot.review import Review
from rules.finding import Location, Severity, Side
from workers import parent
from workers.checkout import Checkout, CheckoutError, local
from workers.parent import Wishes

UNCHECKED = 2


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line."""

    path: Path
    base: str
    head: str
    everything: bool
    tools: bool


def examine(request: Request, form: str, output: Path | None, fail_on: str) -> int:
    """Review and print; the exit status as INTERFACES has it."""
    try:
        with local(request.path, request.base or None, request.head or None) as checkout:
            review = _review(checkout, request)
            with _opened(output) as stream:
                _write(review, checkout, form, stream)
    except CheckoutError as error:
        print(f"redline: {error}", file=sys.stderr)  # noqa: T201
        return UNCHECKED
    return status(review, fail_on)


def status(review: Review, fail_on: str) -> int:
    """1 for something at or above ``fail_on``, else 2 for something unchecked, else 0."""
    limit = {"blocking": Severity.BLOCKING, "warning": Severity.WARNING}.get(fail_on)
    if limit and any(finding.severity >= limit for finding in review.findings):
        return 1
    return UNCHECKED if review.unchecked else 0
