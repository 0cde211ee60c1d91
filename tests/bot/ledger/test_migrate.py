"""The schema: made by migrations, equal to the models, and refused when it is newer."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import bot.ledger
from bot.ledger import Ledger, Unusable
from bot.ledger.models import SCHEMA, Base
from tests.databases import Open


def test_models_and_migrations_agree(empty_url: str) -> None:
    Ledger.open(empty_url).close()
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_the_newest_migration_is_the_one_that_the_models_name() -> None:
    scripts = ScriptDirectory(str(Path(bot.ledger.__file__).parent / "migrations"))
    assert scripts.get_heads() == [SCHEMA]


def test_many_may_open_at_once(empty_url: str) -> None:
    together = threading.Barrier(6)

    def open_(_number: int) -> Ledger:
        together.wait()
        return Ledger.open(empty_url)

    with ThreadPoolExecutor(6) as pool:
        ledgers = list(pool.map(open_, range(6)))
    for ledger in ledgers:
        assert ledger.believed_open() == []
        ledger.close()


def test_a_newer_schema_is_refused_and_left_as_it_is(open_ledger: Open, database_url: str) -> None:
    open_ledger()
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unusable, match=rf"newer Redline \(schema 9999, this one knows {SCHEMA}\)"):
        open_ledger()
    with engine.connect() as connection:
        assert (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
        )
    engine.dispose()


def test_a_migration_that_fails_leaves_nothing(empty_url: str) -> None:
    """A table is in the way of the last one that the first migration makes."""
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE machines (id INTEGER)"))
    with pytest.raises(Exception, match="machines"):
        Ledger.open(empty_url).close()
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE machines"))
    Ledger.open(empty_url).close()
    engine.dispose()
