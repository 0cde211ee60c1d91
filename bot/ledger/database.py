"""One database, SQLite or PostgreSQL, behind the same two kinds of transaction."""

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Double, Insert, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from bot.ledger.errors import Busy

_POOL = 8
_READS = "redline_reads"


class now(FunctionElement[float]):  # noqa: N801 - reads as the SQL function that it is
    """The database's clock, in seconds since 1970: the one clock that all machines share."""

    type = Double()
    inherit_cache = True


@compiles(now, "sqlite")
def _sqlite_now(_element: now, _compiler: Any, **_options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _postgresql_now(_element: now, _compiler: Any, **_options: Any) -> str:
    # Not now(): that is the time at which the transaction began, before it waited for a lock.
    return "extract(epoch from clock_timestamp())::double precision"


class Database:
    """Transactions that either happen or raise Busy within about ``patience`` seconds.

    Threads may share it. After a fork the child begins with connections of its own.
    """

    def __init__(self, url: str, patience: float) -> None:
        self.engine = _engine(make_url(url), patience)
        self.patience = patience
        self.sqlite = self.engine.dialect.name == "sqlite"
        self._writing = threading.Lock()
        ref = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _after_fork(ref()))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state and writes nothing."""
        with _busy(), self.engine.connect() as plain:
            connection = plain.execution_options(**{_READS: True})
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes: all of it, or nothing when anything is raised in it."""
        with self._turn(), _busy(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """SQLite has one writer, and polls for its lock: threads wait in line here instead."""
        if not self.sqlite:
            yield
        elif self._writing.acquire(timeout=self.patience):
            try:
                yield
            finally:
                self._writing.release()
        else:
            raise Busy("other writers of this process do not come to an end")

    def insert(self, table: Any) -> Any:
        """An INSERT that knows ON CONFLICT."""
        made: Insert = sqlite.insert(table) if self.sqlite else postgresql.insert(table)
        return made

    def forget(self) -> None:
        """In a forked child: leave the parent's connections and lock to the parent."""
        self.engine.dispose(close=False)
        self._writing = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _after_fork(database: Database | None) -> None:
    if database is not None:
        database.forget()


@contextmanager
def _busy() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise Busy(_in_short(error)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Busy(_in_short(error)) from error
        raise


def _in_short(error: Exception) -> str:
    """The driver's first line; never the statement or its parameters, which hold people's words."""
    reason = getattr(error, "orig", None) or error
    return str(reason).strip().split("\n", 1)[0][:200]


def _engine(url: URL, patience: float) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, patience)
    wait = f"-c lock_timeout={int(patience * 1000)} -c statement_timeout={int(patience * 4000)}"
    return create_engine(
        url,
        pool_size=_POOL,
        max_overflow=_POOL,
        pool_timeout=patience,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": max(2, int(patience)), "options": wait},
    )


def _sqlite(url: URL, patience: float) -> Engine:
    engine = create_engine(
        url,
        pool_size=_POOL,
        max_overflow=_POOL,
        pool_timeout=patience,
        hide_parameters=True,
        connect_args={"timeout": patience, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # else the driver begins transactions of its own
        cursor = connection.cursor()
        _use_wal(cursor, patience)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(_READS):
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_to_write(connection, patience)

    return engine


def _use_wal(cursor: Any, patience: float) -> None:
    """Of several that open a new database at once SQLite refuses one, without any waiting."""
    deadline = time.monotonic() + patience
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_to_write(connection: Connection, patience: float) -> None:
    """Take the writer's lock at once: an upgrade from reading fails whatever the time-out.

    SQLite looks for the lock more and more rarely, so that of four busy writers one waited for
    seconds (measured); asked anew every few milliseconds it is fair.
    """
    deadline = time.monotonic() + patience
    connection.exec_driver_sql("PRAGMA busy_timeout = 15")
    try:
        while not _begun(connection):
            if time.monotonic() > deadline:
                raise Busy("database is locked")
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(patience * 1000)}")


def _begun(connection: Connection) -> bool:
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        if "locked" not in str(error.orig):
            raise
        return False
    return True
