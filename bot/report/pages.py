"""Which page an address gets: a review, what is running, or that there is nothing here."""

import re
from dataclasses import dataclass

from bot.change import ChangeId, ForgeName
from bot.ledger import Kept, Ledger, Now, Shelf
from bot.markdown.escape import visible
from bot.report import page, record
from bot.report.address import change_of, path
from bot.report.record import Record, Unreadable

_WHICH = re.compile(r"[0-9a-f]{40}|[1-9][0-9]{0,17}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent: an HTTP code and a whole page."""

    code: int
    html: str


class Pages:
    """Answers for the addresses below ``/reviews/``. ``root`` is what stands before them, if any.

    Wrong, unknown and pruned look alike: whoever guesses learns nothing.
    """

    def __init__(self, ledger: Ledger, key: bytes, root: str = "") -> None:
        self._ledger, self._key, self._root = ledger, key, root.rstrip("/")

    def answer(self, place: str) -> Answer:
        """The page at a place, which is what follows ``/reviews/``. Raises Busy."""
        forge, repository, name, signed, which, *more = *place.split("/"), "", "", "", ""
        change = change_of(forge, repository, name, signed, self._key)
        if change is None or any(more) or place.endswith("/"):
            return MISSING
        if which and not _WHICH.fullmatch(which):
            return MISSING
        shelf = self._ledger.look(change, which)
        return MISSING if shelf is None else self._shown(change, which, shelf)

    def _shown(self, change: ChangeId, which: str, shelf: Shelf) -> Answer:
        if shelf.review is None:
            return self._without(change, which, shelf)
        kept = _read(shelf.review)
        if kept is None:
            return MISSING
        newest = shelf.past[0].number == shelf.review.number
        around = page.Around(
            past=self._past(change, shelf),
            running=_running(shelf.now),
            newest="" if newest else self._link(change),
            dead=visible(shelf.now.dead),
        )
        return Answer(200, page.review(kept, shelf.review.at, around))

    def _without(self, change: ChangeId, which: str, shelf: Shelf) -> Answer:
        """There is no such review: not yet, not any more, or it was given up."""
        if which not in ("", shelf.now.head):
            return MISSING
        running = _running(shelf.now)
        if running:
            return Answer(200, page.waiting(_name(change), running, self._past(change, shelf)))
        if shelf.now.dead:
            return Answer(
                200, page.plain("This review was given up", visible(shelf.now.dead), _AGAIN)
            )
        return MISSING

    def _past(self, change: ChangeId, shelf: Shelf) -> list[page.Past]:
        """The list of reviews; one that an older Redline kept is not in it."""
        shown = shelf.review.number if shelf.review else 0
        past = []
        for kept in shelf.past:
            try:
                head = record.head(kept.report)
            except Unreadable:
                continue
            link = self._link(change, str(kept.number))
            past.append(page.Past(head, link, kept.at, kept.number == shown))
        return past

    def _link(self, change: ChangeId, which: str = "") -> str:
        return self._root + path(change, self._key, which)


def _name(change: ChangeId) -> str:
    """A change as its forge writes it; a merge group by its ref."""
    if not change.number:
        return visible(change.ref)
    return f"{'!' if change.forge is ForgeName.GITLAB else '#'}{change.number}"


def _read(kept: Kept) -> Record | None:
    try:
        return record.unpack(kept.report)
    except Unreadable:
        return None


def _running(now: Now) -> page.Running | None:
    """What goes on, in words; None where nothing does."""
    if not now.open or not (now.runs or now.waits):
        return None
    verb = "Running" if now.runs else "Waiting"
    title = now.progress or ("Under review" if now.runs else "Waiting for a worker")
    return page.Running(title[:1].upper() + title[1:], now.head, f"{verb} for {_span(now.seconds)}")


def _span(seconds: float) -> str:
    whole = int(seconds)
    for size, word in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if whole >= size:
            return f"{whole // size} {word}"
    return f"{whole} s"


_AGAIN = "Comment `/redline recheck` on the change to have it reviewed again."
MISSING = Answer(
    404,
    page.plain(
        "There is no review here",
        "The address may be cut off, or the review is older than 90 days and is not kept any more.",
        "Open the change and follow its newest status; or comment `/redline recheck` there, and a"
        " new review comes with a new page.",
    ),
)
BUSY = Answer(
    503,
    page.plain(
        "The database does not answer",
        "Nothing is lost: the review goes on, and its status comes. Load this page again in a"
        " minute.",
    ),
)
