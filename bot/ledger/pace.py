"""How fast all processes together may write what notifies people, per installation."""

import json

from sqlalchemy import Connection, select, update

from bot.ledger.database import Database, now
from bot.ledger.models import PaceRow

A_MINUTE, AN_HOUR = 20, 400


def reserve(database: Database, connection: Connection, installation: str, every: float) -> float:
    """Take the next free slot; seconds until it comes."""
    insert = database.insert(PaceRow).values(installation=installation)
    connection.execute(insert.on_conflict_do_nothing())
    mine = select(PaceRow.slots).where(PaceRow.installation == installation).with_for_update()
    slots: list[float] = json.loads(connection.execute(mine).scalar_one())
    time: float = connection.execute(select(now())).scalar_one()
    slot = next_slot(slots, time, every)
    kept = json.dumps([*slots, slot][-AN_HOUR:])
    connection.execute(
        update(PaceRow).where(PaceRow.installation == installation).values(slots=kept)
    )
    return slot - time


def next_slot(slots: list[float], time: float, every: float) -> float:
    """The first time from ``time`` on that keeps all three distances to the slots taken."""
    slot = time
    for back, apart in ((1, every), (A_MINUTE, 60.0), (AN_HOUR, 3600.0)):
        if len(slots) >= back:
            slot = max(slot, slots[-back] + apart)
    return slot
