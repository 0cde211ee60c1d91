"""GitLab's webhooks: whether one is GitLab's, and what it asks for. Pure, but for the clock."""

import base64
import binascii
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from bot.change import ChangeId, ForgeName, Kind
from bot.hooks import document, fields
from bot.hooks.delivery import Asked, Delivery, Unreadable, Unsigned, Wish
from bot.hooks.fields import Body, Headers

SIGNING = "whsec_"  # what a signing token begins with; its bytes follow in base64
WINDOW_SECONDS = 300.0  # by which a signed timestamp may differ from our clock
_TIMESTAMP = re.compile(rb"[0-9]{1,12}")
_EVENT = re.compile(r"[ -~]{1,100}")
# Accounts of tokens and services: GitLab does not say otherwise who is no person.
BOT = re.compile(r"(?:project|group)_\d+_bot\w*|service_account_\w+|gitlab-bot|alert-bot")
_BEGINS = (
    *("created", "waiting_for_resource", "preparing", "pending", "running"),
    *("manual", "scheduled", "skipped"),  # at once, where it has nothing to run by itself
)

_MERGE_REQUEST_WISHES = MappingProxyType(
    {"open": Wish.REVIEW, "reopen": Wish.REVIEW, "close": Wish.CLOSE, "merge": Wish.CLOSE}
)


def verify(
    headers: Headers,
    body: bytes,
    secrets: Sequence[str],
    now: Callable[[], float] = time.time,
) -> None:
    """Accept what bears one of the secrets, or is signed with one. Raises Unsigned.

    A secret that begins with ``whsec_`` signs, and is never taken as a token: whoever sends it in
    plain text would give it away. All secrets are tried, so that the time taken does not say
    which one held.
    """
    plain = [one for one in secrets if one and not one.startswith(SIGNING)]
    signing = [key for one in secrets if one.startswith(SIGNING) and (key := signing_key(one))]
    names = {key.lower() for key, _ in headers}
    if signing and b"webhook-signature" in names:
        _verify_signature(headers, body, signing, now())
    elif plain:
        sent = fields.only(headers, b"x-gitlab-token", Unsigned)
        held = [hmac.compare_digest(secret.encode(), sent) for secret in plain]
        if not any(held):
            raise Unsigned("X-Gitlab-Token is none of ours")
    else:
        raise Unsigned("webhook-signature is missing")


