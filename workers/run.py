"""One run of a review: from the forge's word on the head to the status on it."""

import time
from collections.abc import Callable, Mapping

import structlog

from bot import VERSION, markdown
from bot.change import Change, Kind
from bot.forges.base import Forge, ForgeError
from bot.formats.json import render
from bot.ledger import Lease, Ledger, Superseded
from bot.publish import Timing, publish
from bot.review import Review, StageResult, Status
from bot.settings import Settings
from workers import parent
from workers.checkout import Checkout, fetched
from workers.guard import Guard
from workers.pipe import Ended, Event, Started, Wishes
from workers.project import STAGE_NAMES

log = structlog.get_logger()

EDIT_SECONDS = 5.0  # between two edits of a running status
CHECK_SECONDS = 1.0  # between two looks at whether this run is still wanted


class Run:
    """A review under a lease. Made with the forge's own word on what the change is now."""

    def __init__(self, lease: Lease, forge: Forge, ledger: Ledger, settings: Settings) -> None:
        self._lease, self._forge, self._ledger, self._settings = lease, forge, ledger, settings
        self.change: Change = forge.change(lease.change)

    def review(self) -> None:
        """Fetch, judge, publish, and the status last, on the head that was reviewed."""
        self._status(markdown.running("checking out"))
        try:
            token = self._forge.token(self.change)
            with fetched(self.change, token, self._settings.state_dir) as checkout:
                review = Review(self.change, self._results(checkout))
                self._still_the_head()
                status = self._publish(review, checkout)
            self._still_the_head()
        except Superseded:
            self._superseded()
            raise
        self._status(status)
        self._lease.done(
            self.change.head, review.outcome, render(review, checkout.diff, VERSION).encode()
        )

    def give_up(self, reason: str) -> None:
        """Say aloud that there will be no review: a status that never comes blocks for ever."""
        log.error("review given up", change=self.change.id.number, reason=reason)
        self._status(markdown.broken(reason))
        self._lease.bury(reason)

    def _results(self, checkout: Checkout) -> tuple[StageResult, ...]:
        wishes = Wishes(
            sandbox=self._settings.sandbox,
            stage_seconds=self._settings.stage_seconds,
            review_seconds=self._settings.review_seconds,
        )
        return parent.run(checkout, wishes, Watch(self._lease, self._status))

    def _publish(self, review: Review, checkout: Checkout) -> Status:
        """Bring the conversation up to date; the status that goes with it."""
        wanted = markdown.wanted(review, checkout.diff, self._settings.key)
        last = self._lease.last()
        if self.change.id.kind is Kind.CHANGE:
            publish(
                self._forge.conversation(self.change),
                wanted,
                self._guard(),
                lambda run: renames(checkout, run, last.head if last else run),
                Timing(self._settings.settle_seconds),
            )
        return wanted.status

    def _guard(self) -> Guard:
        pace = self._settings.forge_pace_seconds
        return Guard(self._ledger, self._lease, self.change.installation, pace)

    def _still_the_head(self) -> None:
        """Raise Superseded when the forge shows another head, whether or not a webhook told us."""
        self._lease.check()
        if self._forge.change(self.change.id).head != self.change.head:
            raise Superseded

    def _superseded(self) -> None:
        """The old commit's status ends too; without it the new one's still comes."""
        try:
            head = self._forge.change(self.change.id).head
            if head != self.change.head:
                self._forge.status(self.change, markdown.superseded(head))
        except ForgeError as error:
            log.info("old status left", reason=str(error))

    def _status(self, status: Status) -> None:
        self._lease.check()
        self._forge.status(self.change, status)


def renames(checkout: Checkout, run: str, last: str) -> Mapping[str, str]:
    """Old to new names of files between an earlier head and this one; none if it is unknown.

    ``last`` is the head that was reviewed before this one: a file that has changed much since
    ``run`` was moved in the last push all the same, and marks bear the names of that time.
    """
    heads = dict.fromkeys((run, last))
    moved = [checkout.renames(head, checkout.head) for head in heads if head != checkout.head]
    return {old: new for each in moved for old, new in each.items()}


class Watch:
    """Looks on while the child works: shows progress, ends a run that is not wanted any more."""

    def __init__(self, lease: Lease, show: Callable[[Status], None]) -> None:
        self._lease, self._show = lease, show
        self._started = self._checked = self._shown = time.monotonic()
        self._stages: list[Started] = []
        self._ended = 0

    def __call__(self, event: Event | None) -> None:
        """Called with each event, and with None at least once a second. Raises Over."""
        if isinstance(event, Started):
            self._stages.append(event)
        elif isinstance(event, Ended):
            self._ended += 1
        now = time.monotonic()
        if now - self._checked >= CHECK_SECONDS:
            self._checked = now
            self._lease.check()
        if self._stages and now - self._shown >= EDIT_SECONDS:
            self._shown = now
            self._show(markdown.running(self._title(now)))

    def _title(self, now: float) -> str:
        last = self._stages[-1]
        label = f"{last.stage.replace('-', ' ')} {last.project}".strip()
        return markdown.progress(self._ended + 1, len(STAGE_NAMES), label, now - self._started)
