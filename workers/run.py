"""One run of a review: from the forge's word on the head to the status on it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from bot import VERSION, markdown, told
from bot.change import Change, ForgeName, Kind, Seen, grouped
from bot.forges.base import Denied, Forge, ForgeError, Gone, Refused, Role, Unsure
from bot.formats.json import render
from bot.ledger import Busy, Lease, Ledger, Onto, Superseded
from bot.pardon import Author, Said, followed, of_others, pardons, waiting
from bot.permission import Act, may
from bot.publish import Past, Timing, publish, then
from bot.report.address import address
from bot.report.making import record
from bot.report.record import pack
from bot.review import Review, StageResult, Status, said_once
from bot.settings import Settings
from workers import checkout, glance, kept, parent
from workers.checkout import Checkout, Moved, Patience, Source, Sources, fetched
from workers.guard import Guard
from workers.pipe import Ended, Event, Started, Wishes
from workers.project import STAGE_NAMES
from workers.shelf import Shelf

log = structlog.get_logger()

EDIT_SECONDS = 5.0  # between two edits of a running status, at least
EDIT_GROWTH = 1.5  # a long review is not told of more often than people look
CHECK_SECONDS = 1.0  # between two looks at whether this run is still wanted
STATUS_TRIES = 3


class Run:
    """A review under a lease. Made with the forge's own word on what the change is now."""

    def __init__(self, lease: Lease, forge: Forge, ledger: Ledger, settings: Settings) -> None:
        self._lease, self._forge, self._settings = lease, forge, settings
        self.change: Change = forge.change(lease.change)
        every = settings.forge_pace_seconds
        self._page = address(settings.public_url, lease.change, settings.key)
        self._ledger, self._people = ledger, ledger.people
        self._guard = Guard(ledger, lease, self.change.installation, every)
        # Who fetches without a sign of life for so long has lost its lease too.
        self._patience = Patience(self._guard.check, settings.lease_seconds)
        self._quiet = False
        self._begun: int | None = None  # threads, where some were posted before all stages ended
        self._doubt = 0.0  # until then a listing may lack a status that may have been written

    def review(self) -> None:
        """Fetch, judge, publish, and the status last, on the head that was reviewed.

        Where only the base has moved: nothing at all, unless that matters to this change, or where
        the review's last word is not shown any more.
        """
        if self._lease.glance and not self._matters() and self._stands():
            self._lease.untouched(self.change.head, self.change.base)
            return
        try:
            self._begin()
            try:
                self._reviewed(self._forge.token(self.change))
            except checkout.Denied:
                self._reviewed(self._forge.token(self.change, fresh=True))
        except Superseded:
            self._superseded()
            raise

    def give_up(self, reason: str) -> None:
        """Say aloud that there will be no review: a status that never comes blocks for ever."""
        log.error("review given up", change=self.change.id.number, reason=reason)
        try:
            self._conclude(markdown.broken(reason, self._at(self.change.head)))
        except (Denied, Refused) as error:
            log.warning("not even the status", change=self.change.id.number, reason=str(error))
        self._lease.bury(reason)

    def _matters(self) -> bool:
        """Whether the review would have another base to go by; in doubt it is made."""
        try:
            return glance.matters(self.change, self._lease.last(), self._moved)
        except (checkout.Denied, checkout.HeadGone) as error:
            log.info("base not compared", change=self.change.id.number, reason=str(error))
            return True

    def _stands(self) -> bool:
        """Whether the last review's status is shown at the head, or can be again as it was.

        GitLab shows one in a pipeline: a later one at the same commit has none.
        """
        forge = self.change.id.forge
        if forge is not ForgeName.GITLAB or not self._forge.unfinished(self.change):
            return True
        status = kept.status(self._ledger, self.change, self._at(self.change.head))
        if status is None:
            return False
        self._guard.check()
        self._conclude(status)
        return True

    def _moved(self, since: str) -> Moved | None:
        source = Source(self.change.clone_url, self._forge.token(self.change), wait=self._patience)
        return checkout.moved(self.change, since, source, self._settings.state_dir)

    def _begin(self) -> None:
        """Show that it runs, and end the statuses of heads that it replaces.

        A final status stays while its head is looked at once more, unless someone asked for that:
        a worker that was killed before it could write down that it was done left one.
        """
        self._quiet = not (self._lease.recheck or self._forge.unfinished(self.change))
        self._show("checking out")
        for head in self._lease.left(self.change.head):
            self._leave(head, self.change.head)

    def _reviewed(self, token: str) -> None:
        mirrored = fetched(self.change, token, self._settings.state_dir, wait=self._patience)
        with parent.child(shelf=self._shelf()) as child, mirrored as files:
            review = self._judged(child, files)
            self._still_the_head()
            status = self._publish(review, files)
            body = render(review, files.diff, VERSION).encode()
            report = pack(record(review, Sources(files).lines, VERSION))
        self._still_the_head()
        self._conclude(status)
        onto = Onto(self.change.base, self.change.merge_base)
        self._lease.done(self.change.head, review.outcome, body, report, onto)

    def _shelf(self) -> Shelf:
        """What earlier reviews of the repository have made of its files."""
        name = f"{self.change.id.forge}-{self.change.id.repository}"
        return Shelf(self._settings.state_dir / "judged" / name)

    def _judged(self, child: parent.Child, files: Checkout) -> Review:
        """What the stages say, weighed with what people have said by now."""
        wishes = Wishes(
            defaults=self._settings.operator.defaults,
            sandbox=self._settings.sandbox,
            stage_seconds=self._settings.stage_seconds,
            review_seconds=self._settings.review_seconds,
            trusted=self._trusted(),
            today=self._people.said(self.change.id).today,
        )
        early = Early(
            self._settings.publish_after_seconds,
            lambda ended: self._early(self._weighed(child, files, ended, _running(ended)), files),
        )
        results = child.run(files, wishes, Watch(self._guard.check, self._show, early))
        return self._weighed(child, files, results)

    def _weighed(
        self,
        child: parent.Child,
        files: Checkout,
        results: tuple[StageResult, ...],
        running: tuple[str, ...] = (),
    ) -> Review:
        self._follow(files, results)
        chosen, said = child.configured, self._said()
        author = self._author(asked=waiting(results, chosen.gate))
        passed = pardons(results, chosen.gate, said, author)
        return Review(
            self.change,
            results,
            chosen.gate,
            passed,
            chosen.remarks,
            said.paused_by,
            running,
            chosen.off,
        )

    def _follow(self, files: Checkout, results: tuple[StageResult, ...]) -> None:
        """Let allowances hold for what they speak of, though its file has another name by now.

        Or though its object has left that file.
        """
        said, last = self._people.said(self.change.id), self._lease.last()
        if not said.allowances or last is None:
            return
        names = dict(followed(results, said, renames(files, last.head, last.head)))
        new = (one for each in results for one in each.findings if one.new)
        allowed = {one.identity for one in said.allowances}
        for now, place in then(new, told.read(self._ledger.review(self.change.id))).items():
            if place.identity in allowed and now not in allowed:
                names[place.identity] = now
        if names:
            self._guard.check()
            self._people.follow(self.change.id, names)

    def _said(self) -> Said:
        """What people have said; on somebody else's change the author may have allowed it too."""
        said, author = self._people.said(self.change.id), self.change.author
        if author and any(one.blocking and one.by == author for one in said.allowances):
            role = self._forge.role(self.change, author)
            if not may(Act.PARDON_BLOCKING, role, own=True):
                return of_others(said, author)
        return said

    def _author(self, *, asked: bool) -> Author:
        """Whose exceptions the change brings; ``asked``: whether it matters what they may.

        To a fork others may push than who opened the change. What a queue's group brings is what
        the change brought that it was made for.
        """
        change, member = self.change, grouped(self.change.id)
        try:
            if asked and member is not None:
                change = self._forge.change(member)
        except Gone:
            return Author()
        if not asked or change.fork or not change.author:
            return Author(change.author)
        role = self._forge.role(change, change.author)
        return Author(change.author, may(Act.PARDON_BLOCKING, role, own=True))

    def _early(self, review: Review, files: Checkout) -> None:
        """Say what the quick stages have found: a plan may take ten minutes more."""
        if review.findings:
            self._still_the_head()
            self._publish(review, files)

    def _trusted(self) -> bool:
        """Whether stages may use credentials: asked live, whatever someone did before."""
        change, said = self.change, self._people.said(self.change.id)
        if said.released.keys() - {change.head}:
            self._people.withdraw(change.id, change.head)
        if not self._lease.keyed:
            return False
        # A queue takes a change only from who may write; its group has no author of its own.
        if change.id.kind is Kind.MERGE_GROUP or change.head in said.released:
            return True
        if change.fork:  # whoever may write there may push to it, and nobody here knows them
            return False
        if self._settings.operator.trusts(change.author):
            return True
        return bool(change.author) and self._forge.role(change, change.author) >= Role.WRITE

    def _publish(self, review: Review, files: Checkout) -> Status:
        """Bring the conversation up to date; the status that goes with it."""
        key = self._settings.key
        wanted = markdown.wanted(review, files.diff, key, self._page, self._begun)
        last = self._lease.last()
        if self.change.id.kind is Kind.CHANGE and not review.paused_by:
            before = told.read(self._ledger.review(self.change.id))
            begun = publish(
                self._forge.conversation(self.change),
                wanted,
                self._guard,
                Past(
                    lambda run: renames(files, run, last.head if last else run),
                    then(review.findings, before),
                ),
                Timing(self._settings.settle_seconds, self._guard.wait),
            )
            self._begun = (self._begun or 0) + begun
        return wanted.status

    def _still_the_head(self) -> None:
        """Raise Superseded when the forge shows another head, whether or not a webhook told us."""
        self._guard.check()
        if self._forge.head(self.change.id) != self.change.head:
            raise Superseded

    def _superseded(self) -> None:
        try:
            head = self._forge.head(self.change.id)
        except ForgeError as error:
            log.info("old status left", reason=str(error))
            return
        if head != self.change.head:
            self._leave(self.change.head, head)

    def _leave(self, old: str, new: str) -> None:
        """End the status at a head that was replaced; the next run tries what fails here."""
        try:
            gone = markdown.superseded(new, self._page)
            leave_status(self._forge, Seen(self.change.id, old), gone)
        except ForgeError as error:
            log.info("old status left", reason=str(error))
        else:
            self._lease.ended(old)

    def _at(self, head: str) -> str:
        """The page of one commit's review; ``""`` where nobody could reach it."""
        return f"{self._page}/{head}" if self._page else ""

    def _show(self, title: str) -> None:
        """Show how far it is. A review does not end because that could not be shown.

        The page shows it too: GitLab's status keeps its first text for as long as it runs.
        """
        self._guard.check()
        try:
            self._lease.tell(title)
        except Busy as busy:
            log.info("progress not written down", reason=str(busy))
        if self._quiet:
            return
        try:
            self._forge.status(self.change, markdown.running(title, self._at(self.change.head)))
        except Unsure as error:
            self._doubt = time.monotonic() + self._settings.settle_seconds
            log.info("progress not shown", reason=str(error))

    def _conclude(self, status: Status) -> None:
        """Show the last word. What is there is listed first, so to repeat it does no harm."""
        for number in range(1, STATUS_TRIES + 1):
            self._guard.wait(self._doubt - time.monotonic())
            try:
                self._forge.status(self.change, status)
            except Unsure:
                if number == STATUS_TRIES:
                    raise
                self._doubt = time.monotonic() + self._settings.settle_seconds
            else:
                return


