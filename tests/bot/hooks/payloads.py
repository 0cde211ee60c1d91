"""GitHub's payloads, as far as they matter, and the headers that come with them."""

import hmac
import json
from typing import Any

SECRET = "It's a Secret to Everybody"
HEAD, BASE = "6dcb09b5b57875f334f61aebed695e2e4193db5e", "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"
SENDER = {"login": "ada", "type": "User"}
REPOSITORY = {"id": 1296269, "full_name": "octo/hello", "name": "hello", "private": True}


def pull_request(action: str = "synchronize", **fields: Any) -> dict[str, Any]:
    pull = {
        "number": 1347,
        "state": "open",
        "draft": False,
        "updated_at": "2026-03-10T12:00:00Z",
        "head": {"ref": "topic", "sha": HEAD, "repo": {"id": 9, "full_name": "fork/hello"}},
        "base": {"ref": "main", "sha": BASE, "repo": REPOSITORY},
        "user": {"login": "ada", "type": "User"},
    }
    return {
        "action": action,
        "number": 1347,
        "pull_request": pull,
        "repository": REPOSITORY,
        "sender": {"login": "ada"},
        "installation": {"id": 5},
    } | fields


def comment(body: str, action: str = "created", **fields: Any) -> dict[str, Any]:
    return {
        "action": action,
        "issue": {"number": 1347, "state": "open", "pull_request": {"url": "https://x/1347"}},
        "comment": {
            "id": 99,
            "body": body,
            "created_at": "2026-03-10T12:00:00Z",
            "user": {"login": "ada", "type": "User"},
        },
        "repository": REPOSITORY,
    } | fields


def review_comment(body: str, action: str = "created", **fields: Any) -> dict[str, Any]:
    """In a thread; there is no ``issue``."""
    there = comment(body, action)
    return {
        "action": action,
        "comment": there["comment"] | {"pull_request_review_id": 5, "path": "a.yaml"},
        "pull_request": pull_request()["pull_request"],
        "repository": REPOSITORY,
    } | fields


def review(body: str | None, action: str = "submitted", **fields: Any) -> dict[str, Any]:
    """The text of a review, None where it has comments only."""
    said = {
        "id": 99,
        "body": body,
        "state": "commented",
        "submitted_at": "2026-03-10T12:00:00Z",
        "user": {"login": "ada", "type": "User"},
    }
    pull = pull_request()["pull_request"]
    return {
        "action": action,
        "review": said,
        "pull_request": pull,
        "repository": REPOSITORY,
    } | fields


def check_run(action: str = "rerequested", **fields: Any) -> dict[str, Any]:
    run = {"id": 4, "name": "redline", "head_sha": HEAD, "pull_requests": [{"number": 1347}]}
    own = {"repository": REPOSITORY, "sender": SENDER}
    return {"action": action, "check_run": run | fields, **own}


def check_suite(*numbers: int) -> dict[str, Any]:
    pulls = [{"number": number} for number in numbers]
    suite = {"head_sha": HEAD, "pull_requests": pulls}
    own = {"repository": REPOSITORY, "sender": SENDER}
    return {"action": "rerequested", "check_suite": suite, **own}


def merge_group(action: str = "checks_requested") -> dict[str, Any]:
    ref = "refs/heads/gh-readonly-queue/main/pr-1347-" + BASE
    group = {"head_sha": HEAD, "head_ref": ref, "base_sha": BASE, "base_ref": "refs/heads/main"}
    return {"action": action, "merge_group": group, "repository": REPOSITORY}


def push(**fields: Any) -> dict[str, Any]:
    """As octokit's example has it, but for the commits."""
    return {
        "ref": "refs/heads/main",
        "before": BASE,
        "after": HEAD,
        "created": False,
        "deleted": False,
        "forced": False,
        "base_ref": None,
        "compare": "https://github.com/octo/hello/compare/f95f852bd8fc...6dcb09b5b578",
        "commits": [],
        "head_commit": None,
        "repository": REPOSITORY | {"created_at": 1557933565, "master_branch": "main"},
        "pusher": {"name": "ada", "email": "ada@example.com"},
        "sender": SENDER,
    } | fields


def packed(payload: Any) -> bytes:
    return json.dumps(payload).encode()


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()


def headers(
    body: bytes,
    event: str = "pull_request",
    id: str = "72d3162e",  # noqa: A002
    secret: str = SECRET,
) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"application/json"),
        (b"x-github-event", event.encode()),
        (b"x-github-delivery", id.encode()),
        (b"x-hub-signature-256", signature(body, secret).encode()),
    ]
