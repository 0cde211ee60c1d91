"""The ledger: the one thing that must not be wrong about what is wanted and what was done."""

from dataclasses import dataclass
from typing import Self

from sqlalchemy import delete, func, select, update

from bot.change import ChangeId, Seen
from bot.hooks.delivery import Delivery
from bot.ledger import machine, pace, queue, shelf
from bot.ledger.database import Database, now
from bot.ledger.lease import Lease, expire, take
from bot.ledger.migrate import migrate
from bot.ledger.models import (
    AllowanceRow,
    AttemptRow,
    AuditRow,
    ChangeRow,
    CommandRow,
    CounterRow,
    DeliveryRow,
    ReviewRow,
    change_id,
    glanced,
    identity,
    is_change,
)
from bot.ledger.people import KEPT, People
from bot.ledger.queue import PER_REPOSITORY, Due
from bot.ledger.shelf import Shelf
from bot.ledger.wanted import Recheck
from bot.ledger.wishes import Wishes

DAY = 86_400.0
CLAIM_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Stored:
    """A comment that may hold a command, claimed by whoever asked for it."""

    id: int
    change: ChangeId
    comment: str
    author: str
    text: str
    age: float  # seconds since it was asked


@dataclass(frozen=True, slots=True)
class Dead:
    """A change that was tried too often: why, and when that was given up (seconds since 1970)."""

    change: ChangeId
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Gauges:
    """How things stand: changes that wait, run and are dead, commands, the oldest wish's age.

    What waits only for a look (at its moved base, at a new pipeline) is reviewed, and not counted.
    """

    waiting: int
    running: int
    dead: int
    commands: int
    oldest_seconds: float


