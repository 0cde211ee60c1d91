"""What must hold after each fault, whatever happened in between."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import create_engine, inspect, text

from bot import marks
from bot.review import CommentKind, Mark
from tests.line.forges import Forge, Place, ever, identity, marked, others, rows, said
from tests.line.forges import shown as everywhere
from tests.line.server import KEY, SECRET, Redline

__all__ = ["rows"]


@dataclass(frozen=True)
class Shown:
    """What stands at a change, as far as it does not depend on commits and ids."""

    conclusion: str | None
    title: str | None
    open: Counter[tuple[Mark, Place]]


def ours(pull: Any, body: str) -> Mark | None:
    """The mark of a comment of ours, without the commit that it was written at."""
    mark = marks.read(body, identity(pull), KEY.encode())
    return replace(mark, run="") if mark is not None else None


def shown(pull: Any, repo: Any) -> Shown:
    """What stands at the pull request now."""
    found = rows(repo, pull.head)
    _, conclusion, title = found[-1] if found else ("", None, None)
    return Shown(conclusion, title, Counter(_open(pull)))


def _open(pull: Any) -> Iterator[tuple[Mark, Place]]:
    for body, place in said(pull):
        mark = ours(pull, body)
        if mark is not None and not mark.fixed and (place[0] or mark.kind is CommentKind.SUMMARY):
            yield mark, place


def made(pull: Any) -> Counter[tuple[str, ...]]:
    """How often each comment of ours was made, those that are over and deleted ones too."""
    found = (ours(pull, body) for body in ever(pull))
    return Counter(mark.subject for mark in found if mark is not None)


def faults(pull: Any, repo: Any, expected: Shown, times: int = 1) -> list[str]:
    """What does not hold at an open change; ``times``: how often a comment may have been made."""
    now, found = shown(pull, repo), []
    if (now.conclusion, now.title) != (expected.conclusion, expected.title):
        found.append(f"I1: {now.conclusion}, {now.title} instead of {expected.title}")
    for sha in marked(repo) - others(repo, pull):
        unfinished = [row for row in rows(repo, sha) if row[0] != "completed"]
        found += [f"I1: {row} is left at {sha[:7]}" for row in unfinished]
    found += [f"I2: missing {mark} {at}" for mark, at in expected.open - now.open]
    found += [f"I3: too much {mark} {at}" for mark, at in now.open - expected.open]
    found += [f"I2: made {n} times: {what}" for what, n in made(pull).items() if n > times]
    return found


def secrets(forge: Forge) -> list[bytes]:
    """Everything that nobody may see."""
    return [one.encode() for one in (SECRET, KEY, *forge.secrets())]


def leaks(forge: Forge, redline: Redline) -> list[str]:
    """I5: where a secret can be read, in files, in the database or at the forge."""
    hidden = secrets(forge)
    found = []
    for path in redline.state.rglob("*"):
        if path.is_file() and path.name != "secret.key":
            found += [f"I5: in {path}" for one in hidden if one in path.read_bytes()]
    for where, content in everywhere(forge):
        told = content.encode()
        found += [f"I5: in {where}: {told[:80]!r}" for one in hidden if one in told]
    return found


def dumped(url: str) -> Iterator[str]:
    """Every row of a database, for those that are no file of ours."""
    engine = create_engine(url)
    with engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                yield repr(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row))
    engine.dispose()


def leases(url: str) -> list[str]:
    """I4: who still holds a change."""
    engine = create_engine(url)
    with engine.connect() as connection:
        held = connection.execute(text("SELECT owner FROM changes WHERE owner <> ''"))
        found = [row.owner for row in held]
    engine.dispose()
    return found
