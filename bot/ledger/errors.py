"""How the ledger says no.

LedgerError
  Busy            locked, full, or not there: try again later, nothing was written
  Unusable        this database must not be used by this program on this machine
  Over            the run that asks must not write any more
    Lost          its lease lapsed or was taken
    Superseded    a newer push is wanted
    Closed        the change was closed or merged
"""


class LedgerError(Exception):
    """The ledger did not do what it was asked."""


class Busy(LedgerError):
    """The database is locked, full or does not answer: nothing was written, try again later."""


class Unusable(LedgerError):
    """A newer Redline wrote this database, or another machine has it; the text says which."""


class Over(LedgerError):
    """The run that asks must not write to the forge any more."""


class Lost(Over):
    """Its lease lapsed, or someone else has it."""


class Superseded(Over):
    """A newer push, or another base, is wanted."""


class Closed(Over):
    """The change was closed or merged meanwhile: end quietly."""
