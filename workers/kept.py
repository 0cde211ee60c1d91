"""The status of a review that is kept, for where the forge does not show it any more."""

from bot.change import Change
from bot.ledger import Ledger
from bot.report import record
from bot.review import Outcome, Progress, Status


def status(ledger: Ledger, change: Change, url: str) -> Status | None:
    """The last word on the change's head; None where no review of it is kept, or none we can read.

    Without annotations and the check's own page: for a forge that has neither.
    """
    shelf = ledger.look(change.id, change.head)
    if shelf is None or shelf.review is None:
        return None
    try:
        head = record.head(shelf.review.report)
        outcome = Outcome(head.outcome)
    except (record.Unreadable, ValueError):
        return None
    return Status(Progress.DONE, head.title, outcome, green=not head.blocks, url=url)