def leave_status(forge: Forge, seen: Seen, status: Status) -> None:
    """End the status at a head that will not be reviewed. Raises ForgeError to be tried again.

    A final one stays: another change may have the same head.
    """
    try:
        if forge.unfinished(seen):
            forge.status(seen, status)
    except (Gone, Refused) as error:
        log.info("no status to end", reason=str(error))


def renames(files: Checkout, run: str, last: str) -> Mapping[str, str]:
    """Old to new names of files between an earlier head and this one; none if it is unknown.

    ``last`` is the head that was reviewed before this one: a file that has changed much since
    ``run`` was moved in the last push all the same, and marks bear the names of that time.
    """
    heads = dict.fromkeys((run, last))
    moved = [files.renames(head, files.head) for head in heads if head != files.head]
    return {old: new for each in moved for old, new in each.items()}


def _running(ended: tuple[StageResult, ...]) -> tuple[str, ...]:
    """The stages that have not said anything yet."""
    done = {result.stage for result in ended}
    return tuple(name for name in STAGE_NAMES if name not in done)


@dataclass
class Early:
    """What is done once with the results that are there after so many seconds, if not all are."""

    seconds: float
    act: Callable[[tuple[StageResult, ...]], None]

    def due(self, taken: float, ended: Sequence[StageResult], started: int) -> bool:
        """Whether it is time."""
        return taken >= self.seconds and 0 < len(ended) < started


