"""The right to review a change and to write to it: held by one run at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, case, delete, or_, select, update

from bot.change import ChangeId
from bot.ledger.database import Database, now
from bot.ledger.errors import Closed, Lost, Superseded
from bot.ledger.models import (
    AttemptRow,
    ChangeRow,
    IntentRow,
    ReviewRow,
    change_id,
    glanced,
    identity,
    is_change,
)

_INTENTS_KEPT = 86_400.0
_SETBACKS = ""  # in place of a head: how often in a row the forge gave no answer
_FORCED = ChangeRow.forced > ChangeRow.done
_KEYED = ChangeRow.keyed > ChangeRow.done


@dataclass(frozen=True, slots=True)
class Onto:
    """Where a change's base stood: the branch's tip, and where the change left it."""

    base: str = ""
    merge_base: str = ""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The last finished review of a change: its head, what came of it, seconds since 1970.

    ``onto`` has the base as it stood when its moves were last looked at.
    """

    head: str
    outcome: str
    at: float
    onto: Onto = Onto()


@dataclass(frozen=True, slots=True)
class Intent:
    """A comment that was about to be posted ``age`` seconds ago, and whether it was seen since."""

    age: float
    confirmed: bool


def take(database: Database, change: ChangeId, owner: str, seconds: float) -> "Lease | None":
    """Take the lease where something is wanted now and nobody alive has it: one statement."""
    taken = (
        update(ChangeRow)
        .where(is_change(change), ChangeRow.open, ChangeRow.wanted > ChangeRow.done)
        .where(ChangeRow.until <= now(), ChangeRow.not_before <= now())
        .values(
            owner=owner,
            fence=ChangeRow.fence + 1,
            taken=ChangeRow.wanted,
            until=now() + seconds,
            leased_at=now(),
            progress="",
            queued_at=0,
            rechecked_at=case((_FORCED, now()), else_=ChangeRow.rechecked_at),
        )
        .returning(
            ChangeRow.id,
            ChangeRow.fence,
            ChangeRow.taken,
            _FORCED.label("recheck"),
            _KEYED.label("keyed"),
            glanced().label("glance"),
        )
    )
    with database.write() as connection:
        row = connection.execute(taken).one_or_none()
    if row is None:
        return None
    place = _Place(row.id, row.fence, row.taken)
    keyed = row.keyed or row.glance  # a base moves by the hand of who may write there
    return Lease(database, change, owner, seconds, place, row.recheck, keyed, row.glance)


@dataclass(frozen=True, slots=True)
class _Place:
    """Which row, under which fence, to serve which count of wishes."""

    row: int
    fence: int
    taken: int


