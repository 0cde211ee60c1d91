"""GitLab's webhooks: whose they are, and what they ask for."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.change import ChangeId, ForgeName, Kind
from bot.hooks.delivery import Asked, Delivery, Unreadable, Unsigned, Wish
from bot.hooks.gitlab import read, verify
from tests.bot.hooks.gitlab_payloads import (
    BEFORE,
    HEAD,
    KEY,
    NOW,
    SIGNING,
    TOKEN,
    headers,
    merge_request,
    note,
    packed,
    pipeline,
    push,
    signature,
    signed,
)

WRITTEN = datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp()
CHANGE = ChangeId(ForgeName.GITLAB, 15, number=7)
BODY = packed(merge_request())
Headers = list[tuple[bytes, bytes]]


def understood(payload: Any, event: str = "Merge Request Hook") -> Delivery:
    return read(headers(event), packed(payload))


def clock() -> float:
    return NOW


@pytest.mark.parametrize(
    "sent",
    [
        [],
        [(b"x-gitlab-token", b"")],
        [(b"x-gitlab-token", b"another")],
        [(b"x-gitlab-token", TOKEN.encode()), (b"X-Gitlab-Token", TOKEN.encode())],
        [(b"x-gitlab-token", TOKEN.encode() + b" ")],
        [(b"x-gitlab-token", TOKEN.encode()[:-1])],
        [(b"x-gitlab-token", "t\u00f6ken".encode("latin-1"))],
    ],
    ids=["none", "empty", "wrong", "doubled", "longer", "shorter", "other bytes"],
)
def test_a_token_that_is_none(sent: Headers) -> None:
    with pytest.raises(Unsigned):
        verify(sent, BODY, [TOKEN], clock)


def test_the_token_holds() -> None:
    verify(headers(), BODY, [TOKEN], clock)


def test_two_tokens_hold_while_they_change() -> None:
    for token in ("old", "new"):
        verify(headers(token=token), BODY, ["old", "new"], clock)
    with pytest.raises(Unsigned):
        verify(headers(token="older"), BODY, ["old", "new"], clock)


@pytest.mark.parametrize("secrets", [[], [""]], ids=["none", "empty"])
def test_without_a_secret_nothing_holds(secrets: list[str]) -> None:
    with pytest.raises(Unsigned):
        verify(headers(token=""), BODY, secrets, clock)


def test_a_signature_holds() -> None:
    verify(signed(BODY), BODY, [SIGNING], clock)
    both = f"v1,AAAA {signature(BODY)}"
    verify(signed(BODY, webhook_signature=both), BODY, [SIGNING], clock)
    other = "whsec_" + "QUJD" * 8
    verify(signed(BODY), BODY, [other, SIGNING], clock)


@pytest.mark.parametrize(
    "sent",
    [
        signed(BODY, webhook_signature=""),
        signed(BODY, webhook_signature=signature(b"other body")),
        signed(BODY, webhook_signature=signature(BODY, b"another key")),
        signed(BODY, webhook_signature=signature(BODY).replace("v1,", "v2,")),
        signed(BODY, webhook_signature=signature(BODY)[3:]),
        signed(BODY, webhook_id="e2"),
        signed(BODY, webhook_timestamp=f"{NOW + 1:.0f}"),
        signed(BODY, webhook_timestamp="soon"),
        signed(BODY, NOW - 301),
        signed(BODY, NOW + 301),
        [one for one in signed(BODY) if one[0] != b"webhook-id"],
        [one for one in signed(BODY) if one[0] != b"webhook-timestamp"],
        [one for one in signed(BODY) if one[0] != b"webhook-signature"],
        [*signed(BODY), (b"Webhook-Signature", signature(BODY).encode())],
    ],
    ids=[
        "empty", "other body", "other key", "other version", "no version", "other id",
        "other time", "no time", "too old", "too new", "without id", "without time",
        "without signature", "doubled",
    ],
)  # fmt: skip
def test_a_signature_that_does_not_hold(sent: Headers) -> None:
    with pytest.raises(Unsigned):
        verify(sent, BODY, [SIGNING], clock)


def test_what_signs_is_never_a_token() -> None:
    with pytest.raises(Unsigned):
        verify(headers(token=SIGNING), BODY, [SIGNING], clock)
    with pytest.raises(Unsigned):
        verify(headers(token=SIGNING), BODY, [TOKEN, SIGNING], clock)
    assert KEY.decode() not in SIGNING


def test_token_and_signature_both_hold_while_one_follows_the_other() -> None:
    verify(headers(), BODY, [TOKEN, SIGNING], clock)
    verify(signed(BODY), BODY, [TOKEN, SIGNING], clock)
    verify([*headers(), *signed(BODY)[1:]], BODY, [TOKEN], clock)


@pytest.mark.parametrize(
    ("payload", "wish"),
    [
        (merge_request("open"), Wish.REVIEW),
        (merge_request("reopen"), Wish.REVIEW),
        (merge_request(oldrev=BEFORE), Wish.REVIEW),
        (merge_request(changes={"draft": {"previous": True, "current": False}}), Wish.AFRESH),
        (
            merge_request(changes={"work_in_progress": {"previous": True, "current": False}}),
            Wish.AFRESH,
        ),
        (merge_request(changes={"draft": {"previous": False, "current": True}}), Wish.NOTHING),
        (
            merge_request(changes={"target_branch": {"previous": "a", "current": "b"}}),
            Wish.AFRESH,
        ),
        (merge_request(changes={"title": {"previous": "a", "current": "b"}}), Wish.NOTHING),
        (merge_request(oldrev=BEFORE, state="merged"), Wish.NOTHING),
        (merge_request("close", state="closed"), Wish.CLOSE),
        (merge_request("merge", state="merged"), Wish.CLOSE),
        (merge_request("approved"), Wish.NOTHING),
        (merge_request("__class__"), Wish.NOTHING),
    ],
    ids=[
        "open", "reopen", "push", "ready", "ready as older releases say it", "draft",
        "retargeted", "title", "push to what is merged", "close", "merge", "approved", "odd",
    ],
)  # fmt: skip
def test_merge_requests(payload: dict[str, Any], wish: Wish) -> None:
    delivery = understood(payload)
    assert (delivery.wish, delivery.change, delivery.head) == (wish, CHANGE, HEAD)
    assert (delivery.id, delivery.repository, delivery.at) == ("e1", "group/sub/hello", NOW)
    assert delivery.event == f"merge_request.{payload['object_attributes']['action']}"


@pytest.mark.parametrize("time", ["2026-03-10T12:00:00Z", "2026-03-10T12:00:00.000+00:00"])
def test_times_of_newer_releases(time: str) -> None:
    assert understood(merge_request(updated_at=time)).at == NOW


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"object_kind": "push", "project": {"id": 15}, "ref": "refs/heads/main"},
        {"object_kind": None, "project": []},
        merge_request("open") | {"project": None},
        merge_request("open") | {"object_attributes": None},
        merge_request("open", iid="7"),
        merge_request("open", iid=True),
        merge_request("open", iid=10**40),
        merge_request(None),  # type: ignore[arg-type]
        pipeline(source="external"),
        pipeline(source=""),
        pipeline(sha="main"),
        pipeline("success"),
        pipeline("__class__"),
    ],
)
def test_not_for_us(payload: dict[str, Any]) -> None:
    assert understood(payload).wish is Wish.NOTHING


@pytest.mark.parametrize("sha", ["", "main", "--upload-pack=x", "A" * 40, HEAD + "\n"])
def test_what_is_no_sha_is_no_head(sha: str) -> None:
    delivery = understood(merge_request("open", last_commit={"id": sha}))
    assert (delivery.wish, delivery.head) == (Wish.REVIEW, "")


@pytest.mark.parametrize("event", ["Note Hook", "System Hook"])
def test_a_note_with_a_command(event: str) -> None:
    delivery = understood(note("Hm.\n/redline recheck"), event)
    assert (delivery.wish, delivery.change) == (Wish.COMMAND, CHANGE)
    assert delivery.asked == Asked("1244", "ada", "Hm.\n/redline recheck", WRITTEN)


def test_a_note_of_an_older_release_has_no_action() -> None:
    payload = note("/redline recheck")
    del payload["object_attributes"]["action"]
    assert understood(payload).wish is Wish.COMMAND
    payload["object_attributes"]["updated_at"] = "2026-03-10 12:00:01 UTC"
    assert understood(payload).wish is Wish.NOTHING


@pytest.mark.parametrize(
    "payload",
    [
        note("looks good to me"),
        note("> /redline recheck"),
        note("\uff0fredline recheck"),
        note("/redline recheck", "update"),
        note("/redline recheck", system=True),
        note("/redline recheck", noteable_type="Issue"),
        note("/redline recheck", noteable_type="Commit"),
        note("/redline recheck", merge_request={"iid": 7, "state": "merged"}),
        note("/redline recheck", merge_request=None),
        note("/redline recheck", user={"username": "project_15_bot_0a1b2c"}),
        note("/redline recheck", user={"username": "group_3_bot"}),
        note("/redline recheck", user=None),
        note("/redline recheck", id=None),
    ],
    ids=[
        "words", "quoted", "look-alike", "edited", "system", "issue", "commit", "merged",
        "nothing", "a project's token", "a group's token", "nobody", "no id",
    ],
)  # fmt: skip
def test_notes_that_are_not_for_us(payload: dict[str, Any]) -> None:
    assert understood(payload, "Note Hook").wish is Wish.NOTHING


def test_a_long_note_is_cut() -> None:
    asked = understood(note("/redline recheck " + "x" * 200_000)).asked
    assert asked is not None
    assert len(asked.text) == 65_536


def test_a_pipeline_of_a_merge_request_may_be_a_trains() -> None:
    train = ChangeId(ForgeName.GITLAB, 15, Kind.MERGE_GROUP, ref="refs/merge-requests/7/train")
    delivery = understood(pipeline("running"), "Pipeline Hook")
    assert (delivery.wish, delivery.change, delivery.head) == (Wish.PIPELINE, train, HEAD)


@pytest.mark.parametrize("status", ["created", "pending", "running", "manual", "skipped"])
def test_a_pipeline_of_a_branch_may_lack_a_status(status: str) -> None:
    delivery = understood(pipeline(status, source="push") | {"merge_request": None})
    assert (delivery.wish, delivery.change, delivery.head) == (Wish.PIPELINE, None, HEAD)


def test_the_same_sent_again_has_the_same_id() -> None:
    named = read(signed(BODY), BODY)
    assert named.id == read(signed(BODY, NOW + 60), BODY).id == "e1"
    nameless = [one for one in headers() if one[0] != b"idempotency-key"]
    assert read(nameless, BODY).id == read(nameless, BODY).id != "e1"
    assert read(nameless, BODY).id != read(nameless, packed(merge_request("open"))).id


@pytest.mark.parametrize("id_", ["", "x" * 101, "a b", "a\x00b", "\xe9"])
def test_an_id_that_is_none(id_: str) -> None:
    sent = [(b"x-gitlab-event", b"Note Hook"), (b"idempotency-key", id_.encode("latin-1"))]
    with pytest.raises(Unreadable):
        read(sent, BODY)


def test_an_event_that_is_missing_or_doubled() -> None:
    with pytest.raises(Unreadable, match="missing"):
        read([one for one in headers() if one[0] != b"x-gitlab-event"], BODY)
    with pytest.raises(Unreadable, match="more than once"):
        read([*headers(), (b"X-Gitlab-Event", b"again")], BODY)


def test_bad_json_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read(headers(), b"{")


@pytest.mark.parametrize("branch", ["main", "release/1.x", "a branch", "refs/heads/main"])
def test_a_branch_that_moved(branch: str) -> None:
    delivery = understood(push(ref=f"refs/heads/{branch}"), "Push Hook")
    assert (delivery.wish, delivery.branch, delivery.head) == (Wish.BASE, branch, HEAD)
    assert (delivery.change, delivery.event) == (None, "push")
    assert (delivery.repository, delivery.repository_id) == ("group/sub/hello", 15)


@pytest.mark.parametrize(
    "fields",
    [
        {"before": "0" * 40},
        {"after": "0" * 40},
        {"ref": "refs/tags/v1"},
        {"ref": "main"},
        {"ref": None},
        {"ref": "refs/heads/" + "a" * 1024},
        {"before": HEAD},
        {"after": "HEAD"},
    ],
    ids=["made", "deleted", "a tag", "no ref", "none", "long", "nothing new", "no commit"],
)
def test_pushes_that_move_no_base(fields: dict[str, Any]) -> None:
    assert understood(push(**fields), "Push Hook").wish is Wish.NOTHING
