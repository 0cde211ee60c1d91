"""A change's files at merge base, base and head, for as long as the review takes.

The only place that runs git.
"""

from workers.checkout.local import local
from workers.checkout.mirror import fetched
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
    "NotARepository", "NothingToCompare", "Oversize", "Range", "Sources", "UnknownCommit",
    "Unreachable", "fetched", "local",
]  # fmt: skip
