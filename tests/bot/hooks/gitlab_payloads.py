"""GitLab's payloads, as far as they matter, and the headers that come with them."""

import base64
import hmac
import json
from typing import Any

TOKEN = "a token of the hook"
KEY = b"32 bytes that sign what is sent."
SIGNING = "whsec_" + base64.b64encode(KEY).decode()
NOW = 1_773_144_000.0
HEAD, BEFORE = (
    "6dcb09b5b57875f334f61aebed695e2e4193db5e",
    "f95f852bd8fca8fcc58a9a2d6c842781e32a215e",
)
PROJECT = {"id": 15, "path_with_namespace": "group/sub/hello", "visibility_level": 0}


def merge_request(action: str = "update", **fields: Any) -> dict[str, Any]:
    """``fields`` go to ``object_attributes``, but ``changes`` to the top."""
    changes = fields.pop("changes", {})
    request = {
        "id": 99,
        "iid": 7,
        "action": action,
        "state": "opened",
        "draft": False,
        "updated_at": "2026-03-10 12:00:00 UTC",
        "source_project_id": 15,
        "target_project_id": 15,
        "last_commit": {"id": HEAD},
    }
    return {
        "object_kind": "merge_request",
        "event_type": "merge_request",
        "user": {"id": 3, "username": "ada"},
        "project": PROJECT,
        "object_attributes": request | fields,
        "changes": changes,
    }


def note(text: str, action: str = "create", **fields: Any) -> dict[str, Any]:
    """``fields`` go to ``object_attributes``, but ``user`` and ``merge_request`` to the top."""
    user = fields.pop("user", {"id": 3, "username": "ada"})
    request = fields.pop("merge_request", {"iid": 7, "state": "opened"})
    attributes = {
        "id": 1244,
        "note": text,
        "noteable_type": "MergeRequest",
        "system": False,
        "action": action,
        "created_at": "2026-03-10 12:00:00 UTC",
        "updated_at": "2026-03-10 12:00:00 UTC",
    }
    return {
        "object_kind": "note",
        "user": user,
        "project": PROJECT,
        "object_attributes": attributes | fields,
        "merge_request": request,
    }


def pipeline(status: str = "pending", **fields: Any) -> dict[str, Any]:
    attributes = {"id": 31, "sha": HEAD, "source": "merge_request_event", "status": status}
    return {
        "object_kind": "pipeline",
        "project": PROJECT,
        "object_attributes": attributes | fields,
        "merge_request": {"iid": 7, "state": "opened"},
    }


def push(**fields: Any) -> dict[str, Any]:
    return {
        "object_kind": "push",
        "event_name": "push",
        "before": BEFORE,
        "after": HEAD,
        "ref": "refs/heads/main",
        "checkout_sha": HEAD,
        "user_username": "ada",
        "project_id": 15,
        "project": PROJECT,
        "commits": [],
        "total_commits_count": 0,
    } | fields


def packed(payload: Any) -> bytes:
    return json.dumps(payload).encode()


def signature(body: bytes, key: bytes = KEY, id_: str = "e1", at: float = NOW) -> str:
    said = f"{id_}.{at:.0f}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, said, "sha256")).decode()


def headers(event: str = "Merge Request Hook", token: str = TOKEN) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"application/json"),
        (b"x-gitlab-event", event.encode()),
        (b"x-gitlab-token", token.encode()),
        (b"idempotency-key", b"e1"),
    ]


def signed(body: bytes, at: float = NOW, **fields: str) -> list[tuple[bytes, bytes]]:
    sent = {
        "webhook-id": "e1",
        "webhook-timestamp": f"{at:.0f}",
        "webhook-signature": signature(body, at=at),
    } | {name.replace("_", "-"): value for name, value in fields.items()}
    event = [(b"x-gitlab-event", b"Merge Request Hook")]
    return event + [(name.encode(), value.encode()) for name, value in sent.items()]
