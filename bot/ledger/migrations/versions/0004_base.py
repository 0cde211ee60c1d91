"""What a change goes into, and where that stood when the change was last reviewed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    for name in ("base_ref", "base", "merge_base"):
        op.add_column("changes", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.create_index("ix_changes_base", "changes", ["forge", "repository", "base_ref"])
