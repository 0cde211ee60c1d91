"""What people said: exceptions, pauses, heads they released, and who said what. Report pages."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("reviews", sa.Column("report", sa.LargeBinary(), nullable=True))
    keyed = sa.Column("keyed", sa.Integer(), nullable=False, server_default="0")
    op.add_column("changes", keyed)
    op.execute("UPDATE changes SET keyed = wanted")
    _pardons()
    _of_changes()
    _audit()


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _at() -> sa.Column[float]:
    return sa.Column("at", sa.Double(), nullable=False)


def _blocking() -> sa.Column[bool]:
    return sa.Column("blocking", sa.Boolean(), nullable=False)


def _repository() -> sa.Column[int]:
    return sa.Column("repository", sa.BigInteger(), nullable=False)


def _change() -> sa.Column[int]:
    key = sa.ForeignKey("changes.id", ondelete="CASCADE")
    return sa.Column("change", sa.Integer(), key, nullable=False)


def _pardons() -> None:
    op.create_table(
        "allowances",
        *_text("forge"),
        _repository(),
        *_text("identity"),
        sa.Column("change", sa.Integer(), nullable=False),
        *_text("rule", "place", "by", "reason", "until"),
        _blocking(),
        _at(),
        sa.PrimaryKeyConstraint("forge", "repository", "identity", "change"),
    )
    op.create_table(
        "acknowledgements",
        _change(),
        *_text("subject", "digest", "by", "reason"),
        _blocking(),
        _at(),
        sa.PrimaryKeyConstraint("change", "subject", "digest"),
    )


def _of_changes() -> None:
    op.create_table("pauses", _change(), *_text("by"), _at(), sa.PrimaryKeyConstraint("change"))
    op.create_table(
        "released",
        _change(),
        *_text("head", "by"),
        _at(),
        sa.PrimaryKeyConstraint("change", "head"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), primary_key=True),
        _at(),
        *_text("forge"),
        _repository(),
        *_text("name", "kind"),
        sa.Column("number", sa.BigInteger(), nullable=False),
        *_text("ref", "comment"),
        sa.Column("place", sa.Integer(), nullable=False),
        *_text("who", "role", "verb", "subject", "answer", "reason", "until", "digest", "head"),
        sa.UniqueConstraint("forge", "repository", "kind", "number", "ref", "comment", "place"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
