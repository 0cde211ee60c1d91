"""Deliveries and finds, written into the tables.

The statements are made once: to make one costs more than to run it.
"""

from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from bot.change import ChangeId, Kind, Seen, grouped
from bot.hooks.delivery import Delivery, Wish
from bot.ledger.database import Database, now
from bot.ledger.models import AttemptRow, ChangeRow, CommandRow, DeliveryRow, glanced, table
from bot.ledger.wanted import Recheck, Wanted

_CHANGES = table(ChangeRow).c
_NAMES = [field.name for field in fields(Wanted) if field.name in _CHANGES]
_READ_ONLY = {"id", "taken", "until", "rechecked_at", "reviewed"}
_IDENTITY = ("forge", "repository", "kind", "number", "ref")

_ROWS = select(*(_CHANGES[name] for name in _NAMES), now().label("time")).with_for_update()
_ONE = _ROWS.where(*(_CHANGES[name] == bindparam(name) for name in _IDENTITY))
_AT_HEAD = _ROWS.where(
    *(_CHANGES[name] == bindparam(name) for name in ("forge", "repository", "head")),
    _CHANGES.open,
).order_by(_CHANGES.id)
_BASED = (
    *(_CHANGES[name] == bindparam(name) for name in ("forge", "repository", "base_ref")),
    _CHANGES.kind == Kind.CHANGE,
    _CHANGES.open,
)
_ANY_BASED = select(_CHANGES.id).where(*_BASED).limit(1)
# Not those where a run is to come in any case, nor those that were given up.
_GLANCED_AT = _ROWS.where(
    *_BASED,
    _CHANGES.dead_at == 0,
    (_CHANGES.wanted == _CHANGES.done)
    | ((_CHANGES.until > now()) & (_CHANGES.taken == _CHANGES.wanted)),
).order_by(_CHANGES.id)
_PIPED = _ROWS.where(
    *(_CHANGES[name] == bindparam(name) for name in ("forge", "repository")),
    (_CHANGES.head == bindparam("head")) | (_CHANGES.number == bindparam("number")),
    _CHANGES.kind == Kind.CHANGE,
    _CHANGES.open,
).order_by(_CHANGES.id)
_ANY_AT_HEAD = (
    select(_CHANGES.id)
    .where(*(_CHANGES[name] == bindparam(name) for name in ("forge", "repository", "head")))
    .where(_CHANGES.open)
    .limit(1)
)
_LAST_GLANCE = select(func.max(_CHANGES.not_before)).where(
    *(_CHANGES[name] == bindparam(name) for name in ("forge", "repository")),
    _CHANGES.open & (_CHANGES.wanted > _CHANGES.done),
    glanced(),
)
_GLANCES = 15  # in the time between two rechecks, of one repository: each asks the forge
_BEGUN = select(AttemptRow.change).where(AttemptRow.head == bindparam("head"))
_STIRRED = select(_CHANGES.id).where(
    *(_CHANGES[name] == bindparam(name) for name in ("forge", "repository")),
    (_CHANGES.head == bindparam("head"))
    | (_CHANGES.reviewed == bindparam("head"))
    | _CHANGES.id.in_(_BEGUN),
    (_CHANGES.open & (_CHANGES.wanted > _CHANGES.done) & ~glanced())
    | (_CHANGES.until > now())
    | (_CHANGES.reviewed_at >= bindparam("began")),
)
_WRITE = (
    update(table(ChangeRow))
    .where(_CHANGES.id == bindparam("row"))
    .values({name: bindparam(name) for name in _NAMES if name not in _READ_ONLY})
)
# Not deleted: a row says too that the status at its head is not finished.
_START_OVER = update(table(AttemptRow)).where(AttemptRow.change == bindparam("row")).values(count=0)