class Watch:
    """Looks on while the child works: shows progress, ends a run that is not wanted any more."""

    def __init__(
        self, check: Callable[[], None], show: Callable[[str], None], early: Early | None = None
    ) -> None:
        self._check, self._show, self._early = check, show, early
        self._started = self._checked = time.monotonic()
        self._next = self._started + EDIT_SECONDS
        self._stages: list[Started] = []
        self._ended: list[StageResult] = []

    def __call__(self, event: Event | None) -> None:
        """Called with each event, and with None at least once a second. Raises Over."""
        if isinstance(event, Started):
            self._stages.append(event)
        elif isinstance(event, Ended):
            self._ended.append(event.result)
        now = time.monotonic()
        if now - self._checked >= CHECK_SECONDS:
            self._checked = now
            self._check()
        if self._stages and now >= self._next:
            taken = now - self._started
            self._next = now + max(EDIT_SECONDS, taken * (EDIT_GROWTH - 1))
            self._show(self._title(taken))
        early, taken = self._early, now - self._started
        if early and early.due(taken, self._ended, len(self._stages)):
            self._early = None
            early.act(said_once(self._ended))

    def _title(self, taken: float) -> str:
        last = self._stages[-1]
        label = f"{last.stage.replace('-', ' ')} {last.project}".strip()
        return markdown.progress(len(self._ended) + 1, len(STAGE_NAMES), label, taken)
