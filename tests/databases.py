"""The two databases that a ledger runs on, for tests: SQLite, and a PostgreSQL of our own."""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect, make_url, text

from bot.ledger import Ledger

Open = Callable[..., Ledger]


class Postgres:
    """A cluster in a folder of its own, on a unix socket, without fsync. Ends with its parent."""

    def __init__(self, binaries: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="redline-pg-"))  # short: it holds a socket
        self._binaries = binaries
        self._user = _unprivileged()
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "-D", "data", "-A", "trust", "-U", "redline", "-N", "-E", "UTF8")
        argv = ["-D", "data", "-k", str(self.folder), "-c", "listen_addresses=", "-F"]
        argv += ["-c", "max_connections=100", "-c", "shared_buffers=32MB"]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*self._prefix(), str(binaries / "postgres"), *argv],
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        self._names = itertools.count()
        self._wait()

    def create(self, like: str = "template1") -> str:
        """The address of a new database, empty or ``like`` another one."""
        name = f"ledger{next(self._names)}"
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {like}"))
        engine.dispose()
        return self.url(name)

    @cached_property
    def migrated(self) -> str:
        """The name of a database that has our tables."""
        url = self.create()
        Ledger.open(url).close()
        return str(make_url(url).database)

    def stop(self) -> None:
        """End it, whoever is still connected, and remove its folder."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(10)
        shutil.rmtree(self.folder)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://redline@/{name}?host={self.folder}"

    def _prefix(self) -> list[str]:
        """PostgreSQL refuses to run as root; and it must not outlive a test run that is killed."""
        if self._user is None:
            return ["setpriv", "--pdeathsig", "QUIT"]
        ids = [f"--reuid={self._user.pw_uid}", f"--regid={self._user.pw_gid}", "--clear-groups"]
        return ["setpriv", *ids, "--pdeathsig", "QUIT"]

    def _run(self, program: str, *arguments: str) -> None:
        argv = [*self._prefix(), str(self._binaries / program), *arguments]
        subprocess.run(argv, cwd=self.folder, check=True, capture_output=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self._process.poll() is None:
            argv = [str(self._binaries / "pg_isready"), "-q", "-h", str(self.folder)]
            if subprocess.run(argv, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError((self.folder / "log").read_text("utf-8", "replace"))


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom root lends the cluster to; None where we are nobody special ourselves."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("no user to run PostgreSQL as")


def installed() -> Path | None:
    """The folder of PostgreSQL's programs, the newest where there are several."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_major)
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    return Path(program).resolve().parent if program else None


def _major(program: Path) -> int:
    name = program.parent.parent.name
    return int(name) if name.isdigit() else 0


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One cluster for all tests of the run."""
    binaries = installed()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    cluster = Postgres(binaries)
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that has our tables."""
    file = tmp_path_factory.mktemp("sqlite") / "ledger.db"
    Ledger.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    cluster: Postgres = request.getfixturevalue("postgres")
    return cluster.create()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new ledger's database, of each kind in turn."""
    if request.param == "sqlite":
        migrated: Path = request.getfixturevalue("migrated_sqlite")
        return f"sqlite:///{shutil.copy(migrated, tmp_path / 'ledger.db')}"
    cluster: Postgres = request.getfixturevalue("postgres")
    return cluster.create(like=cluster.migrated)


@pytest.fixture
def open_ledger(database_url: str) -> Iterator[Open]:
    """Opens the database, as often as asked; closes what was opened."""
    opened: list[Ledger] = []

    def open_(**options: Any) -> Ledger:
        opened.append(Ledger.open(database_url, **options))
        return opened[-1]

    yield open_
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(open_ledger: Open) -> Ledger:
    """A ledger on each kind of database in turn."""
    return open_ledger()


@pytest.fixture
def later(database_url: str) -> Callable[[float], None]:
    """Let seconds pass: every time in the tables moves into the past, and nobody sleeps."""

    def pass_(seconds: float) -> None:
        engine = create_engine(database_url)
        with engine.begin() as connection:
            for table in inspect(connection).get_table_names():
                for column in inspect(connection).get_columns(table):
                    if "DOUBLE" in str(column["type"]).upper() and column["name"] != "seen_at":
                        name = column["name"]
                        move = f"UPDATE {table} SET {name} = {name} - :s WHERE {name} > 0"
                        connection.execute(text(move), {"s": seconds})
        engine.dispose()

    return pass_
