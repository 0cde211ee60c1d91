"""What is known of a change for its page: its reviews, and what goes on at it now."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, LargeBinary, Select, cast, func, select

from bot.change import ChangeId
from bot.ledger.database import now
from bot.ledger.models import AttemptRow, ChangeRow, ReviewRow, glanced, is_change

LISTED = 50  # reviews
_START = 4096  # bytes of a report, for a list


@dataclass(frozen=True, slots=True)
class Kept:
    """A finished review: its number in the ledger, head, end (seconds since 1970), and report.

    In a list ``report`` is only its first bytes.
    """

    number: int
    head: str
    at: float
    report: bytes


@dataclass(frozen=True, slots=True)
class Now:
    """What goes on: ``seconds`` since it is so. ``head`` is a hint while nothing runs."""

    open: bool
    waits: bool
    runs: bool
    head: str
    progress: str
    seconds: float
    dead: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """``review`` is the one that was asked for; ``past`` has all that are kept, newest first."""

    review: Kept | None
    past: tuple[Kept, ...]
    now: Now


def look(connection: Connection, change: ChangeId, which: str) -> Shelf | None:
    """What stands on a change's shelf; None for one that the ledger does not know.

    ``which`` is a head (40 hex digits), the number of a review, or empty for the newest one.
    """
    row = connection.execute(_state(change)).one_or_none()
    if row is None:
        return None
    start = func.substr(ReviewRow.report, 1, _START, type_=LargeBinary)
    past = connection.execute(_reviews(row.id, start).limit(LISTED)).all()
    wanted = _reviews(row.id, ReviewRow.report)
    if len(which) == 40:
        wanted = wanted.where(ReviewRow.head == which)
    elif which:
        wanted = wanted.where(cast(ReviewRow.id, BigInteger) == int(which))
    found = connection.execute(wanted.limit(1)).one_or_none()
    return Shelf(_kept(found) if found else None, tuple(map(_kept, past)), _now(connection, row))


def _state(change: ChangeId) -> Select[Any]:
    columns: tuple[Any, ...] = (
        ChangeRow.id,
        ChangeRow.open,
        ChangeRow.head,
        ChangeRow.progress,
        ((ChangeRow.wanted > ChangeRow.done) & ~glanced()).label("waits"),
        (ChangeRow.until > now()).label("runs"),
        (now() - ChangeRow.leased_at).label("ran"),
        (now() - ChangeRow.wished_at).label("waited"),
        ChangeRow.dead_at,
        ChangeRow.reason,
    )
    return select(*columns).where(is_change(change))


def _reviews(change: int, report: Any) -> Select[Any]:
    columns = (ReviewRow.id, ReviewRow.head, ReviewRow.at, report.label("report"))
    return select(*columns).where(ReviewRow.change == change).order_by(ReviewRow.id.desc())


def _kept(row: Any) -> Kept:
    return Kept(row.id, row.head, row.at, bytes(row.report or b""))


def _now(connection: Connection, row: Any) -> Now:
    runs = bool(row.runs)
    begun = select(AttemptRow.head).where(AttemptRow.change == row.id, AttemptRow.head != "")
    newest = begun.where(AttemptRow.count > 0).order_by(AttemptRow.at.desc()).limit(1)
    head = connection.execute(newest).scalar_one_or_none() if runs else None
    return Now(
        open=bool(row.open),
        waits=bool(row.waits),
        runs=runs,
        head=head or row.head,
        progress=row.progress if runs else "",
        seconds=max(0.0, row.ran if runs else row.waited),
        dead=row.reason if row.dead_at else "",
    )
