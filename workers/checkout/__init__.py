"""A change's files at merge base, base and head, for as long as the review takes.

The only place that runs git.
"""

from workers.checkout.listing import Listing, listing
from workers.checkout.local import local
from workers.checkout.locking import Patience
from workers.checkout.mirror import Source, fetched
from workers.checkout.moved import Moved, moved
from workers.checkout.reading import MOST_FILES, Checkout, Range
from workers.checkout.source import Sources
from workers.checkout.terms import (
    CheckoutError,
    Denied,
    HeadGone,
    Incomplete,
    NotARepository,
    NothingToCompare,
    Oversize,
    UnknownCommit,
    Unreachable,
)

__all__ = [
    "MOST_FILES", "Checkout", "CheckoutError", "Denied", "HeadGone", "Incomplete",
    "Listing", "Moved", "NotARepository", "NothingToCompare", "Oversize", "Patience", "Range",
    "Source", "Sources", "UnknownCommit", "Unreachable", "fetched", "listing", "local", "moved",
]  # fmt: skip