class Wishes:
    """Writes wishes, each in a transaction of its caller."""

    def __init__(self, database: Database, recheck_seconds: float) -> None:
        self._recheck_seconds = recheck_seconds
        new = database.insert(table(DeliveryRow)).values(received_at=now())
        self._delivery = new.on_conflict_do_nothing().returning(DeliveryRow.id)
        self._change = database.insert(table(ChangeRow)).on_conflict_do_nothing()
        self._command = database.insert(table(CommandRow)).on_conflict_do_nothing()

    def remember(self, connection: Connection, delivery: Delivery) -> bool:
        """Write a delivery and what it wants. False: it was there already."""
        row = {
            "forge": delivery.forge,
            "id": delivery.id,
            "event": delivery.event,
            "digest": delivery.digest,
            "wish": delivery.wish,
        }
        if connection.execute(self._delivery, row).one_or_none() is None:
            return False
        if delivery.wish is Wish.BASE:
            self._glance(connection, delivery)
        for wanted in self._meant(connection, delivery):
            if delivery.asked is not None:
                self._ask(connection, wanted, delivery)
            else:
                wanted.apply(delivery)
                _write(connection, wanted)
        return True

    def concerns(self, connection: Connection, delivery: Delivery) -> bool:
        """Whether there is an open change that a push or a pipeline may have to do with."""
        if delivery.wish is Wish.BASE:
            return connection.execute(_ANY_BASED, _base(delivery)).first() is not None
        if delivery.change is not None:
            return True
        return connection.execute(_ANY_AT_HEAD, _commit(delivery)).first() is not None

    def want(self, connection: Connection, change: ChangeId, recheck: Recheck | None) -> bool:
        """Someone's recheck, or the reconciler's find. False: that was wanted already."""
        wanted = self._one(connection, change)
        new = wanted.recheck(recheck, self._recheck_seconds) if recheck else wanted.find()
        _write(connection, wanted)
        return new

    def find(self, connection: Connection, seen: Seen, began: float) -> bool:
        """The reconciler's find. False: someone is at this head, or was since it was looked at."""
        wanted = self._one(connection, seen.id)
        at = {"forge": seen.id.forge, "repository": seen.id.repository, "head": seen.head}
        if connection.execute(_STIRRED, at | {"began": began}).first() or not wanted.find():
            return False
        _write(connection, wanted)
        return True

    def look_again(self, connection: Connection, change: ChangeId) -> None:
        """One run more after the one that is on its way."""
        wanted = self._one(connection, change)
        wanted.look_again()
        _write(connection, wanted)

    def close(self, connection: Connection, change: ChangeId) -> None:
        """Want nothing more of a change."""
        wanted = self._one(connection, change)
        wanted.close()
        _write(connection, wanted)

    def _glance(self, connection: Connection, delivery: Delivery) -> None:
        """One after another: a busy base has hundreds of changes, and they share a rate limit."""
        at = _base(delivery)
        apart, last = self._recheck_seconds / _GLANCES, connection.scalar(_LAST_GLANCE, at) or 0.0
        for row in connection.execute(_GLANCED_AT, at).mappings().all():
            wanted = Wanted(**row)
            last = max(last, wanted.time) + apart
            wanted.glance(last)
            _write(connection, wanted)

    def _meant(self, connection: Connection, delivery: Delivery) -> list[Wanted]:
        """The changes that a delivery speaks of."""
        if delivery.wish is Wish.PIPELINE:
            return self._begun(connection, delivery)
        if delivery.change is not None:
            return [self._one(connection, delivery.change)]
        if delivery.wish is not Wish.COMMAND:
            return []
        found = connection.execute(_AT_HEAD, _commit(delivery)).mappings()
        return [Wanted(**row) for row in found]

    def _begun(self, connection: Connection, delivery: Delivery) -> list[Wanted]:
        """A look at the changes that a pipeline may hold back; and what else it may be for.

        Not at once: a forge takes a moment to see it as the one that counts, and tells of it more
        than once. One of merged results stands at a commit that is no change's own.
        """
        group = delivery.change
        of = grouped(group) if group else None
        at = _commit(delivery) | {"number": of.number if of else 0}
        rows = [Wanted(**row) for row in connection.execute(_PIPED, at).mappings().all()]
        for wanted in rows:
            if wanted.idle:
                wanted.glance(wanted.time + self._recheck_seconds / _GLANCES)
                _write(connection, wanted)
        known = any(wanted.head == delivery.head for wanted in rows)
        return [] if group is None or known else [self._one(connection, group)]

    def _one(self, connection: Connection, change: ChangeId) -> Wanted:
        """The row of a change, locked; made where there is none."""
        key = {name: getattr(change, name) for name in _IDENTITY}
        row = connection.execute(_ONE, key).mappings().one_or_none()
        if row is None:
            connection.execute(self._change, key)
            row = connection.execute(_ONE, key).mappings().one()
        return Wanted(**row)

    def _ask(self, connection: Connection, wanted: Wanted, delivery: Delivery) -> None:
        asked = delivery.asked
        assert asked is not None
        row: dict[str, Any] = {
            "change": wanted.id,
            "comment": asked.comment,
            "author": asked.author,
            "text": asked.text,
            "asked_at": min(asked.at or wanted.time, wanted.time),
        }
        connection.execute(self._command, row)


def _base(delivery: Delivery) -> dict[str, Any]:
    return {
        "forge": delivery.forge,
        "repository": delivery.repository_id,
        "base_ref": delivery.branch,
    }


def _commit(delivery: Delivery) -> dict[str, Any]:
    return {
        "forge": delivery.forge,
        "repository": delivery.repository_id,
        "head": delivery.head,
    }


def _write(connection: Connection, wanted: Wanted) -> None:
    values = {name: getattr(wanted, name) for name in _NAMES if name not in _READ_ONLY}
    connection.execute(_WRITE, values | {"row": wanted.id})
    if wanted.afresh:
        connection.execute(_START_OVER, {"row": wanted.id})
