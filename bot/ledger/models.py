"""The tables. Times are seconds since 1970 on the database's clock, 0 for never."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import Double

from bot.change import ChangeId, ForgeName, Kind

SCHEMA = "0004"  # the newest migration, known here so that opening need not load Alembic


class Base(DeclarativeBase):
    """All tables of the ledger."""

    type_annotation_map = {float: Double, str: String}  # noqa: RUF012 - SQLAlchemy reads it so


class DeliveryRow(Base):
    """A webhook that was accepted.

    Its body is not kept: all that is wanted of it stands in ``changes`` and ``commands``, the
    forge is asked for everything else, and a body may hold 25 MB of a stranger's words.
    """

    __tablename__ = "deliveries"

    forge: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    event: Mapped[str]
    digest: Mapped[str]
    wish: Mapped[str]
    received_at: Mapped[float] = mapped_column(index=True)


class ChangeRow(Base):
    """What is wanted of a change, what was done, and who is at it.

    ``wanted`` counts the wishes; ``done`` is the count that the last finished run served;
    ``pushed``, ``forced`` and ``announced`` are the counts of the last wish that supersedes, of
    the last that reviews the same head again, and of the last that a status tells of. ``taken``
    is the count that the lease set out to serve. ``head`` and ``at`` are the payload's hints.
    ``keyed`` is the count of the last wish that a stage with credentials may serve. ``progress``
    says how far the run that holds the lease is. ``base_ref`` is the branch that it goes into, by
    the forge's own word; ``base`` and ``merge_base`` are where that branch and it stood when it
    was last reviewed.
    """

    __tablename__ = "changes"
    __table_args__ = (
        UniqueConstraint("forge", "repository", "kind", "number", "ref"),
        Index(
            "ix_changes_waiting",
            "wished_at",
            sqlite_where=text("wanted > done"),
            postgresql_where=text("wanted > done"),
        ),
        Index("ix_changes_head", "forge", "repository", "head"),
        Index("ix_changes_base", "forge", "repository", "base_ref"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    forge: Mapped[str]
    repository: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    number: Mapped[int] = mapped_column(BigInteger)
    ref: Mapped[str]
    open: Mapped[bool] = mapped_column(default=True)
    head: Mapped[str] = mapped_column(default="")
    at: Mapped[float] = mapped_column(default=0)

    wanted: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    pushed: Mapped[int] = mapped_column(default=0)
    forced: Mapped[int] = mapped_column(default=0)
    keyed: Mapped[int] = mapped_column(default=0, server_default="0")
    announced: Mapped[int] = mapped_column(default=0)
    wished_at: Mapped[float] = mapped_column(default=0)
    not_before: Mapped[float] = mapped_column(default=0)
    queued_at: Mapped[float] = mapped_column(default=0)
    announce_queued_at: Mapped[float] = mapped_column(default=0)

    owner: Mapped[str] = mapped_column(default="")
    fence: Mapped[int] = mapped_column(default=0)
    taken: Mapped[int] = mapped_column(default=0)
    until: Mapped[float] = mapped_column(default=0)
    leased_at: Mapped[float] = mapped_column(default=0)
    rechecked_at: Mapped[float] = mapped_column(default=0)
    progress: Mapped[str] = mapped_column(default="", server_default="")

    reviewed: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str] = mapped_column(default="")
    reviewed_at: Mapped[float] = mapped_column(default=0)
    base_ref: Mapped[str] = mapped_column(default="", server_default="")
    base: Mapped[str] = mapped_column(default="", server_default="")
    merge_base: Mapped[str] = mapped_column(default="", server_default="")
    dead_at: Mapped[float] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="")


class AttemptRow(Base):
    """How often a head was begun: counted here, since a poison task takes its process with it.

    A row stays until the status at its head is finished: 0 for one that is announced only.
    """

    __tablename__ = "attempts"

    change: Mapped[int] = mapped_column(
        ForeignKey("changes.id", ondelete="CASCADE"), primary_key=True
    )
    head: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    at: Mapped[float]


class CommandRow(Base):
    """A comment that may hold a command, until someone has dealt with it."""

    __tablename__ = "commands"
    __table_args__ = (UniqueConstraint("change", "comment"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    change: Mapped[int] = mapped_column(ForeignKey("changes.id", ondelete="CASCADE"))
    comment: Mapped[str]
    author: Mapped[str]
    text: Mapped[str]
    asked_at: Mapped[float]
    queued_at: Mapped[float] = mapped_column(default=0)
    claims: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[float] = mapped_column(default=0)
    finished_at: Mapped[float] = mapped_column(default=0, index=True)


class IntentRow(Base):
    """A comment that was about to be posted, written down first, and whether it was seen since."""

    __tablename__ = "intents"

    change: Mapped[int] = mapped_column(
        ForeignKey("changes.id", ondelete="CASCADE"), primary_key=True
    )
    subject: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[float]
    confirmed: Mapped[bool] = mapped_column(default=False)


class PaceRow(Base):
    """The newest slots for writes that notify, as a JSON list of times, oldest first."""

    __tablename__ = "paces"

    installation: Mapped[str] = mapped_column(primary_key=True)
    slots: Mapped[str] = mapped_column(default="[]")


class ReviewRow(Base):
    """A finished review, as its JSON, and what its page shows beside that."""

    __tablename__ = "reviews"
    __table_args__ = (Index("ix_reviews_change", "change", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    change: Mapped[int] = mapped_column(ForeignKey("changes.id", ondelete="CASCADE"))
    head: Mapped[str]
    at: Mapped[float] = mapped_column(index=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    report: Mapped[bytes | None] = mapped_column(LargeBinary, default=b"")


class AllowanceRow(Base):
    """An exception to a rule at a place, until a day (ISO): in one change, 0 in each one.

    ``blocking``: who said it may let blocking findings pass, and not warnings only.
    """

    __tablename__ = "allowances"

    forge: Mapped[str] = mapped_column(primary_key=True)
    repository: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    identity: Mapped[str] = mapped_column(primary_key=True)
    change: Mapped[int] = mapped_column(primary_key=True)
    rule: Mapped[str]
    place: Mapped[str]
    by: Mapped[str]
    reason: Mapped[str]
    until: Mapped[str]
    blocking: Mapped[bool]
    at: Mapped[float]


class AcknowledgementRow(Base):
    """What a change does and someone accepted: ``subject`` is an identity or ``destroyed``."""

    __tablename__ = "acknowledgements"

    change: Mapped[int] = mapped_column(
        ForeignKey("changes.id", ondelete="CASCADE"), primary_key=True
    )
    subject: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)
    by: Mapped[str]
    reason: Mapped[str]
    blocking: Mapped[bool]
    at: Mapped[float]


class PauseRow(Base):
    """A change at which nothing is posted until someone says so: who asked for that."""

    __tablename__ = "pauses"

    change: Mapped[int] = mapped_column(
        ForeignKey("changes.id", ondelete="CASCADE"), primary_key=True
    )
    by: Mapped[str]
    at: Mapped[float]


class ReleasedRow(Base):
    """A head of someone who may not write here, which one who may has released."""

    __tablename__ = "released"

    change: Mapped[int] = mapped_column(
        ForeignKey("changes.id", ondelete="CASCADE"), primary_key=True
    )
    head: Mapped[str] = mapped_column(primary_key=True)
    by: Mapped[str]
    at: Mapped[float]


class AuditRow(Base):
    """A command and what came of it. It outlives its change: it names all there was to know.

    ``place`` is the command's number within its comment.
    """

    __tablename__ = "audit"
    __table_args__ = (
        UniqueConstraint("forge", "repository", "kind", "number", "ref", "comment", "place"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[float] = mapped_column(index=True)
    forge: Mapped[str]
    repository: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    kind: Mapped[str]
    number: Mapped[int] = mapped_column(BigInteger)
    ref: Mapped[str]
    comment: Mapped[str]
    place: Mapped[int]
    who: Mapped[str]
    role: Mapped[str]
    verb: Mapped[str]
    subject: Mapped[str]
    answer: Mapped[str]
    reason: Mapped[str]
    until: Mapped[str]
    digest: Mapped[str]
    head: Mapped[str]


class CounterRow(Base):
    """What all processes together have counted, for /metrics."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class MachineRow(Base):
    """The machines that have a SQLite ledger open: one, or its locks do not hold."""

    __tablename__ = "machines"

    name: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[float]


