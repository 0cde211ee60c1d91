"""``redline review``: the bot's own pipelines over a local repository."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from bot import VERSION
from bot.change import Change, ChangeId, ForgeName
from bot.review import Review, StageResult, said_once
from rules.finding import Location, Severity, Side
from workers import parent
from workers.checkout import Checkout, CheckoutError, local
from workers.pipe import Ended, Event, Started, Wishes
from workers.project import STAGE_NAMES

if TYPE_CHECKING:
    from rich.status import Status

    from bot.cli.terminal import Terminal

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
    """Review and print; the exit status of ``status``."""
    named = (request.base or None, request.head or None)
    try:
        with (
            parent.child() as child,
            local(request.path, *named, all_new=request.everything) as checkout,
        ):
            live = _terminal(checkout, sys.stdout) if form == "text" and output is None else None
            review = _reviewed(child, checkout, request, live)
            if live is not None:
                live.end(review)
            else:
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


def _reviewed(
    child: parent.Child, checkout: Checkout, request: Request, live: "Terminal | None"
) -> Review:
    """The review; what its stages find is shown as soon as they end."""
    wishes = Wishes(tools=request.tools, all_new=request.everything)
    review = Review(_change(checkout, request), ())
    ended: list[StageResult] = []
    with shown_progress() as progress:

        def heard(event: Event | None) -> None:
            progress.show(event)
            if live is not None and isinstance(event, Ended):
                ended.append(event.result)
                with progress.paused():
                    live.show(replace(review, results=said_once(ended)))

        results = child.run(checkout, wishes, heard)
    return replace(review, results=results)


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


class Progress:
    """What runs now, on a terminal only: results belong to stdout, this to stderr."""

    def __init__(self, status: "Status | None") -> None:
        self._status = status
        self._running: dict[str, None] = {}

    def show(self, event: Event | None) -> None:
        """Name the stages that run."""
        if isinstance(event, Started):
            self._running[event.stage] = None
        elif isinstance(event, Ended):
            self._running.pop(event.result.stage, None)
        if self._status is not None and self._running:
            self._status.update(", ".join(self._running))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the line free while something is printed."""
        if self._status is None:
            yield
            return
        self._status.stop()
        yield
        self._status.start()


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Progress for as long as the block runs."""
    if not sys.stderr.isatty():
        yield Progress(None)
        return
    from rich.console import Console

    with Console(stderr=True).status("checking out") as status:
        yield Progress(status)


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    with output.open("w", encoding="utf-8") as stream:
        yield stream


def _write(review: Review, checkout: Checkout, form: str, stream: TextIO) -> None:
    if form == "json":
        from bot.formats.json import render

        stream.write(render(review, checkout.diff, VERSION))
        return
    _terminal(checkout, stream).end(review)


def _terminal(checkout: Checkout, stream: TextIO) -> "Terminal":
    from rich.console import Console

    from bot.cli.terminal import Terminal

    console = Console(file=stream, highlight=False, soft_wrap=True)
    return Terminal(STAGE_NAMES, Sources(checkout).lines, console)


class Sources:
    """The source lines around findings, each file read once."""

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout
        self._read: dict[tuple[Side, str], list[str]] = {}

    def lines(self, location: Location) -> Sequence[str]:
        """All lines of the file that the location lies in."""
        key = (location.side, location.path)
        if key not in self._read:
            self._read[key] = self._text(*key).split("\n")
        return self._read[key]

    def _text(self, side: Side, path: str) -> str:
        commit = self._checkout.head if side is Side.HEAD else self._checkout.merge_base
        entry = self._checkout.find(commit, [path]).get(path)
        if entry is None or not entry.regular:
            return ""
        content = self._checkout.blobs([entry.sha])[entry.sha]
        return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
