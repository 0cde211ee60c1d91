"""The schema: made by migrations, equal to the models, and refused when it is newer."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import TextClause, create_engine, text

import bot.ledger
from bot.change import ChangeId, ForgeName
from bot.hooks.delivery import Delivery, Wish
from bot.ledger import Ledger, Onto, Reviewed, Unusable
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


def test_a_ledger_of_the_first_schema_goes_forward_with_what_it_holds(empty_url: str) -> None:
    """A change that waits, and one that was reviewed: neither is lost, nor wanted once more."""
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        folder = Path(bot.ledger.__file__).parent / "migrations"
        config.set_main_option("script_location", str(folder))
        command.upgrade(config, "0001")
        for number, (wanted, done) in enumerate(((3, 1), (2, 2)), 1):
            connection.execute(_as_of_first(number, wanted, done))
        review = "INSERT INTO reviews (change, head, at, body) VALUES (2, :head, 5, :body)"
        connection.execute(text(review), {"head": "a" * 40, "body": b"{}"})
    engine.dispose()
    ledger = Ledger.open(empty_url)
    waits, reviewed = (ChangeId(ForgeName.GITHUB, 7, number=number) for number in (1, 2))
    assert ledger.lease(reviewed, "worker", 60) is None
    lease = ledger.lease(waits, "worker", 60)
    assert lease is not None
    assert lease.keyed
    assert ledger.review(reviewed) == b"{}"
    shelf = ledger.look(reviewed)
    assert shelf is not None
    assert shelf.review is not None
    assert shelf.review.report == b""
    lease.done("b" * 40, "passed", b"{}", b"page")
    assert ledger.people.said(reviewed).allowances == ()
    ledger.close()


def _as_of_first(number: int, wanted: int, done: int) -> TextClause:
    """A row as the first schema has it: what is not named is 0 or empty."""
    values = {
        "id": number,
        "number": number,
        "repository": 7,
        "wanted": wanted,
        "done": done,
        "forge": "'github'",
        "kind": "'change'",
        "ref": "''",
        "head": "''",
        "owner": "''",
        "open": "true",
        "reviewed": "''",
        "outcome": "''",
        "reason": "''",
    }
    zero = (
        "at", "pushed", "forced", "announced", "wished_at", "not_before", "queued_at",
        "announce_queued_at", "fence", "taken", "until", "leased_at", "rechecked_at",
        "reviewed_at", "dead_at",
    )  # fmt: skip
    values |= dict.fromkeys(zero, 0)
    names, row = ", ".join(values), ", ".join(map(str, values.values()))
    return text(f"INSERT INTO changes ({names}) VALUES ({row})")


def test_a_ledger_that_knows_no_bases_goes_forward_with_what_it_holds(empty_url: str) -> None:
    """A review stands; of which base it was is not known until the next one."""
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        folder = Path(bot.ledger.__file__).parent / "migrations"
        config.set_main_option("script_location", str(folder))
        command.upgrade(config, "0003")
        connection.execute(_as_of_first(1, 2, 2))
        connection.execute(text("UPDATE changes SET reviewed = 'a', outcome = 'passed', keyed = 2"))
    engine.dispose()
    ledger = Ledger.open(empty_url)
    change = ChangeId(ForgeName.GITHUB, 7, number=1)
    assert ledger.due(0) == []
    push = Delivery(
        ForgeName.GITHUB, "1", "push", "", Wish.BASE, repository_id=7, branch="main", head="c" * 40
    )
    assert not ledger.concerns(push)
    assert ledger.want(change)
    lease = ledger.lease(change, "worker", 60)
    assert lease is not None
    assert lease.last() == Reviewed("a", "passed", 0.0, Onto())
    lease.attempt("a" * 40, "main")
    lease.done("a" * 40, "passed", b"{}", onto=Onto("b" * 40, "b" * 40))
    assert ledger.concerns(push)
    ledger.close()
