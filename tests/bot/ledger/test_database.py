"""A database that is locked, full, gone or shared; and processes that are frozen or forked."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest
from sqlalchemy import create_engine, text

from bot.ledger import Busy, Ledger, Lost, Unusable, machine
from tests.bot.ledger.given import A, change, push
from tests.databases import Open, Postgres

FROZEN = """
import sys, time
from bot.change import ChangeId, ForgeName
from bot.ledger import Ledger, Lost
lease = Ledger.open(sys.argv[1]).lease(ChangeId(ForgeName.GITHUB, 7, number=1), "frozen", 1.0)
print("leased", flush=True)
sys.stdin.readline()
try:
    lease.check()
    print("wrote")
except Lost:
    print("fenced")
"""


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Someone else writes, and does not come to an end."""
    engine = create_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("LOCK TABLE deliveries, changes IN ACCESS EXCLUSIVE MODE"))
        yield
        connection.rollback()
    engine.dispose()


def test_a_locked_database_is_busy_and_recovers(open_ledger: Open, database_url: str) -> None:
    ledger = open_ledger(patience=0.3)
    with locked(database_url):
        began = time.monotonic()
        with pytest.raises(Busy):
            ledger.remember(push(A, id="one"))
        assert time.monotonic() - began < 5
    assert ledger.believed_open() == [], "nothing of it was written"
    assert ledger.remember(push(A, id="one"))


def test_reading_goes_on_while_sqlite_is_written(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    ledger = Ledger.open(url, patience=0.3)
    ledger.remember(push(A))
    with locked(url):
        assert len(ledger.due(0)) == 1
        ledger.ping()
    ledger.close()


def test_a_full_disk_is_busy_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    with ledger._database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    ledger.close()
    with ledger._database.engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(Busy, match="full"):  # noqa: PT012 - the page at which it is full may vary
        for number in range(2000):
            ledger.remember(push(A, id=f"full-{number}", change=change(number + 1)))
    counted = len(ledger.believed_open())
    assert counted == number
    with ledger._database.engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 1000}")
    assert ledger.remember(push(A, id=f"full-{number}", change=change(number + 1)))
    ledger.close()


def test_a_database_that_is_not_there_is_busy(tmp_path: Path) -> None:
    with pytest.raises(Busy):
        Ledger.open(f"sqlite:///{tmp_path / 'no' / 'ledger.db'}")
    with pytest.raises(Busy):
        Ledger.open(f"postgresql+psycopg://nobody@/none?host={tmp_path}", patience=1)


def test_a_lost_connection_is_made_again(postgres: Postgres) -> None:
    url = postgres.create()
    ledger = Ledger.open(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        connection.execute(text(end + " AND datname = current_database()"))
    assert ledger.remember(push(A))
    ledger.close()
    engine.dispose()


def test_what_was_answered_is_on_the_disk(tmp_path: Path) -> None:
    """A 202 is a promise: with less than FULL a power cut takes back what WAL holds."""
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    with ledger._database.write() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    ledger.close()


def test_a_process_that_was_frozen_past_its_lease_is_fenced(
    ledger: Ledger, database_url: str
) -> None:
    ledger.remember(push(A))
    argv = [sys.executable, "-c", FROZEN, database_url]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "leased\n"
            process.send_signal(signal.SIGSTOP)
            lease = None
            deadline = time.monotonic() + 20
            while lease is None and time.monotonic() < deadline:
                lease = ledger.lease(change(), "next", 60)
            process.send_signal(signal.SIGCONT)
            process.stdin.write("\n")
            process.stdin.close()
            assert process.stdout.read() == "fenced\n"
        finally:
            process.kill()
    assert lease is not None
    lease.check()


def test_a_fork_gets_connections_of_its_own(ledger: Ledger) -> None:
    def write(who: str) -> bool:
        return all(ledger.remember(push(A, id=f"{who}-{number}")) for number in range(50))

    ledger.remember(push(A))
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if write("child") else 1)
        except BaseException:  # noqa: BLE001 - a test's child must end here, whatever happens
            os._exit(2)
    assert write("parent")
    _pid, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert not ledger.remember(push(A, id="child-49"))


def test_a_second_machine_on_sqlite_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    Ledger.open(url).close()
    monkeypatch.setattr(machine, "machine", lambda: "another")
    with pytest.raises(Unusable, match="PostgreSQL"):
        Ledger.open(url)
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("UPDATE machines SET seen_at = seen_at - 300")
    connection.close()
    Ledger.open(url).close()
    monkeypatch.undo()
    with pytest.raises(Unusable):
        Ledger.open(url)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("id boot", "id boot", True),
        ("id boot", "id another-boot", True),
        ("id boot", "boot", True),
        ("id boot", "other boot", True),
        ("id boot", "other another-boot", False),
        ("boot", "another-boot", False),
    ],
    ids=["itself", "restarted", "its container", "with its own id", "another", "two hosts"],
)
def test_what_one_machine_is(one: str, other: str, same: bool) -> None:
    assert machine.same(one, other) is same
    assert machine.same(machine.machine(), machine.machine())


def test_postgresql_serves_several_machines(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.create()
    Ledger.open(url).close()
    monkeypatch.setattr(machine, "machine", lambda: "another")
    Ledger.open(url).close()


def test_a_fault_of_ours_is_not_called_busy(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = ledger.lease(change(), "worker", 60)
    assert lease is not None
    with pytest.raises(Exception, match=r"NOT NULL|not-null") as raised:
        lease.done(None, "passed", b"{}")  # type: ignore[arg-type]
    assert not isinstance(raised.value, Busy | Lost)
    lease.check()


@pytest.mark.parametrize(("times", "message"), [(3, "database is locked"), (1, "disk I/O error")])
def test_of_those_who_open_a_new_file_at_once_none_is_turned_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, times: int, message: str
) -> None:
    """About one in a hundred is refused without any waiting: here it is made to happen."""
    refused = [message] * times

    class Hasty(sqlite3.Cursor):
        def execute(self, sql: str, parameters: Any = ()) -> Self:
            if "journal_mode" in sql and refused:
                raise sqlite3.OperationalError(refused.pop())
            return super().execute(sql, parameters)

    class Connection(sqlite3.Connection):
        def cursor(self, _: Any = None) -> Any:
            return super().cursor(Hasty)

    monkeypatch.setattr(sqlite3.dbapi2, "connect", partial(sqlite3.connect, factory=Connection))
    url = f"sqlite:///{tmp_path / 'new.db'}"
    if "locked" in message:
        Ledger.open(url).close()
    else:
        with pytest.raises(Busy, match=message):
            Ledger.open(url)
