"""Alembic's way in: runs on the connection that ``bot.ledger.migrate`` hands over."""

from alembic import context

from bot.ledger.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=False,  # the caller's transaction holds all of it, on both databases
    render_as_batch=True,
)
context.run_migrations()
