"""``redline audit``: who allowed and acknowledged what, when, and why."""

import csv
import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url

from bot.cli.ending import WRONG_USE
from bot.ledger import Audited, Ledger, LedgerError
from bot.markdown.escape import visible
from bot.settings import Settings, SettingsError, chosen

_OBEYED = ("REDLINE_DATABASE_URL", "REDLINE_STATE_DIR")
_COLUMNS = (
    "at", "forge", "repository", "repository_id", "change", "who", "role", "verb", "answer",
    "subject", "reason", "until", "digest", "head", "comment",
)  # fmt: skip
# What a spreadsheet would take for a formula, and run.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def export(form: str) -> int:
    """Print all of it, the oldest entry first. Raises OSError where it cannot write."""
    try:
        ledger = Ledger.open(_existing(chosen(_OBEYED)))
    except (SettingsError, LedgerError, FileNotFoundError) as error:
        sys.stderr.write(f"redline: {error}\n")
        return WRONG_USE
    try:
        rows = map(row, ledger.people.audited())
        _json(rows) if form == "json" else _csv(rows)
    finally:
        ledger.close()
    return 0


def _existing(settings: Settings) -> str:
    """The ledger's address. Raises FileNotFoundError: an empty one would say that all is well."""
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise FileNotFoundError(f"there is no ledger at {url.database} (REDLINE_STATE_DIR)")
    return settings.database


def row(audited: Audited) -> dict[str, str | int]:
    """One entry; ``change`` is a number, or a merge group's ref."""
    entry = audited.entry
    values = {
        "at": datetime.fromtimestamp(audited.at, UTC).isoformat(timespec="seconds"),
        "forge": entry.change.forge.value,
        "repository_id": entry.change.repository,
        "change": entry.change.number or entry.change.ref,
    }
    rest = [name for name in _COLUMNS if name not in values]
    values |= {name: getattr(entry, name) for name in rest}
    return {name: values[name] for name in _COLUMNS}


def _json(rows: Iterable[dict[str, str | int]]) -> None:
    """A list, a line an entry: read and written as it comes."""
    before = "["
    for each in rows:
        sys.stdout.write(f"{before}\n{json.dumps(each)}")
        before = ","
    sys.stdout.write("[]\n" if before == "[" else "\n]\n")


def _csv(rows: Iterable[dict[str, str | int]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([_cell(each[name]) for name in _COLUMNS] for each in rows)


def _cell(value: str | int) -> str:
    """A cell that is text for every program that opens it."""
    text = visible(str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text
