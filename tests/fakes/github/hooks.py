"""Webhooks: signed, delivered in order by a thread of their own, kept in a log."""

import hashlib
import hmac
import itertools
import json
import queue
import random
import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from tests.fakes.github import payloads
from tests.fakes.github.state import (
    Account,
    CheckRun,
    Comment,
    Event,
    Pull,
    Repository,
    Review,
    ReviewComment,
)

if TYPE_CHECKING:
    from tests.fakes.github.server import Server

TIMEOUT = 10.0


@dataclass
class Delivery:
    """One webhook: what was sent and what was answered; status 0: nobody answered."""

    id: int
    guid: str
    event: str
    action: str | None
    payload: dict[str, Any]
    when: float
    redelivery: bool = False
    tried: bool = False
    status: int = 0
    seconds: float = 0.0
    request: dict[str, str] = field(default_factory=dict)
    answer: str = ""

    @property
    def body(self) -> bytes:
        return json.dumps(self.payload, separators=(",", ":")).encode()


class Hooks:
    """Where deliveries go, and what goes wrong with them.

    ``lose``, ``double``: chances of 1. ``hold()`` keeps deliveries back until ``release()``, which
    sends them in the order that is asked for.
    """

    def __init__(self, server: "Server", seed: int = 0) -> None:
        self.server = server
        self.url: str | None = None
        self.secret = ""
        self.lose = 0.0
        self.double = 0.0
        self.log: list[Delivery] = []
        self.random = random.Random(seed)
        self._held: list[Delivery] | None = None
        self._ids = itertools.count(1)
        self._queue: queue.Queue[Delivery | None] = queue.Queue()
        self._thread = threading.Thread(target=self._send_all, name="fake-webhooks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(TIMEOUT + 5)

    def settle(self) -> None:
        """Wait until all that was queued has been sent."""
        self._queue.join()

    def hold(self) -> None:
        self._held = []

    def release(self, *, reverse: bool = False, shuffle: bool = False) -> None:
        held, self._held = self._held or [], None
        if shuffle:
            self.random.shuffle(held)
        for one in reversed(held) if reverse else held:
            self._queue.put(one)

    def send(self, event: str, payload: dict[str, Any], action: str | None = None) -> Delivery:
        """Log a delivery and, unless it is to be lost, queue it."""
        payload = {"action": action, **payload} if action else payload
        self.server.check_webhook(event, action, payload)
        one = Delivery(
            next(self._ids),
            str(uuid.uuid4()),
            event,
            action,
            payload,
            self.server.state.clock.now(),
        )
        self.log.append(one)
        one.tried = self.random.random() < self.lose
        if not one.tried:
            self._put(one)
        if self.random.random() < self.double:
            self._put(one)
        return one

    def _put(self, one: Delivery) -> None:
        if self._held is not None:
            self._held.append(one)
        else:
            self._queue.put(one)

    def again(self, delivery: int) -> Delivery | None:
        """Deliver once more, with the same guid, as a row of its own in the log."""
        first = next((one for one in self.log if one.id == delivery), None)
        if first is None:
            return None
        one = Delivery(next(self._ids), first.guid, first.event, first.action, first.payload,
                       self.server.state.clock.now(), redelivery=True)  # fmt: skip
        self.log.append(one)
        self._put(one)
        return one

    def headers(self, one: Delivery) -> dict[str, str]:
        signature = hmac.new(self.secret.encode(), one.body, hashlib.sha256).hexdigest()
        old = hmac.new(self.secret.encode(), one.body, hashlib.sha1).hexdigest()
        return {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/0a1b2c3",
            "X-GitHub-Delivery": one.guid,
            "X-GitHub-Event": one.event,
            "X-GitHub-Hook-ID": "1",
            "X-GitHub-Hook-Installation-Target-ID": "1",
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature": f"sha1={old}",
            "X-Hub-Signature-256": f"sha256={signature}",
        }

    def _send_all(self) -> None:
        with httpx.Client(timeout=TIMEOUT, trust_env=False, verify=False) as client:
            while (one := self._queue.get()) is not None:
                self._send(client, one)
                self._queue.task_done()
            self._queue.task_done()

    def _send(self, client: httpx.Client, one: Delivery) -> None:
        if self.url is None:
            return
        one.request = self.headers(one)
        begun = self.server.state.clock.now()
        try:
            answer = client.post(self.url, content=one.body, headers=one.request)
            one.status, one.answer = answer.status_code, answer.text
        except httpx.HTTPError as error:
            one.status, one.answer = 0, str(error)
        one.seconds = max(0.0, self.server.state.clock.now() - begun)
        one.tried = True

    def pull(self, action: str, pull: Pull, by: Account, **further: Any) -> None:
        pull.events.append(Event(action, by, self.server.state.clock.now(), pull.head))
        self.send("pull_request", payloads.pull(self.server, pull, by, **further), action)

    def issue_comment(
        self, action: str, pull: Pull, one: Comment, by: Account, changes: Any = None
    ) -> None:
        payload = payloads.issue_comment(self.server, pull, one, by, changes)
        self.send("issue_comment", payload, action)

    def review(self, action: str, pull: Pull, one: Review) -> None:
        self.send("pull_request_review", payloads.review(self.server, pull, one), action)

    def review_comment(
        self, action: str, pull: Pull, one: ReviewComment, by: Account, changes: Any = None
    ) -> None:
        payload = payloads.review_comment(self.server, pull, one, by, changes)
        self.send("pull_request_review_comment", payload, action)

    def thread(self, action: str, pull: Pull, root: int, by: Account) -> None:
        payload = payloads.thread(self.server, pull, root, by)
        self.send("pull_request_review_thread", payload, action)

    def check_run(
        self, action: str, one: Repository, run: CheckRun, by: Account, **further: Any
    ) -> None:
        self.send("check_run", payloads.check_run(self.server, one, run, by, **further), action)

    def check_suite(self, action: str, one: Repository, sha: str, by: Account) -> None:
        self.send("check_suite", payloads.check_suite(self.server, one, sha, by), action)
