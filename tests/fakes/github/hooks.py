"""Webhooks: signed, delivered in order by a thread of their own, kept in a log."""

import hashlib
import hmac
import uuid
from typing import TYPE_CHECKING, Any

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
from tests.fakes.outbox import Delivery, Outbox

if TYPE_CHECKING:
    from tests.fakes.github.server import Server


class Hooks(Outbox):
    """One App's webhooks."""

    def __init__(self, server: "Server", seed: int = 0) -> None:
        super().__init__(server.state.clock, seed)
        self.server = server
        self.secret = ""

    def send(self, event: str, payload: dict[str, Any], action: str | None = None) -> Delivery:
        """Log a delivery and, unless it is to be lost, queue it."""
        payload = {"action": action, **payload} if action else payload
        self.server.check_webhook(event, action, payload)
        now = self.clock.now()
        return self.post(Delivery(next(self.ids), str(uuid.uuid4()), event, action, payload, now))

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

    def pull(self, action: str, pull: Pull, by: Account, **further: Any) -> None:
        pull.events.append(Event(action, by, self.server.state.clock.now(), pull.head))
        self.send("pull_request", payloads.pull(self.server, pull, by, **further), action)

    def push(self, one: Repository, branch: str, shas: tuple[str, str], by: Account) -> None:
        self.send("push", payloads.push(self.server, one, branch, shas, by))

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
