"""The log of webhooks that GitHub keeps for an App: it does not send a lost one again by itself."""

import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bot.forges.github import answers
from bot.forges.github.client import Client, next_cursor, read
from bot.forges.github.credentials import Account
from bot.forges.github.errors import date_of, translated

_PATH = "/app/hook/deliveries"
_PAGES = 10  # of 100 each
_BACK = 86_400.0  # seconds: what is older is found by its head, or is not wanted any more
_TRIES = 6  # of one webhook, the first one counted
_EVENTS = (
    *("pull_request", "issue_comment", "pull_request_review", "pull_request_review_comment"),
    *("check_run", "check_suite", "merge_group"),
)


class DeliveryLog:
    """The log of the last day."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def send_again(self) -> int:
        """Ask for each webhook that was never taken; how many.

        What we answered is taken, whatever the answer: only a broken connection, a time-out and
        our own faults are tried again, and none of them for ever.
        """
        client = self._account.itself()
        if client is None:
            return 0
        sent: dict[str, list[answers.HookDelivery]] = defaultdict(list)
        for one in self._recent(client):
            sent[one.guid].append(one)
        lost = [
            tries[0] for tries in sent.values() if all(map(_lost, tries)) and len(tries) < _TRIES
        ]
        for one in lost:
            client.send("POST", f"{_PATH}/{one.id}/attempts")
        return len(lost)

    def _recent(self, client: Client) -> Iterator[answers.HookDelivery]:
        """The newest first."""
        query: dict[str, Any] = {"per_page": 100}
        for _ in range(_PAGES):
            headers, data = client.send("GET", _PATH, query=query)
            there = date_of(headers)
            oldest = (there.timestamp() if there else time.time()) - _BACK
            for one in read(_PATH, data, list[answers.HookDelivery]):
                if _when(one) < oldest:
                    return
                yield one
            cursor = next_cursor(headers)
            if not cursor:
                return
            query["cursor"] = cursor


def _lost(one: answers.HookDelivery) -> bool:
    refused = one.status_code in (0, 408, 429) or one.status_code >= 500
    return refused and one.event in _EVENTS


def _when(one: answers.HookDelivery) -> float:
    with translated(_PATH):
        return datetime.fromisoformat(one.delivered_at.replace("Z", "+00:00")).timestamp()
