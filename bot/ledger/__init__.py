"""What is wanted, who is at it, what came of it: the truth that the queue is only a hint of."""

from bot.ledger.errors import Busy, Closed, LedgerError, Lost, Over, Superseded, Unusable
from bot.ledger.lease import Intent, Lease, Onto, Reviewed
from bot.ledger.ledger import Dead, Gauges, Ledger, Stored
from bot.ledger.models import arguments, change_id
from bot.ledger.people import Audited, Entry, People
from bot.ledger.queue import Due
from bot.ledger.shelf import Kept, Now, Shelf
from bot.ledger.wanted import Recheck

__all__ = [
    "Audited",
    "Busy",
    "Closed",
    "Dead",
    "Due",
    "Entry",
    "Gauges",
    "Intent",
    "Kept",
    "Lease",
    "Ledger",
    "LedgerError",
    "Lost",
    "Now",
    "Onto",
    "Over",
    "People",
    "Recheck",
    "Reviewed",
    "Shelf",
    "Stored",
    "Superseded",
    "Unusable",
    "arguments",
    "change_id",
]