def table(row: type[Base]) -> Table:
    """The table itself: statements over it skip what the mapping would look up each time."""
    found = row.__table__
    assert isinstance(found, Table)
    return found


def identity() -> tuple[Any, ...]:
    """The columns that name a change."""
    row = ChangeRow
    return (row.forge, row.repository, row.kind, row.number, row.ref)


def is_change(change: ChangeId) -> Any:
    """The condition that picks the row of a change."""
    return (
        (ChangeRow.forge == change.forge)
        & (ChangeRow.repository == change.repository)
        & (ChangeRow.kind == change.kind)
        & (ChangeRow.number == change.number)
        & (ChangeRow.ref == change.ref)
    )


def glanced() -> Any:
    """The condition that all that is wanted is a look at whether the base's move matters.

    Each other wish sets one of these counts to its own.
    """
    row = ChangeRow
    return (row.pushed <= row.done) & (row.forced <= row.done) & (row.keyed <= row.done)


def arguments(change: ChangeId) -> tuple[str | int, ...]:
    """A change as a task's arguments: plain JSON."""
    return (str(change.forge), change.repository, str(change.kind), change.number, change.ref)


def change_id(row: Sequence[Any]) -> ChangeId:
    """A change from its columns, or from a task's arguments."""
    forge, repository, kind, number, ref = row
    return ChangeId(ForgeName(forge), repository, Kind(kind), number, ref)
