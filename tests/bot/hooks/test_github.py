"""GitHub's webhooks: whose they are, and what they ask for."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.change import ChangeId, ForgeName, Kind
from bot.commands import parse
from bot.hooks.delivery import Asked, Delivery, Unreadable, Unsigned, Wish
from bot.hooks.github import read, verify
from tests.bot.hooks import payloads
from tests.bot.hooks.payloads import HEAD, SECRET, headers, packed, signature

LINES = r"(?a)(?:[a ]{0,3}[\r\n]{1,2}){0,2}[ \t]{0,5}(?:/recheck|[/@]redline (?:help|recheck))"
WRITTEN = datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp()
CHANGE = ChangeId(ForgeName.GITHUB, 1296269, Kind.CHANGE, 1347)


def understood(payload: Any, event: str = "pull_request") -> Delivery:
    body = packed(payload)
    return read(headers(body, event), body)


def without(payload: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The payload without what lies under these keys."""
    *way, last = keys
    inner = payload
    for key in way:
        inner[key] = dict(inner[key])
        inner = inner[key]
    del inner[last]
    return payload


def altered(payload: dict[str, Any], *keys: str, to: Any) -> dict[str, Any]:
    """The payload with something else under these keys."""
    *way, last = keys
    inner = payload
    for key in way:
        inner[key] = dict(inner[key])
        inner = inner[key]
    inner[last] = to
    return payload


def test_github_s_own_example_of_a_signature() -> None:
    """From its documentation: a fixed secret, body and signature."""
    sent = b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    verify([(b"X-Hub-Signature-256", sent)], b"Hello, World!", [SECRET])


BODY = packed(payloads.pull_request())
GOOD = signature(BODY).encode()


@pytest.mark.parametrize(
    "sent",
    [
        [],
        [(b"x-hub-signature-256", b"")],
        [(b"x-hub-signature-256", signature(BODY, "wrong").encode())],
        [(b"x-hub-signature-256", signature(b"other body").encode())],
        [(b"x-hub-signature", b"sha1=7e3f5d9c0f6c1c3b8c5c2f5d5d0e8f0b1a2c3d4e")],
        [(b"x-hub-signature-256", b"sha1=" + GOOD[7:47])],
        [(b"x-hub-signature-256", GOOD), (b"X-Hub-Signature-256", GOOD)],
        [(b"x-hub-signature-256", GOOD + b"," + GOOD)],
        [(b"x-hub-signature-256", b" " + GOOD)],
        [(b"x-hub-signature-256", GOOD + b"\x00")],
        [(b"x-hub-signature-256", GOOD + b"\n")],
        [(b"x-hub-signature-256", GOOD + b"00")],
        [(b"x-hub-signature-256", GOOD[:-1])],
        [(b"x-hub-signature-256", GOOD[7:])],
        [(b"x-hub-signature-256", b"sha256=" + GOOD[7:].upper())],
        [(b"x-hub-signature-256", "sha256=\u0661".encode() + GOOD[8:])],
    ],
    ids=[
        "none", "empty", "wrong secret", "other body", "only sha1", "sha1 in the new header",
        "doubled", "two in one", "padded before", "NUL after", "newline after", "longer",
        "shorter", "no name", "upper case", "other digits",
    ],
)  # fmt: skip
def test_unsigned(sent: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(Unsigned):
        verify(sent, BODY, [SECRET])


def test_two_secrets_hold_while_they_change() -> None:
    for secret in ("old", "new"):
        verify(headers(BODY, secret=secret), BODY, ["old", "new"])
    with pytest.raises(Unsigned):
        verify(headers(BODY, secret="older"), BODY, ["old", "new"])


@pytest.mark.parametrize("secrets", [[], [""]], ids=["none", "empty"])
def test_without_a_secret_nothing_is_signed(secrets: list[str]) -> None:
    with pytest.raises(Unsigned):
        verify(headers(BODY, secret=""), BODY, secrets)


@pytest.mark.parametrize(
    ("action", "fields", "wish"),
    [
        ("opened", {}, Wish.REVIEW),
        ("synchronize", {}, Wish.REVIEW),
        ("reopened", {}, Wish.REVIEW),
        ("converted_to_draft", {}, Wish.REVIEW),
        ("ready_for_review", {}, Wish.AFRESH),
        ("edited", {"changes": {"base": {"ref": {"from": "old"}}}}, Wish.AFRESH),
        ("edited", {"changes": {"title": {"from": "old"}}}, Wish.NOTHING),
        ("closed", {}, Wish.CLOSE),
        ("labeled", {}, Wish.NOTHING),
        ("__class__", {}, Wish.NOTHING),
    ],
)
def test_pull_requests(action: str, fields: dict[str, Any], wish: Wish) -> None:
    delivery = understood(payloads.pull_request(action, **fields))
    assert (delivery.wish, delivery.change, delivery.head) == (wish, CHANGE, HEAD)
    assert delivery.event == f"pull_request.{action}"
    assert (delivery.id, delivery.repository) == ("72d3162e", "octo/hello")
    assert delivery.at == 1773144000.0


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("ping", {"zen": "Keep it logically awesome.", "repository": payloads.REPOSITORY}),
        ("ping", {"zen": "Anything added dilutes everything else.", "hook": {"type": "App"}}),
        ("installation", {"action": "created", "installation": {"id": 1}}),
        ("no_such_event", payloads.pull_request()),
        ("pull_request", {}),
        ("pull_request", {"action": None, "repository": None, "pull_request": []}),
        ("pull_request", without(payloads.pull_request(), "pull_request")),
        ("pull_request", without(payloads.pull_request(), "repository")),
        ("pull_request", without(payloads.pull_request(), "pull_request", "number")),
        ("pull_request", altered(payloads.pull_request(), "pull_request", "head", "repo", to=None)),
        ("pull_request", altered(payloads.pull_request(), "pull_request", "number", to=True)),
        ("pull_request", altered(payloads.pull_request(), "pull_request", "number", to="1")),
        ("pull_request", altered(payloads.pull_request(), "pull_request", "number", to=-1)),
        ("pull_request", altered(payloads.pull_request(), "pull_request", "number", to=10**40)),
        ("pull_request", altered(payloads.pull_request(), "repository", "id", to=2**63)),
        ("pull_request", altered(payloads.pull_request(), "action", to=["opened"])),
        ("push", {"ref": "refs/heads/main", "repository": payloads.REPOSITORY}),
    ],
)
def test_not_for_us(event: str, payload: dict[str, Any]) -> None:
    assert understood(payload, event).wish is Wish.NOTHING


