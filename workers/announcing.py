"""That a change waits, shown at the forge before a worker is free for it."""

from collections.abc import Callable

import structlog

from bot import markdown
from bot.change import Change, ChangeId, Kind, Seen
from bot.forges.base import Forge, ForgeError, Unsure
from bot.ledger import Lease

log = structlog.get_logger()


def announced(lease: Lease, forge: Forge, page: Callable[[ChangeId, str], str]) -> None:
    """Show it once, if a review is to come; ``page`` is that of a change's head."""
    head = ""
    try:
        change = _waiting(forge, lease.change)
        head = change.head
        if lease.recheck or forge.unfinished(change):
            forge.status(change, markdown.queued(page(change.id, change.head)))
    except ForgeError as error:
        log.info("not announced", reason=str(error))
        # Without a clear answer it may be shown all the same, and has to be ended some day.
        head = head if isinstance(error, Unsure) else ""
    lease.announced(head)


def _waiting(forge: Forge, id_: ChangeId) -> Change | Seen:
    """What is to be shown as waiting: a group's status needs more than its head."""
    return forge.change(id_) if id_.kind is Kind.MERGE_GROUP else Seen(id_, forge.head(id_))