def signing_key(secret: str) -> bytes:
    """The bytes behind ``whsec_``; empty where they are no base64."""
    try:
        return base64.b64decode(secret.removeprefix(SIGNING), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _verify_signature(headers: Headers, body: bytes, keys: Sequence[bytes], now: float) -> None:
    id_ = fields.only(headers, b"webhook-id", Unsigned)
    stamp = fields.only(headers, b"webhook-timestamp", Unsigned)
    sent = fields.only(headers, b"webhook-signature", Unsigned).split(b" ")
    if not _TIMESTAMP.fullmatch(stamp) or abs(int(stamp) - now) > WINDOW_SECONDS:
        raise Unsigned("webhook-timestamp is too old, or our clock is wrong")
    said = b".".join((id_, stamp, body))
    wanted = [b"v1," + base64.b64encode(hmac.digest(key, said, "sha256")) for key in keys]
    held = [hmac.compare_digest(one, each) for one in wanted for each in sent]
    if not any(held):
        raise Unsigned("the signature is of another body or secret")


def read(headers: Headers, body: bytes) -> Delivery:
    """What a verified webhook asks for. Raises Unreadable for bad JSON or a missing header.

    A payload that lacks what its event should have asks for nothing: payloads differ from release
    to release, and an event that we do not understand is no fault of the sender. Group and system
    hooks say the same in other envelopes: what counts is the payload's own ``object_kind``.
    """
    event = fields.only(headers, b"x-gitlab-event", Unreadable).decode("latin-1")[:100]
    payload = document.read(body)
    digest = hashlib.sha256(body).hexdigest()
    delivery = Delivery(
        forge=ForgeName.GITLAB,
        id=_id(headers, digest),
        event=event if _EVENT.fullmatch(event) else "",
        digest=digest,
        repository=fields.text(payload, "project", "path_with_namespace"),
        repository_id=fields.number(payload, "project", "id"),
    )
    kind = fields.text(payload, "object_kind")
    if kind not in _READERS or not delivery.repository_id:
        return delivery
    action = fields.text(payload, "object_attributes", "action")
    named = replace(delivery, event=f"{kind}.{action}"[:100] if action else kind)
    return _READERS[kind](named, action, payload)


def _id(headers: Headers, digest: str) -> str:
    """Equal when the same is sent again. Older releases name only an event, which several share."""
    for name in (b"webhook-id", b"idempotency-key"):
        if any(key.lower() == name for key, _ in headers):
            found = fields.ID.fullmatch(fields.only(headers, name, Unreadable))
            if found is None:
                raise Unreadable(f"{name.decode()} is not an id")
            return found.group().decode()
    return digest


def _merge_request(delivery: Delivery, action: str, payload: Body) -> Delivery:
    number = fields.number(payload, "object_attributes", "iid")
    if not number:
        return delivery
    wish = _MERGE_REQUEST_WISHES.get(action, Wish.NOTHING)
    if action == "update" and fields.text(payload, "object_attributes", "state") == "opened":
        wish = _updated(payload)
    return replace(
        delivery,
        wish=wish,
        change=ChangeId(ForgeName.GITLAB, delivery.repository_id, number=number),
        head=fields.sha(payload, "object_attributes", "last_commit", "id"),
        at=fields.moment(payload, "object_attributes", "updated_at"),
    )


def _updated(payload: Body) -> Wish:
    """One action stands for every edit: a push has ``oldrev``, the rest is under ``changes``."""
    if fields.at(payload, "changes", "target_branch"):
        return Wish.AFRESH
    for name in ("draft", "work_in_progress"):
        if fields.at(payload, "changes", name, "current") is False:
            return Wish.AFRESH
    return Wish.REVIEW if fields.sha(payload, "object_attributes", "oldrev") else Wish.NOTHING


def _note(delivery: Delivery, action: str, payload: Body) -> Delivery:
    """Notes as they are created, by people, on open changes: edits could hide who asked what."""
    text = fields.text(payload, "object_attributes", "note")[: fields.MAX_TEXT]
    number = fields.number(payload, "merge_request", "iid")
    note = fields.number(payload, "object_attributes", "id")
    author = fields.text(payload, "user", "username")
    if not (number and note and author) or BOT.fullmatch(author) or not _created(action, payload):
        return delivery
    if fields.text(payload, "object_attributes", "noteable_type") != "MergeRequest":
        return delivery
    if fields.text(payload, "merge_request", "state") != "opened":
        return delivery
    if fields.at(payload, "object_attributes", "system") or not fields.MAYBE_COMMAND.search(text):
        return delivery
    change = ChangeId(ForgeName.GITLAB, delivery.repository_id, number=number)
    written = fields.moment(payload, "object_attributes", "created_at")
    asked = Asked(str(note), author, text, written)
    return replace(delivery, wish=Wish.COMMAND, change=change, asked=asked)


def _created(action: str, payload: Body) -> bool:
    """Older releases send no action with a note, but two times that are equal at first."""
    if action:
        return action == "create"
    created = fields.text(payload, "object_attributes", "created_at")
    return bool(created) and created == fields.text(payload, "object_attributes", "updated_at")


def _pipeline(delivery: Delivery, action: str, payload: Body) -> Delivery:  # noqa: ARG001 - one table
    """One that begins has no status of ours, at whichever commit; those that we make have.

    A merge train runs one at a commit of its own; the forge says later if it is one.
    """
    number = fields.number(payload, "merge_request", "iid")
    head = fields.sha(payload, "object_attributes", "sha")
    source = fields.text(payload, "object_attributes", "source")
    begins = fields.text(payload, "object_attributes", "status") in _BEGINS
    if not head or not begins or source in ("", "external"):
        return delivery
    train = None
    if source == "merge_request_event" and number:
        ref = f"refs/merge-requests/{number}/train"
        train = ChangeId(ForgeName.GITLAB, delivery.repository_id, Kind.MERGE_GROUP, ref=ref)
    return replace(delivery, wish=Wish.PIPELINE, change=train, head=head)


def _push(delivery: Delivery, action: str, payload: Body) -> Delivery:  # noqa: ARG001 - one table
    """Of heads there is an event of their own: what counts here is who has the branch as base."""
    branch, tip = fields.moved(payload)
    return replace(delivery, wish=Wish.BASE, branch=branch, head=tip) if branch else delivery


_READERS: Mapping[str, Callable[[Delivery, str, Body], Delivery]] = MappingProxyType(
    {"merge_request": _merge_request, "note": _note, "pipeline": _pipeline, "push": _push}
)