def test_a_closed_change_whose_fork_is_gone_is_closed() -> None:
    payload = altered(payloads.pull_request("closed"), "pull_request", "head", "repo", to=None)
    assert understood(payload).wish is Wish.CLOSE


@pytest.mark.parametrize("sha", ["", "main", "--upload-pack=x", "A" * 40, HEAD + "0", HEAD + "\n"])
def test_what_is_no_sha_is_no_head(sha: str) -> None:
    delivery = understood(altered(payloads.pull_request(), "pull_request", "head", "sha", to=sha))
    assert (delivery.wish, delivery.head) == (Wish.REVIEW, "")


@pytest.mark.parametrize("time", ["", "yesterday", "2026-13-45T00:00:00Z", "0001-01-01T00:00:00"])
def test_a_time_that_cannot_be_read_is_unknown(time: str) -> None:
    payload = altered(payloads.pull_request(), "pull_request", "updated_at", to=time)
    assert understood(payload).at <= 0.0


@pytest.mark.parametrize(
    "body",
    [
        "/recheck",
        "  /recheck",
        "Thanks!\n/redline help",
        "@redline recheck",
        "/redline x\r\n",
        "/x",
    ],
)
def test_comments_that_may_hold_a_command(body: str) -> None:
    delivery = understood(payloads.comment(body), "issue_comment")
    assert delivery.wish is Wish.COMMAND
    assert delivery.change == CHANGE
    assert delivery.asked == Asked("99", "ada", body, WRITTEN)


@pytest.mark.parametrize(
    "payload",
    [
        payloads.comment("looks good to me"),
        payloads.comment("see https://example.org/recheck and a/b"),
        payloads.comment("> /recheck"),
        payloads.comment("\uff0frecheck"),
        payloads.comment(""),
        payloads.comment("/recheck", "edited"),
        payloads.comment("/recheck", "deleted"),
        payloads.comment("/recheck", issue={"number": 1347, "state": "open"}),
        altered(payloads.comment("/recheck"), "issue", "state", to="closed"),
        altered(payloads.comment("/recheck"), "comment", "user", "type", to="Bot"),
        altered(payloads.comment("/recheck"), "comment", "user", "login", to="renovate[bot]"),
        altered(payloads.comment("/recheck"), "comment", "user", to=None),
        altered(payloads.comment("/recheck"), "comment", "body", to=None),
    ],
    ids=[
        "words", "slash inside", "quoted", "look-alike", "empty", "edited", "deleted", "issue",
        "closed", "bot", "bot's name", "deleted user", "no text",
    ],
)  # fmt: skip
def test_comments_that_are_not_for_us(payload: dict[str, Any]) -> None:
    assert understood(payload, "issue_comment").wish is Wish.NOTHING


SAID = {
    "pull_request_review_comment": (payloads.review_comment, "comment", "discussion_r99"),
    "pull_request_review": (payloads.review, "review", "pullrequestreview-99"),
}


@pytest.mark.parametrize("event", SAID)
def test_commands_in_threads_and_reviews(event: str) -> None:
    """Their ids say of which kind they are: the numbers may be equal."""
    made, _, id_ = SAID[event]
    delivery = understood(made("Thanks!\n/redline help"), event)
    assert (delivery.wish, delivery.change) == (Wish.COMMAND, CHANGE)
    assert delivery.asked == Asked(id_, "ada", "Thanks!\n/redline help", WRITTEN)


