"""SQLite's locks hold between the processes of one machine: a second one is refused."""

import socket
from pathlib import Path

from sqlalchemy import Connection, select

from bot.ledger.database import Database, now
from bot.ledger.errors import Unusable
from bot.ledger.models import MachineRow

SEEN_SECONDS = 180.0  # the reconciler says each minute that it is still there


def claim(database: Database, connection: Connection) -> None:
    """Say that this machine has the ledger. Raises Unusable where another said so just now."""
    name = machine()
    lately = select(MachineRow.name).where(MachineRow.seen_at > now() - SEEN_SECONDS)
    if not all(same(name, other) for other in connection.execute(lately).scalars()):
        raise Unusable(
            "another machine has used this SQLite database within the last three minutes: "
            "several machines need PostgreSQL (REDLINE_DATABASE_URL)"
        )
    insert = database.insert(MachineRow).values(name=name, seen_at=now())
    again = insert.on_conflict_do_update(index_elements=["name"], set_={"seen_at": now()})
    connection.execute(again)


def same(one: str, other: str) -> bool:
    """Whether two names mean one machine: a container shares the boot, a restart the machine."""
    return not set(one.split()).isdisjoint(other.split())


def machine() -> str:
    """The machine's own id, where there is one, and its kernel's since it was started."""
    parts = [_line("/etc/machine-id"), _line("/proc/sys/kernel/random/boot_id")]
    return " ".join(filter(None, parts)) or socket.gethostname()


def _line(file: str) -> str:
    try:
        return Path(file).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