class Ledger:
    """Deliveries, wishes, leases, reviews. Threads and processes may share one database.

    Every method is one transaction, and raises Busy where the database is locked, full or away.
    """

    def __init__(self, database: Database, recheck_seconds: float, per_repository: int) -> None:
        self._database, self._per_repository = database, per_repository
        self._wishes = Wishes(database, recheck_seconds)
        self.people = People(database)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        patience: float = 5.0,
        recheck_seconds: float = 60.0,
        per_repository: int = PER_REPOSITORY,
    ) -> Self:
        """Connect, and migrate what is older. Raises Unusable or Busy.

        ``patience``: how many seconds to wait for a lock. ``recheck_seconds``: how far apart two
        runs are that people ask for at one change. ``per_repository``: how many reviews of one
        repository run at once.
        """
        database = Database(url, patience)
        ledger = cls(database, recheck_seconds, per_repository)
        try:
            migrate(database)
            ledger.stay()
        except BaseException:
            database.close()
            raise
        return ledger

    def stay(self) -> None:
        """Say that this machine still has the ledger; PostgreSQL may be shared by any number."""
        if self._database.sqlite:
            with self._database.write() as connection:
                machine.claim(self._database, connection)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def ping(self) -> None:
        """Raises Busy where the database does not answer."""
        with self._database.read() as connection:
            connection.execute(select(now()))

    # What is wanted

    def remember(self, delivery: Delivery) -> bool:
        """Write down a delivery and what it wants. False: it is known, nothing was done."""
        with self._database.write() as connection:
            return self._wishes.remember(connection, delivery)

    def concerns(self, delivery: Delivery) -> bool:
        """Whether an open change may have to do with a push or a pipeline: most have with none."""
        with self._database.read() as connection:
            return self._wishes.concerns(connection, delivery)

    def want(self, change: ChangeId, recheck: Recheck | None = None) -> bool:
        """Want a review; ``recheck``: another one, since someone has asked for it.

        False: one was wanted already and has not begun.
        """
        with self._database.write() as connection:
            return self._wishes.want(connection, change, recheck)

    def find(self, seen: Seen, began: float) -> bool:
        """Want a head that the forge shows without a final status of ours, if nobody is at it.

        ``began``: the ledger's ``time`` before the forge was asked. Of a review that ended since,
        the forge's answer knew nothing; two changes may have one head, and so one status.
        """
        with self._database.write() as connection:
            return self._wishes.find(connection, seen, began)

    def look_again(self, change: ChangeId) -> None:
        """A run may have written after it lost its lease: who is at it now has not seen that."""
        with self._database.write() as connection:
            self._wishes.look_again(connection, change)

    def time(self) -> float:
        """The database's clock, seconds since 1970."""
        with self._database.read() as connection:
            found: float = connection.execute(select(now())).scalar_one()
            return found

    def forget(self, change: ChangeId) -> None:
        """The forge says that it is closed or gone: want nothing of it."""
        with self._database.write() as connection:
            self._wishes.close(connection, change)

    # Who does it

    def due(self, again_after: float) -> list[Due]:
        """What should be queued now; what was queued comes again after ``again_after`` seconds."""
        with self._database.read() as connection:
            return queue.due(connection, again_after, self._per_repository)

    def queued(self, due: Due) -> None:
        """It lies in its queue now."""
        with self._database.write() as connection:
            queue.queued(connection, due)

    def lease(self, change: ChangeId, owner: str, seconds: float) -> Lease | None:
        """The right to work on a change. None: someone alive has it, or nothing is wanted now."""
        return take(self._database, change, owner, seconds)

    def left(self, change: ChangeId) -> list[str]:
        """The heads of a closed change at which a status was shown and never finished."""
        begun = select(AttemptRow.head).join(ChangeRow).where(is_change(change), ~ChangeRow.open)
        with self._database.read() as connection:
            return [row.head for row in connection.execute(begun)]

    def ended(self, change: ChangeId, head: str) -> None:
        """The status at this head of a closed change is finished."""
        closed = select(ChangeRow.id).where(is_change(change), ~ChangeRow.open).scalar_subquery()
        row = delete(AttemptRow).where(AttemptRow.change == closed, AttemptRow.head == head)
        with self._database.write() as connection:
            connection.execute(row)

    def pace(self, installation: str, every: float) -> float:
        """Reserve the next slot for a write that notifies; seconds to wait for it.

        Slots lie ``every`` seconds apart, 20 a minute and 400 an hour at most; 0 lifts all of it.
        """
        if every == 0:
            return 0.0
        with self._database.write() as connection:
            return pace.reserve(self._database, connection, installation, every)

    def command(self, id: int, seconds: float = CLAIM_SECONDS) -> Stored | None:  # noqa: A002
        """Claim a stored comment for so long. None: done, or someone is at it."""
        claim = (
            update(CommandRow)
            .where(CommandRow.id == id, CommandRow.finished_at == 0)
            .where(CommandRow.claimed_until <= now(), CommandRow.claims < queue.CLAIMS)
            .values(claims=CommandRow.claims + 1, claimed_until=now() + seconds)
        )
        age = (now() - CommandRow.asked_at).label("age")
        columns = (CommandRow.comment, CommandRow.author, CommandRow.text, age)
        found = select(*identity(), *columns).join(ChangeRow, ChangeRow.id == CommandRow.change)
        with self._database.write() as connection:
            if not connection.execute(claim).rowcount:
                return None
            row = connection.execute(found.where(CommandRow.id == id)).one()
        return Stored(id, change_id(row[:5]), row.comment, row.author, row.text, row.age)

    def put_back(self, id: int, seconds: float) -> None:  # noqa: A002 - a task's argument
        """The forge did not answer: claim it again in so many seconds; this claim counts not."""
        later = {"claimed_until": now() + seconds, "claims": CommandRow.claims - 1, "queued_at": 0}
        row = update(CommandRow).where(CommandRow.id == id, CommandRow.claims > 0)
        with self._database.write() as connection:
            connection.execute(row.values(later))

    def finished(self, id: int) -> None:  # noqa: A002 - a task's argument
        """The comment has been dealt with."""
        done = update(CommandRow).where(CommandRow.id == id).values(finished_at=now())
        with self._database.write() as connection:
            connection.execute(done)

    # What came of it

    def expire(self, older_than: float) -> list[ChangeId]:
        """Free leases that lapsed, and those of runs older than ``older_than`` seconds."""
        with self._database.write() as connection:
            return expire(connection, older_than)

    def believed_open(self) -> list[ChangeId]:
        """The changes that no close is known of."""
        with self._database.read() as connection:
            rows = connection.execute(select(*identity()).where(ChangeRow.open))
            return [change_id(row) for row in rows]

    def dead(self) -> list[Dead]:
        """The open changes that were given up, the newest first."""
        columns = (*identity(), ChangeRow.reason, ChangeRow.dead_at)
        found = select(*columns).where(ChangeRow.open, ChangeRow.dead_at > 0)
        with self._database.read() as connection:
            rows = connection.execute(found.order_by(ChangeRow.dead_at.desc())).all()
        return [Dead(change_id(row[:5]), row.reason, row.dead_at) for row in rows]

    def gauges(self) -> Gauges:
        """How things stand now."""
        open_ = select(func.count()).select_from(ChangeRow).where(ChangeRow.open)
        waits = (ChangeRow.wanted > ChangeRow.done) & ~glanced()
        counts = (
            open_.where(waits, ChangeRow.until <= now()),
            open_.where(ChangeRow.until > now()),
            open_.where(ChangeRow.dead_at > 0),
            select(func.count()).select_from(CommandRow).where(CommandRow.finished_at == 0),
            select(now() - func.min(ChangeRow.wished_at)).where(ChangeRow.open, waits),
        )
        with self._database.read() as connection:
            row = connection.execute(select(*(one.scalar_subquery() for one in counts))).one()
        return Gauges(row[0], row[1], row[2], row[3], max(0.0, row[4] or 0.0))

    def oldest_unreviewed(self) -> float:
        """The age in seconds of the oldest wish that nobody has served, 0 without one."""
        return self.gauges().oldest_seconds

    def review(self, change: ChangeId, age: float = 0.0) -> bytes | None:
        """The newest review of a change as it was kept, of those that are ``age`` seconds old."""
        found = select(ReviewRow.body).join(ChangeRow, ChangeRow.id == ReviewRow.change)
        old = found.where(is_change(change), ReviewRow.at <= now() - age)
        newest = old.order_by(ReviewRow.id.desc()).limit(1)
        with self._database.read() as connection:
            body: bytes | None = connection.execute(newest).scalar_one_or_none()
        return body

    def look(self, change: ChangeId, which: str = "") -> Shelf | None:
        """A change's reviews and what goes on at it; None for one that is not known.

        ``which`` is a head, the number of a review, or empty for the newest one.
        """
        with self._database.read() as connection:
            return shelf.look(connection, change, which)

    def count(self, name: str, by: int = 1) -> None:
        """Add to what all processes count together."""
        insert = self._database.insert(CounterRow).values(name=name, value=by)
        add = insert.on_conflict_do_update(
            index_elements=["name"], set_={"value": CounterRow.value + by}
        )
        with self._database.write() as connection:
            connection.execute(add)

    def counts(self) -> dict[str, int]:
        """All counters."""
        with self._database.read() as connection:
            rows = connection.execute(select(CounterRow.name, CounterRow.value))
            return {row.name: row.value for row in rows}

    def prune(self) -> None:
        """Drop what is too old to matter: deliveries after 7 days, all else after 90."""
        old, there = now() - 90 * DAY, select(ChangeRow.id)
        with self._database.write() as connection:
            for table, condition in (
                (DeliveryRow, DeliveryRow.received_at < now() - 7 * DAY),
                (ReviewRow, ReviewRow.at < old),
                (CommandRow, (CommandRow.finished_at > 0) & (CommandRow.asked_at < old)),
                (ChangeRow, ~ChangeRow.open & (ChangeRow.wished_at < old)),
                (AllowanceRow, (AllowanceRow.change > 0) & AllowanceRow.change.not_in(there)),
                (AuditRow, AuditRow.verb.not_in(KEPT) & (AuditRow.at < old)),
            ):
                connection.execute(delete(table).where(condition))