@pytest.mark.parametrize("event", SAID)
def test_what_is_said_in_threads_and_reviews_and_is_not_for_us(event: str) -> None:
    made, name, _ = SAID[event]
    for payload in (
        made("looks good to me"),
        made("/recheck", "edited"),
        made("/recheck", "dismissed"),
        altered(made("/recheck"), "pull_request", "state", to="closed"),
        altered(made("/recheck"), name, "user", "type", to="Bot"),
        altered(made("/recheck"), name, "user", "login", to="renovate[bot]"),
        altered(made("/recheck"), name, "user", to=None),
        altered(made("/recheck"), name, "body", to=None),
        without(made("/recheck"), name),
        without(made("/recheck"), "pull_request"),
    ):
        assert understood(payload, event).wish is Wish.NOTHING, payload


@given(
    st.text(alphabet="/@recdklinhp \t\r\n\u2028", max_size=40)
    | st.from_regex(LINES, fullmatch=True)
)
def test_no_command_is_overlooked(text: str) -> None:
    if parse(text):
        assert understood(payloads.comment(text), "issue_comment").wish is Wish.COMMAND


def test_a_long_comment_is_cut() -> None:
    asked = understood(payloads.comment("/recheck " + "x" * 200_000), "issue_comment").asked
    assert asked is not None
    assert len(asked.text) == 65_536


PRESSED = Asked("button 72d3162e", "ada", "/redline recheck")


@pytest.mark.parametrize(
    ("payload", "change"),
    [
        (payloads.check_run(), CHANGE),
        (payloads.check_run(pull_requests=[]), None),
        (
            payloads.check_run("requested_action")
            | {"requested_action": {"identifier": "recheck"}},
            CHANGE,
        ),
        (
            payloads.check_run("requested_action") | {"requested_action": {"identifier": "replan"}},
            CHANGE,
        ),
    ],
    ids=["rerequested", "a fork's", "our button", "our other button"],
)
def test_check_runs(payload: dict[str, Any], change: ChangeId | None) -> None:
    delivery = understood(payload, "check_run")
    assert (delivery.wish, delivery.change, delivery.head) == (Wish.COMMAND, change, HEAD)
    assert delivery.asked == PRESSED
    assert delivery.repository_id == 1296269


@pytest.mark.parametrize(
    "payload",
    [
        payloads.check_run("created"),
        payloads.check_run("completed"),
        payloads.check_run(name="build"),
        payloads.check_run("requested_action") | {"requested_action": {"identifier": "rm -rf"}},
        payloads.check_run(head_sha="main"),
        payloads.check_run() | {"sender": {"login": "renovate[bot]", "type": "Bot"}},
        payloads.check_run() | {"sender": None},
    ],
    ids=["created", "completed", "not ours", "unknown button", "no sha", "a bot", "nobody"],
)
def test_check_runs_that_are_not_for_us(payload: dict[str, Any]) -> None:
    assert understood(payload, "check_run").wish is Wish.NOTHING


@pytest.mark.parametrize(("numbers", "change"), [((1347,), CHANGE), ((), None), ((1, 2), None)])
def test_check_suites(numbers: tuple[int, ...], change: ChangeId | None) -> None:
    delivery = understood(payloads.check_suite(*numbers), "check_suite")
    assert (delivery.wish, delivery.change, delivery.head) == (Wish.COMMAND, change, HEAD)
    assert delivery.asked == PRESSED


@pytest.mark.parametrize(
    ("action", "wish"),
    [("checks_requested", Wish.REVIEW), ("destroyed", Wish.CLOSE), ("merged", Wish.NOTHING)],
)
def test_merge_groups(action: str, wish: Wish) -> None:
    delivery = understood(payloads.merge_group(action), "merge_group")
    assert delivery.wish is wish
    if wish is not Wish.NOTHING:
        ref = payloads.merge_group()["merge_group"]["head_ref"]
        assert delivery.change == ChangeId(ForgeName.GITHUB, 1296269, Kind.MERGE_GROUP, 0, ref)
        assert delivery.head == HEAD


@pytest.mark.parametrize("name", ["x-github-delivery", "x-github-event"])
def test_a_header_that_is_missing_or_doubled(name: str) -> None:
    sent = headers(BODY)
    key = name.encode()
    with pytest.raises(Unreadable, match="missing"):
        read([one for one in sent if one[0] != key], BODY)
    with pytest.raises(Unreadable, match="more than once"):
        read([*sent, (key, b"again")], BODY)


@pytest.mark.parametrize("id_", ["", "x" * 101, "a b", "a\x00b", "\xe9"])
def test_an_id_that_is_none(id_: str) -> None:
    with pytest.raises(Unreadable):
        read(headers(BODY, id=id_), BODY)


def test_bad_json_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read(headers(b"{"), b"{")


@pytest.mark.parametrize("branch", ["main", "release/1.x", "a branch", "refs/heads/main"])
def test_a_branch_that_moved(branch: str) -> None:
    delivery = understood(payloads.push(ref=f"refs/heads/{branch}"), "push")
    assert (delivery.wish, delivery.branch, delivery.head) == (Wish.BASE, branch, HEAD)
    assert (delivery.change, delivery.event) == (None, "push")
    assert (delivery.repository, delivery.repository_id) == ("octo/hello", 1296269)


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
    assert understood(payloads.push(**fields), "push").wish is Wish.NOTHING
