"""``redline review``: the bot's own pipelines over a local repository."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from bot import VERSION
from bot.change import Change, ChangeId, ForgeName
from bot.cli.progress import shown_progress
from bot.pardon import Said, pardons
from bot.review import Review, StageResult, said_once
from rules.finding import Severity
from workers import parent
from workers.checkout import Checkout, CheckoutError, Sources, local
from workers.pipe import Ended, Event, Wishes
from workers.project import STAGE_NAMES

if TYPE_CHECKING:
    from bot.cli.terminal import Terminal

UNCHECKED = 2
_LIMITS = {"blocking": Severity.BLOCKING, "warning": Severity.WARNING, "never": 0}
_OBEYED = ("REDLINE_SANDBOX", "REDLINE_STAGE_SECONDS", "REDLINE_REVIEW_SECONDS")


class WrongSettings(Exception):
    """A setting that a review in a terminal goes by cannot be understood."""


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line."""

    path: Path
    base: str
    head: str
    everything: bool
    tools: bool


def examine(request: Request, form: str, output: Path | None, fail_on: str | None) -> int:
    """Review and print; the exit status of ``status``. Raises OSError where it cannot write."""
    try:
        _writable(output)
        review = _examined(request, form, output)
    except (CheckoutError, WrongSettings) as error:
        sys.stderr.write(f"redline: {error}\n")
        return UNCHECKED
    return status(review, fail_on)


def _writable(output: Path | None) -> None:
    """Raise OSError before the review, not after it, where its result cannot be written."""
    if output is not None:
        known = output.exists()
        output.open("a").close()
        if not known:
            output.unlink()


def _examined(request: Request, form: str, output: Path | None) -> Review:
    named = (request.base or None, request.head or None)
    with (
        parent.child() as child,
        local(request.path, *named, all_new=request.everything) as checkout,
    ):
        if form == "text" and output is None:
            live = _terminal(checkout, request, sys.stdout)
            review = _reviewed(child, checkout, request, live)
            live.end(review)
            return review
        review = _reviewed(child, checkout, request, None)
        with _opened(output) as stream:
            if form == "text":
                _terminal(checkout, request, stream).end(review)
            else:
                stream.write(_document(review, checkout, form))
        return review


def _document(review: Review, checkout: Checkout, form: str) -> str:
    """The review for a program or a browser."""
    if form == "html":
        from bot.formats import html

        return html.render(review, Sources(checkout).lines, VERSION)
    from bot.formats import json

    return json.render(review, checkout.diff, VERSION)


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
    ended: list[StageResult] = []
    with shown_progress() as progress:

        def heard(event: Event | None) -> None:
            progress.show(event)
            if live is not None and isinstance(event, Ended):
                ended.append(event.result)
                with progress.paused():
                    live.show(_weighed(review, child, said_once(ended), wishes))

        results = child.run(checkout, wishes, heard)
    return _weighed(review, child, results, wishes)


def _weighed(
    review: Review, child: parent.Child, results: tuple[StageResult, ...], wishes: Wishes
) -> Review:
    """The results under the repository's gate; here nobody agrees to what the change allows."""
    chosen = child.configured
    passed = pardons(results, chosen.gate, Said(wishes.today))
    return replace(
        review, results=results, gate=chosen.gate, remarks=chosen.remarks, exceptions=passed
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


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout or StringIO()
        return
    with output.open("w", encoding="utf-8") as stream:
        yield stream


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
