"""``redline review``: the bot's own pipelines over a local repository."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
from workers.pipe import Started

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
    try:
        named = (request.base or None, request.head or None)
        with local(request.path, *named, all_new=request.everything) as checkout:
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


def _review(checkout: Checkout, request: Request) -> Review:
    wishes = Wishes(tools=request.tools, all_new=request.everything)
    with shown_progress() as progress:
        results = parent.run(checkout, wishes, progress)
    return Review(_change(checkout, request), results)


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
def shown_progress() -> Iterator[Callable[[object], None]]:
    """What runs now, on a terminal only: results belong to stdout, this to stderr."""
    if not sys.stderr.isatty():
        yield lambda _event: None
        return
    from rich.console import Console

    with Console(stderr=True).status("checking out") as status:

        def show(event: object) -> None:
            if isinstance(event, Started):
                status.update(f"{event.stage} {event.project}".strip())

        yield show


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
    from rich.console import Console

    from bot.cli.terminal import show

    show(review, Sources(checkout).lines, Console(file=stream, highlight=False, soft_wrap=True))


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
