"""The first tables. ``bot.ledger.models`` says what they are for; this file never changes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    _changes()
    _of_changes()
    _work()
    _alone()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _time(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=False)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), primary_key=True)


def _change() -> sa.Column[int]:
    key = sa.ForeignKey("changes.id", ondelete="CASCADE")
    return sa.Column("change", sa.Integer(), key, nullable=False)


def _changes() -> None:
    op.create_table(
        "changes",
        _id(),
        _text("forge"),
        sa.Column("repository", sa.BigInteger(), nullable=False),
        _text("kind"),
        sa.Column("number", sa.BigInteger(), nullable=False),
        _text("ref"),
        sa.Column("open", sa.Boolean(), nullable=False),
        _text("head"),
        _time("at"),
        *map(_count, ("wanted", "done", "pushed", "forced", "announced")),
        *map(_time, ("wished_at", "not_before", "queued_at", "announce_queued_at")),
        _text("owner"),
        _count("fence"),
        _count("taken"),
        *map(_time, ("until", "leased_at", "rechecked_at")),
        _text("reviewed"),
        _text("outcome"),
        _time("reviewed_at"),
        _time("dead_at"),
        _text("reason"),
        sa.UniqueConstraint("forge", "repository", "kind", "number", "ref"),
    )
    op.create_index("ix_changes_head", "changes", ["forge", "repository", "head"])
    waiting = sa.text("wanted > done")
    op.create_index(
        "ix_changes_waiting",
        "changes",
        ["wished_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def _of_changes() -> None:
    op.create_table(
        "attempts",
        _change(),
        _text("head"),
        _count("count"),
        _time("at"),
        sa.PrimaryKeyConstraint("change", "head"),
    )
    op.create_table(
        "intents",
        _change(),
        _text("subject"),
        _time("at"),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("change", "subject"),
    )


def _work() -> None:
    op.create_table(
        "commands",
        _id(),
        _change(),
        *map(_text, ("comment", "author", "text")),
        *map(_time, ("asked_at", "queued_at")),
        _count("claims"),
        *map(_time, ("claimed_until", "finished_at")),
        sa.UniqueConstraint("change", "comment"),
    )
    op.create_index("ix_commands_finished_at", "commands", ["finished_at"])
    op.create_table(
        "reviews",
        _id(),
        _change(),
        _text("head"),
        _time("at"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_reviews_at", "reviews", ["at"])
    op.create_index("ix_reviews_change", "reviews", ["change", "at"])


def _alone() -> None:
    op.create_table(
        "deliveries",
        *map(_text, ("forge", "id", "event", "digest", "wish")),
        _time("received_at"),
        sa.PrimaryKeyConstraint("forge", "id"),
    )
    op.create_index("ix_deliveries_received_at", "deliveries", ["received_at"])
    op.create_table("paces", _text("installation"), _text("slots"), _key("installation"))
    op.create_table(
        "counters", _text("name"), sa.Column("value", sa.BigInteger(), nullable=False), _key("name")
    )
    op.create_table("machines", _text("name"), _time("seen_at"), _key("name"))


def _key(name: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(name)
