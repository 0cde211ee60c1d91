"""GitHub's webhooks: whether one is GitHub's, and what it asks for. Pure."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from bot.change import ChangeId, ForgeName, Kind
from bot.hooks import document, fields
from bot.hooks.delivery import (
    BUTTON,
    IN_REVIEW,
    IN_THREAD,
    Asked,
    Delivery,
    Unreadable,
    Unsigned,
    Wish,
)
from bot.hooks.fields import Body, Headers

NAME = "redline"  # of our check run
BUTTONS = ("recheck", "replan")  # a plan is made anew with all else
_SIGNATURE = re.compile(rb"sha256=([0-9a-f]{64})")

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
    found = _SIGNATURE.fullmatch(fields.only(headers, b"x-hub-signature-256", Unsigned))
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
    id_ = fields.ID.fullmatch(fields.only(headers, b"x-github-delivery", Unreadable))
    if id_ is None:
        raise Unreadable("X-GitHub-Delivery is not an id")
    event = fields.only(headers, b"x-github-event", Unreadable).decode("latin-1")[:100]
    payload = document.read(body)
    delivery = Delivery(
        forge=ForgeName.GITHUB,
        id=id_.group().decode(),
        event=event,
        digest=hashlib.sha256(body).hexdigest(),
        repository=fields.text(payload, "repository", "full_name"),
        repository_id=fields.number(payload, "repository", "id"),
    )
    if event not in _READERS or not delivery.repository_id:
        return delivery
    action = fields.text(payload, "action")
    named = replace(delivery, event=f"{event}.{action}") if action else delivery
    return _READERS[event](named, action, payload)


def _pull_request(delivery: Delivery, action: str, payload: Body) -> Delivery:
    wish = _PULL_REQUEST_WISHES.get(action, Wish.NOTHING)
    if action == "edited" and fields.at(payload, "changes", "base"):
        wish = Wish.AFRESH
    number = fields.number(payload, "pull_request", "number")
    gone = not fields.number(payload, "pull_request", "head", "repo", "id")  # its fork was deleted
    if not number or (gone and wish is not Wish.CLOSE):
        return delivery
    return replace(
        delivery,
        wish=wish,
        change=_change(delivery, number),
        head=fields.sha(payload, "pull_request", "head", "sha"),
        at=fields.moment(payload, "pull_request", "updated_at"),
    )


def _issue_comment(delivery: Delivery, action: str, payload: Body) -> Delivery:
    if action != "created" or not fields.at(payload, "issue", "pull_request"):
        return delivery
    return _said(delivery, payload, ("issue", "comment"))


def _review_comment(delivery: Delivery, action: str, payload: Body) -> Delivery:
    """One of a thread: the first, or an answer to it."""
    if action != "created":
        return delivery
    return _said(delivery, payload, ("pull_request", "comment"), IN_THREAD)


def _review(delivery: Delivery, action: str, payload: Body) -> Delivery:
    """The text of a review; its comments come by themselves."""
    if action != "submitted":
        return delivery
    return _said(delivery, payload, ("pull_request", "review"), IN_REVIEW)


def _said(delivery: Delivery, payload: Body, names: tuple[str, str], kind: str = "") -> Delivery:
    """What people said on open changes, when they said it: edits could hide who asked what.

    ``names`` are those of the change and of the comment in the payload.
    """
    where, comment = fields.at(payload, names[0]), fields.at(payload, names[1])
    text = fields.text(comment, "body")[: fields.MAX_TEXT]
    number, id_ = fields.number(where, "number"), fields.number(comment, "id")
    author = fields.text(comment, "user", "login")
    if not (number and id_ and author) or fields.text(where, "state") != "open":
        return delivery
    if fields.text(comment, "user", "type") != "User" or author.endswith("[bot]"):
        return delivery
    if fields.MAYBE_COMMAND.search(text) is None:
        return delivery
    written = fields.moment(comment, "submitted_at" if kind == IN_REVIEW else "created_at")
    asked = Asked(f"{kind}{id_}", author, text, written)
    return replace(delivery, wish=Wish.COMMAND, change=_change(delivery, number), asked=asked)


def _check_run(delivery: Delivery, action: str, payload: Body) -> Delivery:
    """The buttons of our check: the one that GitHub draws, and our own, named like commands."""
    button = fields.text(payload, "requested_action", "identifier")
    if fields.text(payload, "check_run", "name") != NAME:
        return delivery
    if action != "rerequested" and (action != "requested_action" or button not in BUTTONS):
        return delivery
    return _pressed(delivery, payload, "check_run")


def _check_suite(delivery: Delivery, action: str, payload: Body) -> Delivery:
    return _pressed(delivery, payload, "check_suite") if action == "rerequested" else delivery


def _pressed(delivery: Delivery, payload: Body, of: str) -> Delivery:
    """A recheck of the one change that is named, else of all at the head: forks' are not named.

    It is asked for by whoever pressed: what they may do is asked of GitHub, as for a comment.
    """
    head, author = fields.sha(payload, of, "head_sha"), fields.text(payload, "sender", "login")
    changes = fields.at(payload, of, "pull_requests")
    numbers = changes if isinstance(changes, list) else []
    number = fields.number(numbers[0], "number") if len(numbers) == 1 else 0
    if not head or fields.text(payload, "sender", "type") != "User" or author.endswith("[bot]"):
        return delivery
    change = _change(delivery, number) if number else None
    asked = Asked(BUTTON + delivery.id, author, "/redline recheck")
    return replace(delivery, wish=Wish.COMMAND, change=change, head=head, asked=asked)


def _merge_group(delivery: Delivery, action: str, payload: Body) -> Delivery:
    wishes = {"checks_requested": Wish.REVIEW, "destroyed": Wish.CLOSE}
    ref, head = (
        fields.text(payload, "merge_group", "head_ref"),
        fields.sha(payload, "merge_group", "head_sha"),
    )
    if action not in wishes or not ref or not head or len(ref) > 1024:
        return delivery
    change = ChangeId(ForgeName.GITHUB, delivery.repository_id, Kind.MERGE_GROUP, ref=ref)
    return replace(delivery, wish=wishes[action], change=change, head=head)


def _push(delivery: Delivery, action: str, payload: Body) -> Delivery:  # noqa: ARG001 - one table
    """Of heads there is an event of their own: what counts here is who has the branch as base."""
    branch, tip = fields.moved(payload)
    return replace(delivery, wish=Wish.BASE, branch=branch, head=tip) if branch else delivery


_READERS: Mapping[str, Callable[[Delivery, str, Body], Delivery]] = MappingProxyType(
    {
        "pull_request": _pull_request,
        "issue_comment": _issue_comment,
        "pull_request_review_comment": _review_comment,
        "pull_request_review": _review,
        "check_run": _check_run,
        "check_suite": _check_suite,
        "merge_group": _merge_group,
        "push": _push,
    }
)


def _change(delivery: Delivery, number: int) -> ChangeId:
    return ChangeId(ForgeName.GITHUB, delivery.repository_id, number=number)
