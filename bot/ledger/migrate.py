"""Brings the tables to what this version of Redline knows."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from bot.ledger.database import Database
from bot.ledger.errors import Unusable
from bot.ledger.models import SCHEMA

_LOCK = 7_305_614  # any number, the same in all processes


def migrate(database: Database) -> None:
    """Run what is missing, one process at a time. Raises Unusable for a newer schema."""
    with database.read() as connection:
        if _version(connection) == SCHEMA:
            return  # the common case, without Alembic
    with database.write() as connection:  # on SQLite this is the lock
        if not database.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        version = _version(connection)
        if version != SCHEMA:
            _upgrade(connection, version)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _upgrade(connection: Connection, version: str | None) -> None:
    from alembic import command  # noqa: PLC0415 - needed once in the life of a database
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise Unusable(
            f"the database was written by a newer Redline (schema {version}, this one knows "
            f"{SCHEMA}): install that version, or restore the backup made before the upgrade"
        )
    command.upgrade(config, "head")
