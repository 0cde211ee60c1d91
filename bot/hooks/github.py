"""GitHub's webhooks: whether one is GitHub's, and what it asks for. Pure."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bot.change import ChangeId, ForgeName, Kind
from bot.hooks import document
from bot.hooks.delivery import Asked, Delivery, Unreadable, Unsigned, Wish

Headers = Sequence[tuple[bytes, bytes]]
Body = Mapping[str, Any]

NAME = "redline"  # of our check run
_MAX_TEXT = 64 * 1024
_MAX_ID = 2**53
_SIGNATURE = re.compile(rb"sha256=([0-9a-f]{64})")
_ID = re.compile(rb"[!-~]{1,100}")
_SHA = re.compile(r"[0-9a-f]{40}")
_MAYBE_COMMAND = re.compile(r"(?:\A|[\r\n])[ \t]*(?:/|@redline\b)", re.IGNORECASE)

_PULL_REQUEST_WISHES = MappingProxyType(
    {
        "opened": Wish.REVIEW,
        "synchronize": Wish.REVIEW,
        "reopened": Wish.REVIEW,
        "converted_to_draft": Wish.REVIEW,
        "ready_for_review": Wish.AFRESH,
        "closed": Wish.CLOSE,
    }
)


def verify(headers: Headers, body: bytes, secrets: Sequence[str]) -> None:
    """Accept a body that is signed with one of the secrets. Raises Unsigned.

    The older sha1 header is not looked at. All secrets are tried, so that the time taken does
    not say which one held.
    """
    found = _SIGNATURE.fullmatch(_only(headers, b"x-hub-signature-256", Unsigned))
    if found is None:
        raise Unsigned("X-Hub-Signature-256 is not of the form sha256=HEX")
    sent = found.group(1)
    held = [
        hmac.compare_digest(hmac.new(secret.encode(), body, "sha256").hexdigest().encode(), sent)
        for secret in secrets
        if secret
    ]
    if not any(held):
        raise Unsigned("the signature is of another body or secret")


def read(headers: Headers, body: bytes) -> Delivery:
    """What a verified webhook asks for. Raises Unreadable for bad JSON or a missing header.

    A payload that lacks what its event should have asks for nothing: GitHub's payloads change,
    and an event that we do not understand is no fault of the sender.
    """
    id_ = _ID.fullmatch(_only(headers, b"x-github-delivery", Unreadable))
    if id_ is None:
        raise Unreadable("X-GitHub-Delivery is not an id")
    event = _only(headers, b"x-github-event", Unreadable).decode("latin-1")[:100]
    payload = document.read(body)
    delivery = Delivery(
        forge=ForgeName.GITHUB,
        id=id_.group().decode(),
        event=event,
        digest=hashlib.sha256(body).hexdigest(),
        repository=_text(payload, "repository", "full_name"),
        repository_id=_number(payload, "repository", "id"),
    )
    if event not in _READERS or not delivery.repository_id:
        return delivery
    action = _text(payload, "action")
    return _READERS[event](replace(delivery, event=f"{event}.{action}"), action, payload)


def _pull_request(delivery: Delivery, action: str, payload: Body) -> Delivery:
    wish = _PULL_REQUEST_WISHES.get(action, Wish.NOTHING)
    if action == "edited" and _at(payload, "changes", "base"):
        wish = Wish.AFRESH
    number = _number(payload, "pull_request", "number")
    gone = not _number(payload, "pull_request", "head", "repo", "id")  # its fork was deleted
    if not number or (gone and wish is not Wish.CLOSE):
        return delivery
    return replace(
        delivery,
        wish=wish,
        change=_change(delivery, number),
        head=_sha(payload, "pull_request", "head", "sha"),
        at=_time(payload, "pull_request", "updated_at"),
    )


def _issue_comment(delivery: Delivery, action: str, payload: Body) -> Delivery:
    """Comments as they are created, by people, on open changes: edits could hide who asked what."""
    text = _text(payload, "comment", "body")[:_MAX_TEXT]
    number = _number(payload, "issue", "number")
    comment, author = _number(payload, "comment", "id"), _text(payload, "comment", "user", "login")
    if action != "created" or not (number and comment and author):
        return delivery
    if _text(payload, "comment", "user", "type") != "User" or author.endswith("[bot]"):
        return delivery
    if not _at(payload, "issue", "pull_request") or _text(payload, "issue", "state") != "open":
        return delivery
    if _MAYBE_COMMAND.search(text) is None:
        return delivery
    asked = Asked(str(comment), author, text)
    return replace(delivery, wish=Wish.COMMAND, change=_change(delivery, number), asked=asked)


def _check_run(delivery: Delivery, action: str, payload: Body) -> Delivery:
    """The buttons of our check: the one that GitHub draws, and our own, named like a command."""
    button = _text(payload, "requested_action", "identifier")
    if _text(payload, "check_run", "name") != NAME:
        return delivery
    if action != "rerequested" and (action, button) != ("requested_action", "recheck"):
        return delivery
    return _recheck(delivery, payload, "check_run")


def _check_suite(delivery: Delivery, action: str, payload: Body) -> Delivery:
    return _recheck(delivery, payload, "check_suite") if action == "rerequested" else delivery


def _recheck(delivery: Delivery, payload: Body, of: str) -> Delivery:
    """A recheck of the one change that is named, else of all at the head: forks' are not named."""
    head = _sha(payload, of, "head_sha")
    changes = _at(payload, of, "pull_requests")
    numbers = changes if isinstance(changes, list) else []
    number = _number(numbers[0], "number") if len(numbers) == 1 else 0
    if not head:
        return delivery
    change = _change(delivery, number) if number else None
    return replace(delivery, wish=Wish.RECHECK, change=change, head=head)


