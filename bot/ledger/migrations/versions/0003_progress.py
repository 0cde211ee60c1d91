"""How far the review of a change is, for its page."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    progress = sa.Column("progress", sa.String(), nullable=False, server_default="")
    op.add_column("changes", progress)
