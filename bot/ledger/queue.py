"""What should lie in the queues now. The queue is a hint: what is lost there is due again."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import aliased

from bot.ledger.database import now
from bot.ledger.models import (
    AttemptRow,
    ChangeRow,
    CommandRow,
    arguments,
    change_id,
    glanced,
    identity,
    is_change,
)

ANNOUNCE, COMMAND, LEAVE, REVIEW = (
    "workers.tasks.announce",
    "workers.tasks.command",
    "workers.tasks.leave",
    "workers.tasks.review",
)
PER_REPOSITORY = 2  # running reviews, so that one monorepo does not starve the others
CLAIMS = 3
# A review that begins within this time sets the status itself, and saves the forge a write.
ANNOUNCE_AFTER = 1.0
_MOST = 500
# What a moved base asks for waits for all else: it is asked of many changes at once.
_LAST = case((glanced(), 1), else_=0)


# Asked several times a second, and mostly nothing waits: made once, and answered by two indexes.
_ANYTHING = union_all(
    select(ChangeRow.id).where(ChangeRow.wanted > ChangeRow.done),
    select(CommandRow.id).where(CommandRow.finished_at == 0),
    select(AttemptRow.change).join(ChangeRow).where(~ChangeRow.open),
).limit(1)


@dataclass(frozen=True, slots=True)
class Due:
    """A task to be queued: ``args`` are five for a change (``change_id`` reads them), or an id."""

    queue: str
    task: str
    args: tuple[str | int, ...]
    wanted: int = 0


def due(connection: Connection, again_after: float, per_repository: int) -> list[Due]:
    """Commands, statuses, then reviews, the oldest wish first, looks after a moved base last.

    What was queued comes again only ``again_after`` seconds later. Of one repository no more
    reviews are due than may run beside those that do: ``per_repository`` in all.
    """
    if connection.execute(_ANYTHING).first() is None:
        return []
    commands = [
        Due("quick", COMMAND, (row.id,)) for row in connection.execute(_commands(again_after))
    ]
    statuses = [
        Due("quick", ANNOUNCE, arguments(change_id(row[:5])), row.wanted)
        for row in connection.execute(_announcements(again_after))
    ]
    reviews = [
        Due("review", REVIEW, arguments(change_id(row[:5])), row.wanted)
        for row in connection.execute(_reviews(again_after, per_repository))
    ]
    closed = [
        Due("quick", LEAVE, arguments(change_id(row[:5])), row.wanted)
        for row in connection.execute(_left(again_after))
    ]
    return commands + statuses + reviews + closed


def queued(connection: Connection, due: Due) -> None:
    """It lies in its queue now. A wish that came meanwhile is due all the same."""
    if due.task == COMMAND:
        row = update(CommandRow).where(CommandRow.id == due.args[0])
        connection.execute(row.values(queued_at=now()))
        return
    column = "queued_at" if due.task == REVIEW else "announce_queued_at"
    row = update(ChangeRow).where(is_change(change_id(due.args)), ChangeRow.wanted == due.wanted)
    connection.execute(row.values({column: now()}))


def _waits() -> Any:
    """Something is wanted now that nobody alive is at."""
    return and_(
        ChangeRow.open,
        ChangeRow.wanted > ChangeRow.done,
        ChangeRow.until <= now(),
        ChangeRow.not_before <= now(),
    )


def _commands(again_after: float) -> Select[Any]:
    return (
        select(CommandRow.id)
        .where(CommandRow.finished_at == 0, CommandRow.claims < CLAIMS)
        .where(CommandRow.claimed_until <= now(), CommandRow.queued_at <= now() - again_after)
        .order_by(CommandRow.asked_at, CommandRow.id)
        .limit(_MOST)
    )


def _announcements(again_after: float) -> Select[Any]:
    return (
        select(*identity(), ChangeRow.wanted)
        .where(_waits(), ~glanced(), ChangeRow.announced < ChangeRow.wanted)
        .where(ChangeRow.wished_at <= now() - ANNOUNCE_AFTER)
        .where(ChangeRow.announce_queued_at <= now() - again_after)
        .order_by(ChangeRow.wished_at, ChangeRow.id)
        .limit(_MOST)
    )


def _left(again_after: float) -> Select[Any]:
    """Closed changes at which a status still says that they wait or are under review."""
    begun = exists().where(AttemptRow.change == ChangeRow.id)
    return (
        select(*identity(), ChangeRow.wanted)
        .where(~ChangeRow.open, ChangeRow.until <= now(), begun)
        .where(ChangeRow.announce_queued_at <= now() - again_after)
        .limit(_MOST)
    )


def _reviews(again_after: float, per_repository: int) -> Select[Any]:
    place = (
        func.row_number()
        .over(
            partition_by=(ChangeRow.forge, ChangeRow.repository),
            order_by=(_LAST, ChangeRow.wished_at, ChangeRow.id),
        )
        .label("place")
    )
    times = (ChangeRow.wished_at, ChangeRow.queued_at)
    waiting = (
        select(*identity(), ChangeRow.wanted, *times, _LAST.label("last"), place)
        .where(_waits())
        .subquery()
    )
    other = aliased(ChangeRow)
    running = (
        select(func.count())
        .where(other.forge == waiting.c.forge, other.repository == waiting.c.repository)
        .where(other.until > now())
        .scalar_subquery()
    )
    return (
        select(waiting)
        .where(waiting.c.place + running <= literal(per_repository))
        .where(waiting.c.queued_at <= now() - again_after)
        .order_by(waiting.c.last, waiting.c.wished_at)
        .limit(_MOST)
    )