def _merge_group(delivery: Delivery, action: str, payload: Body) -> Delivery:
    wishes = {"checks_requested": Wish.REVIEW, "destroyed": Wish.CLOSE}
    ref, head = _text(payload, "merge_group", "head_ref"), _sha(payload, "merge_group", "head_sha")
    if action not in wishes or not ref or not head or len(ref) > 1024:
        return delivery
    change = ChangeId(ForgeName.GITHUB, delivery.repository_id, Kind.MERGE_GROUP, ref=ref)
    return replace(delivery, wish=wishes[action], change=change, head=head)


_READERS: Mapping[str, Callable[[Delivery, str, Body], Delivery]] = MappingProxyType(
    {
        "pull_request": _pull_request,
        "issue_comment": _issue_comment,
        "check_run": _check_run,
        "check_suite": _check_suite,
        "merge_group": _merge_group,
    }
)


def _only(headers: Headers, name: bytes, wrong: type[Exception]) -> bytes:
    """The value of a header that must be there once: of two, a proxy and we may read another."""
    values = [value for key, value in headers if key.lower() == name]
    if len(values) != 1:
        raise wrong(f"{name.decode()} is {'missing' if not values else 'there more than once'}")
    return values[0]


def _change(delivery: Delivery, number: int) -> ChangeId:
    return ChangeId(ForgeName.GITHUB, delivery.repository_id, number=number)


def _at(payload: Any, *keys: str) -> Any:
    """What lies under these keys, or None where any of them is missing."""
    for key in keys:
        if not isinstance(payload, dict):
            return None
        payload = payload.get(key)
    return payload


def _text(payload: Any, *keys: str) -> str:
    value = _at(payload, *keys)
    return value if isinstance(value, str) else ""


def _number(payload: Any, *keys: str) -> int:
    """A number that a database takes as an id, else 0."""
    value = _at(payload, *keys)
    return value if type(value) is int and 0 < value < _MAX_ID else 0


def _sha(payload: Any, *keys: str) -> str:
    value = _text(payload, *keys)
    return value if _SHA.fullmatch(value) else ""


def _time(payload: Any, *keys: str) -> float:
    """Seconds since 1970, 0 where it cannot be read."""
    try:
        return datetime.fromisoformat(_text(payload, *keys)).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
