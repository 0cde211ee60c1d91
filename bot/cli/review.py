"""``redline review``: the bot's own pipelines over a local repository."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from bot.change import Change, ChangeId, ForgeName
from bot.cli.progress import shown_progress
from bot.cli.written import Report, WrongUse, asked, checked, document, write
from bot.pardon import Author, Said, pardons
from bot.review import Review, StageResult, said_once
from rules.finding import Severity
from workers import parent, shelf
from workers.checkout import Checkout, CheckoutError, Sources, local
from workers.pipe import Ended, Event, Wishes
from workers.project import STAGE_NAMES

if TYPE_CHECKING:
    from bot.cli.terminal import Terminal

UNCHECKED = 2
_LIMITS = {"blocking": Severity.BLOCKING, "warning": Severity.WARNING, "never": 0}
_OBEYED = (
    "REDLINE_CONFIG",
    "REDLINE_SANDBOX",
    "REDLINE_STAGE_SECONDS",
    "REDLINE_REVIEW_SECONDS",
)


class WrongSettings(Exception):
    """A setting that a review in a terminal goes by cannot be understood."""


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line; ``reports`` are written beside the result."""

    path: Path
    base: str
    head: str
    everything: bool
    tools: bool
    reports: Sequence[str] = ()


def examine(request: Request, form: str, output: Path, fail_on: str | None) -> int:
    """Review and print; the exit status of ``status``. Raises OSError where it cannot write."""
    try:
        every = [Report(form, output), *asked(request.reports)]
        checked(every)
        review = _examined(request, every)
    except (CheckoutError, WrongSettings, WrongUse) as error:
        sys.stderr.write(f"redline: {error}\n")
        return UNCHECKED
    return status(review, fail_on)


def _examined(request: Request, reports: Sequence[Report]) -> Review:
    named = (request.base or None, request.head or None)
    with (
        parent.child(shelf=shelf.of(request.path)) as child,
        local(request.path, *named, all_new=request.everything) as checkout,
    ):
        shown = Report("text") in reports
        live = _terminal(checkout, request, sys.stdout) if shown else None
        review = _reviewed(child, checkout, request, live)
        if live is not None:
            live.end(review)
        for report in reports:
            if report != Report("text"):
                write(report, _text(review, checkout, request, report.form))
        return review


def _text(review: Review, checkout: Checkout, request: Request, form: str) -> str:
    if form != "text":
        return document(review, checkout, form)
    stream = StringIO()
    _terminal(checkout, request, stream).end(review)
    return stream.getvalue()


def status(review: Review, fail_on: str | None) -> int:
    """1 for something at or above ``fail_on``, else 2 for something unchecked, else 0.

    None is the repository's own gate. What that lets pass unchecked is 0 in any case.
    """
    if fail_on is None:
        failed = review.blocks and bool(review.blocking)
    else:
        limit = _LIMITS[fail_on]
        failed = bool(limit) and any(one.severity >= limit for one in review.counted)
    if failed:
        return 1
    return UNCHECKED if review.unchecked and not review.gate.passes_unchecked else 0


def _reviewed(
    child: parent.Child, checkout: Checkout, request: Request, live: "Terminal | None"
) -> Review:
    """The review; what its stages find is shown as soon as they end."""
    wishes = _wishes(request)
    review = Review(_change(checkout, request), ())
    said = (Said(wishes.today), Author(checkout.author))
    weighed = partial(_weighed, review, child, said)
    ended: list[StageResult] = []
    with shown_progress() as progress:

        def heard(event: Event | None) -> None:
            progress.show(event)
            if live is not None and isinstance(event, Ended):
                ended.append(event.result)
                with progress.paused():
                    live.show(weighed(said_once(ended)))

        results = child.run(checkout, wishes, heard)
    return weighed(results)


def _weighed(
    review: Review, child: parent.Child, said: tuple[Said, Author], results: tuple[StageResult, ...]
) -> Review:
    """The results under the repository's gate; here nobody agrees to what the change allows."""
    chosen = child.configured
    passed = pardons(results, chosen.gate, *said)
    return replace(
        review,
        results=results,
        gate=chosen.gate,
        remarks=chosen.remarks,
        off=chosen.off,
        exceptions=passed,
    )


def _wishes(request: Request) -> Wishes:
    """How to review: as the server here would. Its settings are only read where there are any."""
    wishes = Wishes(tools=request.tools, all_new=request.everything)
    if not any(os.environ.get(name) for name in _OBEYED):
        return wishes
    from bot.settings import SettingsError, chosen

    try:
        settings = chosen(_OBEYED)
    except SettingsError as error:
        raise WrongSettings("; ".join(error.faults)) from None
    return replace(
        wishes,
        defaults=settings.operator.defaults,
        sandbox=settings.sandbox,
        stage_seconds=settings.stage_seconds,
        review_seconds=settings.review_seconds,
    )


def _change(checkout: Checkout, request: Request) -> Change:
    """The local repository as a change that no forge knows."""
    here = request.path.resolve()
    return Change(
        id=ChangeId(ForgeName.LOCAL, 0),
        repository=here.name,
        merge_base=checkout.merge_base,
        base=checkout.base,
        head="" if checkout.uncommitted else checkout.head,
        base_ref=request.base,
        url=here.as_uri(),
        clone_url="",
        author="",
    )


def _terminal(checkout: Checkout, request: Request, stream: TextIO) -> "Terminal":
    from bot.cli.printer import Printer
    from bot.cli.terminal import Terminal

    console = Printer(file=stream, highlight=False, soft_wrap=True)
    return Terminal(STAGE_NAMES, Sources(checkout).lines, console, _compared(checkout, request))


def _compared(checkout: Checkout, request: Request) -> str:
    """What was compared with what: whoever sees nothing wants to know why."""
    count, since = len(checkout.diff.files), checkout.merge_base[:7]
    if request.everything:
        return "every file judged as new"
    if not count:
        return f"nothing differs from {since}; --base names another branch, --all judges all"
    return f"{count} file{'s' * (count != 1)} changed since {since}"
