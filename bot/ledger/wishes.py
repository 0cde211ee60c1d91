"""What is wanted: deliveries and the reconciler's finds become counts in the ledger."""

from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from bot.change import ChangeId
from bot.hooks.delivery import Delivery, Wish
from bot.ledger.database import Database, now
from bot.ledger.models import AttemptRow, ChangeRow, CommandRow, DeliveryRow, is_change


class Wishes:
    """Writes wishes, inside one transaction of its caller."""

    def __init__(self, database: Database, connection: Connection, recheck_seconds: float) -> None:
        self._database = database
        self._connection = connection
        self._recheck_seconds = recheck_seconds
        self._now: float = connection.execute(select(now())).scalar_one()

    def remember(self, delivery: Delivery) -> bool:
        """Write a delivery and what it wants. False: it was there already."""
        row = {
            "forge": delivery.forge,
            "id": delivery.id,
            "event": delivery.event,
            "digest": delivery.digest,
            "wish": delivery.wish,
            "received_at": self._now,
        }
        insert = self._database.insert(DeliveryRow).values(row).on_conflict_do_nothing()
        if not self._connection.execute(insert).rowcount:
            return False
        if delivery.change is not None:
            self._apply(self.row(delivery.change), delivery)
        elif delivery.wish is Wish.RECHECK:
            for change in self._at_head(delivery):
                self._apply(change, delivery)
        return True

    def row(self, change: ChangeId) -> Row[Any]:
        """The row of a change, locked; made where there is none."""
        values = {
            "forge": change.forge,
            "repository": change.repository,
            "kind": change.kind,
            "number": change.number,
            "ref": change.ref,
        }
        found = select(*ChangeRow.__table__.c).where(is_change(change)).with_for_update()
        row = self._connection.execute(found).one_or_none()
        if row is None:
            insert = self._database.insert(ChangeRow).values(values).on_conflict_do_nothing()
            self._connection.execute(insert)
            row = self._connection.execute(found).one()
        return row

    def _at_head(self, delivery: Delivery) -> list[Row[Any]]:
        """The open changes that lie at a commit, as far as payloads have told."""
        found = select(*ChangeRow.__table__.c).where(
            ChangeRow.forge == delivery.forge,
            ChangeRow.repository == delivery.repository_id,
            ChangeRow.head == delivery.head,
            ChangeRow.open,
        )
        return list(self._connection.execute(found.order_by(ChangeRow.id).with_for_update()))

    def _apply(self, row: Row[Any], delivery: Delivery) -> None:
        if delivery.wish is Wish.COMMAND:
            self._store(row, delivery)
        elif delivery.wish is Wish.RECHECK:
            self.recheck(row)
        elif delivery.at and delivery.at < row.at:
            return  # it was sent before one that we have: out of order
        elif delivery.wish is Wish.CLOSE:
            self.close(row)
        else:
            self._push(row, delivery)
        if delivery.at:
            self._set(row, at=max(delivery.at, row.at))

    def _push(self, row: Row[Any], delivery: Delivery) -> None:
        """A head, or the same head under other circumstances; a known head asks for nothing."""
        known = row.head if row.wanted > row.done else row.reviewed
        self._set(row, open=True, head=delivery.head or row.head)
        if delivery.wish is Wish.REVIEW and delivery.head and delivery.head == known:
            return
        wanted = self._wish(row)
        self._set(row, pushed=wanted, not_before=0, dead_at=0, reason="")
        if delivery.wish is Wish.AFRESH:
            self._force(row, wanted)

    def recheck(self, row: Row[Any]) -> bool:
        """Someone asks for the same head again. Two hundred of them in a minute make two runs:

        those that come before a run has begun are one wish, and the next run waits its time.
        """
        running = row.until > self._now and row.taken == row.wanted
        if row.wanted > row.done and not running:
            self._force(row, row.wanted)
            return False
        wanted = self._wish(row)
        self._set(row, not_before=row.rechecked_at + self._recheck_seconds)
        self._force(row, wanted)
        return True

    def find(self, row: Row[Any]) -> bool:
        """The forge shows no final status of ours: review the head whatever we believe of it."""
        if not row.open:
            self._set(row, open=True)
        if row.wanted > row.done:
            return False
        self._set(row, forced=self._wish(row))
        return True

    def close(self, row: Row[Any]) -> None:
        """Nothing is wanted any more; a run that is on its way is told so by its lease."""
        self._set(row, open=False, done=row.wanted, dead_at=0)

    def _wish(self, row: Row[Any]) -> int:
        """Count one wish more. Its age is that of the oldest one that nobody has served."""
        wanted: int = row.wanted + 1
        waits = row.wanted > row.done
        self._set(
            row,
            wanted=wanted,
            wished_at=row.wished_at if waits else self._now,
            queued_at=0,
            announce_queued_at=0,
        )
        return wanted

    def _force(self, row: Row[Any], wanted: int) -> None:
        self._set(row, forced=wanted, dead_at=0, reason="")
        self._connection.execute(delete(AttemptRow).where(AttemptRow.change == row.id))

    def _store(self, row: Row[Any], delivery: Delivery) -> None:
        assert delivery.asked is not None
        values = {
            "change": row.id,
            "comment": delivery.asked.comment,
            "author": delivery.asked.author,
            "text": delivery.asked.text,
            "asked_at": self._now,
        }
        insert = self._database.insert(CommandRow).values(values).on_conflict_do_nothing()
        self._connection.execute(insert)

    def _set(self, row: Row[Any], **values: Any) -> None:
        change = update(ChangeRow).where(ChangeRow.id == row.id).values(values)
        self._connection.execute(change)