@dataclass
class Lease:
    """Held by ``owner`` for ``seconds`` on the database's clock, unless renewed.

    ``recheck``: review the head even if it has been reviewed. ``keyed``: stages with credentials
    may serve it; not where all that is wanted was asked for by people who may not. ``glance``:
    nothing is wanted unless what the base has brought matters to this change. What writes
    raises Lost when the lease is not ours any more, so that a run that was frozen past it does no
    harm.
    """

    _database: Database
    change: ChangeId
    owner: str
    seconds: float
    _place: _Place
    recheck: bool
    keyed: bool
    glance: bool
    _counted: str = field(default="", init=False)

    @property
    def fence(self) -> int:
        """Grows with each lease of the change."""
        return self._place.fence

    def check(self) -> None:
        """Before each write to the forge. Raises Lost, Closed or Superseded."""
        columns = (ChangeRow.open, ChangeRow.pushed)
        with self._database.read() as connection:
            row = connection.execute(select(*columns).where(*self._held())).one_or_none()
        if row is None:
            raise Lost(f"fence {self.fence}")
        if not row.open:
            raise Closed
        if row.pushed > self._place.taken:
            raise Superseded

    def renew(self) -> None:
        """Hold it for its seconds from now on. Raises Lost."""
        with self._database.write() as connection:
            self._set(connection, until=now() + self.seconds)

    def attempt(self, head: str, base_ref: str = "") -> int:
        """Count one more attempt at this head; how many that makes. Call it before all else.

        From here on the status is in this run's hands: the wish counts as announced. ``base_ref``
        is the branch that the change goes into: what moves it from now on is heard.
        """
        onto = {"base_ref": base_ref} if base_ref else {}
        with self._fenced() as connection:
            count = self._count(connection, head)
            self._set(connection, announced=self._place.taken, **onto)
        self._counted = head
        return count

    def announced(self, head: str = "") -> None:
        """The status, at ``head`` if at all, tells of what is wanted. Raises Lost."""
        row = {"change": self._place.row, "head": head, "count": 0, "at": now()}
        begun = self._database.insert(AttemptRow).values(row).on_conflict_do_nothing()
        with self._fenced() as connection:
            if head:
                connection.execute(begun)
            self._set(connection, announced=self._place.taken)

    def left(self, head: str) -> list[str]:
        """Other heads of this change at which a status was shown and never finished."""
        begun = select(AttemptRow.head).where(AttemptRow.change == self._place.row)
        with self._database.read() as connection:
            rows = connection.execute(begun.where(AttemptRow.head.not_in((head, _SETBACKS))))
            return [row.head for row in rows]

    def ended(self, head: str) -> None:
        """The status at this head is finished. Raises Lost."""
        with self._fenced() as connection:
            self._forget(connection, head)

    def setback(self) -> int:
        """Count that the forge gave no answer; how often in a row it did not. Raises Lost."""
        with self._fenced() as connection:
            return self._count(connection, _SETBACKS)

    def last(self) -> Reviewed | None:
        """The last review of this change that was finished."""
        done = (ChangeRow.reviewed, ChangeRow.outcome, ChangeRow.reviewed_at)
        found = select(*done, ChangeRow.base, ChangeRow.merge_base)
        with self._database.read() as connection:
            row = connection.execute(found.where(ChangeRow.id == self._place.row)).one()
        return Reviewed(*row[:3], Onto(*row[3:])) if row.reviewed else None

    def intend(self, subjects: Sequence[str]) -> None:
        """Write down what is about to be posted, before it is. Raises Lost."""
        with self._fenced() as connection:
            for subject in subjects:
                row = {"change": self._place.row, "subject": subject, "at": now()}
                insert = self._database.insert(IntentRow).values(row)
                connection.execute(
                    insert.on_conflict_do_update(
                        index_elements=["change", "subject"],
                        set_={"at": now(), "confirmed": False},
                    )
                )

    def confirmed(self, subjects: Sequence[str]) -> None:
        """These were posted, or seen in a list of the forge. Raises Lost."""
        mine = (IntentRow.change == self._place.row) & IntentRow.subject.in_(subjects)
        with self._fenced() as connection:
            connection.execute(update(IntentRow).where(mine).values(confirmed=True))

    def recent(self, seconds: float) -> dict[str, Intent]:
        """What any run was about to post in the last seconds: a listing may not show it yet."""
        young = (IntentRow.change == self._place.row) & (IntentRow.at > now() - seconds)
        columns = (IntentRow.subject, (now() - IntentRow.at).label("age"), IntentRow.confirmed)
        with self._database.read() as connection:
            rows = connection.execute(select(*columns).where(young)).all()
        return {row.subject: Intent(row.age, row.confirmed) for row in rows}

    def tell(self, progress: str) -> None:
        """Say in a few words how far it is, for who looks at the page. Raises Lost."""
        with self._database.write() as connection:
            self._set(connection, progress=progress)

    def untouched(self, head: str, base: str) -> None:
        """What the base brought does not matter: the review at this head stands. Raises Lost."""
        with self._fenced() as connection:
            self._end(connection, done=self._served(), base=base, wished_at=now())
            self._forget(connection, head, _SETBACKS)

    def done(
        self,
        head: str,
        outcome: str,
        review: bytes,
        report: bytes = b"",
        onto: Onto = Onto(),
    ) -> None:
        """What was wanted is served: keep the review, give the lease back. Raises Lost."""
        row = self._place.row
        with self._fenced() as connection:
            self._end(
                connection,
                done=self._served(),
                reviewed=head,
                outcome=outcome,
                reviewed_at=now(),
                base=onto.base,
                merge_base=onto.merge_base,
                dead_at=0,
                reason="",
                wished_at=now(),  # matters only where more is wanted: that came while this ran
            )
            insert = self._database.insert(ReviewRow)
            kept = {"change": row, "head": head, "at": now(), "body": review, "report": report}
            connection.execute(insert.values(kept))
            self._forget(connection, head, _SETBACKS)
            old = (IntentRow.change == row) & (IntentRow.at < now() - _INTENTS_KEPT)
            connection.execute(delete(IntentRow).where(old))

    def fail(self, reason: str, wait: float = 0.0) -> None:
        """It went wrong: the attempt counts, and another may begin after ``wait`` seconds."""
        with self._database.write() as connection:
            self._end(connection, reason=reason[:1000], not_before=self._after(wait))

    def release(self, wait: float = 0.0) -> None:
        """Not this run's fault (told to wait, ended, superseded): the attempt does not count."""
        mine = (AttemptRow.change == self._place.row) & (AttemptRow.head == self._counted)
        with self._database.write() as connection:
            if self._end(connection, not_before=self._after(wait)) and self._counted:
                less = update(AttemptRow).where(mine, AttemptRow.count > 0)
                connection.execute(less.values(count=AttemptRow.count - 1))

    def bury(self, reason: str) -> None:
        """Tried too often: a dead letter, until someone wishes again. Raises Lost."""
        with self._fenced() as connection:
            self._end(connection, done=self._served(), dead_at=now(), reason=reason[:1000])
            self._forget(connection, _SETBACKS)

    def _held(self) -> tuple[Any, ...]:
        return (*self._mine(), ChangeRow.until > now())

    def _mine(self) -> tuple[Any, ...]:
        place = self._place
        return (
            ChangeRow.id == place.row,
            ChangeRow.owner == self.owner,
            ChangeRow.fence == place.fence,
        )

    @contextmanager
    def _fenced(self) -> Iterator[Connection]:
        """A transaction in which the lease is ours to its end: the row is locked."""
        with self._database.write() as connection:
            held = select(ChangeRow.id).where(*self._held()).with_for_update()
            if connection.execute(held).one_or_none() is None:
                raise Lost(f"fence {self.fence}")
            yield connection

    def _count(self, connection: Connection, head: str) -> int:
        row = {"change": self._place.row, "head": head, "count": 1, "at": now()}
        insert = self._database.insert(AttemptRow).values(row)
        counted = insert.on_conflict_do_update(
            index_elements=["change", "head"], set_={"count": AttemptRow.count + 1, "at": now()}
        ).returning(AttemptRow.count)
        count: int = connection.execute(counted).scalar_one()
        return count

    def _forget(self, connection: Connection, *heads: str) -> None:
        mine = (AttemptRow.change == self._place.row) & AttemptRow.head.in_(heads)
        connection.execute(delete(AttemptRow).where(mine))

    def _set(self, connection: Connection, **values: Any) -> None:
        change = update(ChangeRow).where(*self._held()).values(values)
        if not connection.execute(change).rowcount:
            raise Lost(f"fence {self.fence}")

    def _end(self, connection: Connection, **values: Any) -> bool:
        """Give the lease back, if it is still ours, though it may have lapsed."""
        free = {"owner": "", "until": 0, "queued_at": 0, "announce_queued_at": 0, "progress": ""}
        change = update(ChangeRow).where(*self._mine()).values(free | values)
        return bool(connection.execute(change).rowcount)

    def _served(self) -> Any:
        """A close may have served more than this run set out to."""
        more = ChangeRow.done > self._place.taken
        return case((more, ChangeRow.done), else_=self._place.taken)

    def _after(self, wait: float) -> Any:
        """Not before then; a push that came meanwhile does not wait for what it replaces."""
        if not wait:
            return ChangeRow.not_before
        replaced = ChangeRow.pushed > self._place.taken
        return case((replaced, ChangeRow.not_before), else_=now() + wait)


def expire(connection: Connection, older_than: float) -> list[ChangeId]:
    """Free the leases that lapsed, and those of runs that began more than ``older_than`` ago."""
    over = or_(ChangeRow.until <= now(), ChangeRow.leased_at <= now() - older_than)
    freed = (
        update(ChangeRow)
        .where(ChangeRow.owner != "", over)
        .values(owner="", until=0, queued_at=0, announce_queued_at=0)
        .returning(*identity())
    )
    return [change_id(row) for row in connection.execute(freed)]
