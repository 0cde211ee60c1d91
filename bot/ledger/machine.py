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
    others = select(MachineRow.name).where(
        MachineRow.name != name, MachineRow.seen_at > now() - SEEN_SECONDS
    )
    if connection.execute(others).first() is not None:
        raise Unusable(
            "another machine has used this SQLite database within the last three minutes: "
            "several machines need PostgreSQL (REDLINE_DATABASE_URL)"
        )
    insert = database.insert(MachineRow).values(name=name, seen_at=now())
    same = insert.on_conflict_do_update(index_elements=["name"], set_={"seen_at": now()})
    connection.execute(same)


def machine() -> str:
    """This machine: the same name in all its containers, and another after it was started anew.

    Where the machine has an id of its own that goes before, since a restart makes no second one.
    """
    for file in ("/etc/machine-id", "/proc/sys/kernel/random/boot_id"):
        try:
            name = Path(file).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if name:
            return name
    return socket.gethostname()
