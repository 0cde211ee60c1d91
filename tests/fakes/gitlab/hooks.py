"""Webhooks: with a token or signed, delivered in order, and off after four failures in a row."""

import base64
import hashlib
import hmac
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.gitlab import payloads
from tests.fakes.gitlab.state import (
    Account,
    Award,
    Discussion,
    Event,
    Note,
    Pipeline,
    Project,
    Request,
)
from tests.fakes.outbox import Delivery, Outbox

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server

FAILURES = 4
NAMES = {"merge_request": "Merge Request Hook", "note": "Note Hook", "pipeline": "Pipeline Hook",
         "push": "Push Hook", "emoji": "Emoji Hook"}  # fmt: skip
FLAGS = {"merge_request": "merge_requests_events", "note": "note_events", "push": "push_events",
         "pipeline": "pipeline_events", "emoji": "emoji_events"}  # fmt: skip
TRIGGERS = {"merge_request": "merge_request_hooks", "note": "note_hooks", "push": "push_hooks",
            "pipeline": "pipeline_hooks", "emoji": "emoji_hooks"}  # fmt: skip


@dataclass
class Hook:
    """One project's hook: ``off`` has the events that it does not send, as ``note_events``.

    ``failures``: how often in a row nobody took what it sent.
    """

    id: int
    project: Project
    failures: int = 0
    disabled: bool = False
    off: set[str] = field(default_factory=set)


class Hooks(Outbox):
    """The same hook for every project: ``token`` is sent as it is, ``signing`` signs."""

    def __init__(self, server: "Server", seed: int = 0) -> None:
        super().__init__(server.state.clock, seed)
        self.server = server
        self.token = ""
        self.signing = ""
        self.rows: dict[int, Hook] = {}

    def of(self, project: Project) -> Hook:
        if project.id not in self.rows:
            self.rows[project.id] = Hook(self.server.state.id(), project)
        return self.rows[project.id]

    def enable(self) -> None:
        """Someone put all hooks in order again."""
        for hook in self.rows.values():
            hook.failures, hook.disabled = 0, False

    def send(
        self, project: Project, event: str, payload: dict[str, Any], action: str | None = None
    ) -> None:
        """Send it, unless the hook is disabled or not for such: then it is not even logged."""
        hook = self.of(project)
        if hook.disabled or FLAGS[event] in hook.off:
            return
        self.post(Delivery(next(self.ids), str(uuid.uuid4()), event, action, payload,
                           self.clock.now(), hook=hook.id))  # fmt: skip

    def headers(self, one: Delivery) -> dict[str, str]:
        name = uuid.uuid5(uuid.NAMESPACE_URL, one.guid)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "GitLab/18.4.1-ee",
            "Idempotency-Key": one.guid,
            "X-Gitlab-Event": NAMES[one.event],
            "X-Gitlab-Webhook-UUID": str(uuid.uuid5(uuid.NAMESPACE_URL, str(one.hook))),
            "X-Gitlab-Instance": self.server.base,
            "X-Gitlab-Event-UUID": str(name),
        }
        if self.token:
            headers["X-Gitlab-Token"] = self.token
        return headers | (self._signed(one) if self.signing else {})

    def _signed(self, one: Delivery) -> dict[str, str]:
        when = str(int(self.clock.now()))
        text = f"{one.guid}.{when}.".encode() + one.body
        key = base64.b64decode(self.signing.removeprefix("whsec_"))
        digest = base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode()
        return {"webhook-id": one.guid, "webhook-timestamp": when,
                "webhook-signature": f"v1,{digest}"}  # fmt: skip

    def sent(self, one: Delivery) -> None:
        hook = next((row for row in self.rows.values() if row.id == one.hook), None)
        if hook is None:
            return
        hook.failures = 0 if 200 <= one.status < 300 else hook.failures + 1
        hook.disabled = hook.failures >= FAILURES

    def request(
        self, action: str, one: Request, by: Account, changes: dict[str, Any] | None = None,
        oldrev: str | None = None,
    ) -> None:  # fmt: skip
        """What became of a merge request."""
        one.events.append(Event(action, by, self.clock.now(), one.head))
        payload = payloads.merge_request(self.server, one, by, action, changes or {})
        if oldrev is not None:
            payload["object_attributes"]["oldrev"] = oldrev
        self.send(one.project, "merge_request", payload, action)

    def note(
        self, action: str, one: Request, discussion: Discussion, note: Note, by: Account
    ) -> None:
        payload = payloads.on_request(self.server, one, discussion, note, action)
        self.send(one.project, "note", {**payload, "user": payloads.user(by)}, action)

    def emoji(self, action: str, one: Request, note: Note, award: Award) -> None:
        payload = payloads.emoji(self.server, action, one, note, award)
        self.send(one.project, "emoji", payload, action)

    def pipeline(self, one: Pipeline) -> None:
        self.send(one.project, "pipeline", payloads.pipeline(self.server, one))

    def push(self, one: Project, branch: str, shas: tuple[str, str], by: Account) -> None:
        self.send(one, "push", payloads.push(self.server, one, branch, shas, by))
