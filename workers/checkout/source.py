"""The source around findings, as the reviewed commits have it."""

from collections.abc import Sequence

from rules.finding import Location, Side
from workers.checkout.reading import Checkout
from workers.checkout.terms import CheckoutError


class Sources:
    """The source lines around findings, each file read once."""

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout
        self._read: dict[tuple[Side, str], list[str]] = {}

    def lines(self, location: Location) -> Sequence[str]:
        """All lines of the file that the location lies in."""
        key = (location.side, location.path)
        if key not in self._read:
            self._read[key] = self._shown(*key).split("\n")
        return self._read[key]

    def _shown(self, side: Side, path: str) -> str:
        """The text; nothing where it cannot be had now: no review ends for want of an excerpt."""
        try:
            return self._text(side, path)
        except CheckoutError:
            return ""

    def _text(self, side: Side, path: str) -> str:
        commit = self._checkout.head if side is Side.HEAD else self._checkout.merge_base
        entry = self._checkout.find(commit, [path]).get(path)
        if entry is None or not entry.regular:
            return ""
        content = self._checkout.blobs([entry.sha])[entry.sha]
        return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
