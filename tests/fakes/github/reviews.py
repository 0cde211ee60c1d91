"""Reviews: all of their comments or none, one pending a person."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.fakes.diff import diff
from tests.fakes.github import anchors, shapes, threads
from tests.fakes.github.comments import LONGEST, check_own
from tests.fakes.github.paging import page
from tests.fakes.github.pulls import REPO, pull_of
from tests.fakes.github.state import Account, Pull, Review
from tests.fakes.github.web import (
    Answer,
    Call,
    maybe_stamp,
    not_found,
    operation,
    unprocessable,
)  # fmt: skip
from tests.fakes.timeline import Timeline, current

if TYPE_CHECKING:
    from tests.fakes.github.server import Server

READ, WRITE = ("pull_requests:read",), ("pull_requests:write",)
ALL = f"{REPO}/pulls/{{pull_number}}/reviews"
ONE = f"{ALL}/{{review_id}}"
STATES = {"COMMENT": "COMMENTED", "APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED"}
TOO_LONG = f"Body is too long (maximum is {LONGEST} characters)"


def shape(server: "Server", pull: Pull, one: Review) -> dict[str, Any]:
    url = f"{shapes.address(server, pull.repository)}/pulls/{pull.number}"
    html = f"{server.url}/{pull.repository.full_name}/pull/{pull.number}#pullrequestreview-{one.id}"
    body = {
        "id": one.id,
        "node_id": shapes.node_id("PRR", pull.repository.id, one.id),
        "user": shapes.user(server, one.author),
        "body": one.body,
        "state": one.state,
        "html_url": html,
        "pull_request_url": url,
        "_links": {"html": {"href": html}, "pull_request": {"href": url}},
        "commit_id": one.commit,
        "author_association": shapes.association(server, pull.repository, one.author),
    }
    return body if one.submitted is None else {**body, "submitted_at": maybe_stamp(one.submitted)}


def find(call: Call) -> tuple[Pull, Review]:
    """The review of the call's path. Raises Refused 404; others' pending ones are not there."""
    pull = pull_of(call)
    line = pull.reviews.get(call.number("review_id"))
    one = None if line is None else line.now
    if one is None or (one.state == "PENDING" and one.author != call.actor.account):
        raise not_found()
    return pull, one


@operation("pulls/list-reviews", f"GET {ALL}", *READ, kind="reviews")
def list_reviews(call: Call) -> Answer:
    pull = pull_of(call)
    found = [
        one
        for one in current(pull.reviews.values(), call.server.faults.seen("reviews"))
        if one.state != "PENDING" or one.author == call.actor.account
    ]
    return page(call, found, lambda one: shape(call.server, pull, one))


@operation("pulls/create-review", f"POST {ALL}", *WRITE, content=True)
def create_review(call: Call) -> Answer:
    """Refused as a whole, without saying for which comment, when one cannot stand."""
    pull, wanted = pull_of(call), call.body
    comments, commit = wanted.get("comments") or [], wanted.get("commit_id") or pull.head
    event = wanted.get("event") or None
    check_event(call, pull, event, wanted)
    threads.forbid_pending(pull, call.login)
    threads.check_commit(pull, commit)
    check_comments(pull, commit, comments)
    state = "PENDING" if event is None else STATES[event]
    submitted = None if event is None else call.now
    one = Review(call.server.state.id(), call.login, wanted.get("body") or "", state, commit,
                 call.now, submitted)  # fmt: skip
    pull.reviews[one.id] = Timeline(call.now, one)
    for comment in comments:
        threads.start(call.server, pull, one, comment)
    if event is not None:
        announce(call.server, pull, one)
    return Answer(shape(call.server, pull, one))


def check_event(call: Call, pull: Pull, event: str | None, wanted: dict[str, Any]) -> None:
    body = wanted.get("body") or ""
    if len(body) > LONGEST:
        raise unprocessable(TOO_LONG)
    if event in ("APPROVE", "REQUEST_CHANGES") and pull.author == call.login:
        words = "approve" if event == "APPROVE" else "request changes on"
        raise unprocessable(f"Can not {words} your own pull request")
    needs_words = event == "REQUEST_CHANGES" or (event == "COMMENT" and not wanted.get("comments"))
    if needs_words and not body.strip():
        raise unprocessable("Could not create a review without a body")


def check_comments(pull: Pull, commit: str, comments: list[dict[str, Any]]) -> None:
    """All places and texts; the answer lists kinds of faults, never whose they are."""
    git = pull.repository.git
    files = diff(git, git.merge_base(pull.base_ref, commit) or commit, commit)
    found: list[str] = []
    for comment in comments:
        if not comment["body"].strip():
            found.append("Body can't be blank")
        if len(comment["body"]) > LONGEST:
            found.append(TOO_LONG)
        if "line" not in comment:
            found.append("Position can't be blank")
        else:
            found += anchors.faults(files, anchors.place(comment))
    if kinds := list(dict.fromkeys(found)):
        raise unprocessable(listed(kinds))


def listed(texts: list[str]) -> str:
    """GitHub joins what is wrong in one sentence."""
    if len(texts) < 3:
        return " and ".join(texts)
    return f"{', '.join(texts[:-1])}, and {texts[-1]}"


def announce(server: "Server", pull: Pull, one: Review) -> None:
    now = server.state.clock.now()
    pull.updated = now
    server.notify(pull, "review", one.author)
    server.hooks.review("submitted", pull, one)
    for comment in current(pull.review_comments.values(), now):
        if comment.review == one.id:
            server.hooks.review_comment("created", pull, comment, one.author)


def write(server: "Server", pull: Pull, by: Account, body: str) -> Review:
    """Somebody submits a review without comments."""
    now = server.state.clock.now()
    one = Review(server.state.id(), by, body, "COMMENTED", pull.head, now, now)
    pull.reviews[one.id] = Timeline(now, one)
    announce(server, pull, one)
    return one


@operation("pulls/get-review", f"GET {ONE}", *READ)
def get_review(call: Call) -> Answer:
    return Answer(shape(call.server, *find(call)))


@operation("pulls/update-review", f"PUT {ONE}", *WRITE, content=True)
def update_review(call: Call) -> Answer:
    pull, one = find(call)
    check_own(call, one.author)
    body = call.body["body"]
    if not body.strip() or len(body) > LONGEST:
        raise unprocessable(TOO_LONG if body.strip() else "Body can't be blank")
    new = replace(one, body=body)
    pull.reviews[one.id].set(call.now, new)
    return Answer(shape(call.server, pull, new))


@operation("pulls/delete-pending-review", f"DELETE {ONE}", *WRITE)
def delete_review(call: Call) -> Answer:
    """A pending review goes with its comments; a submitted one stays."""
    pull, one = find(call)
    if one.state != "PENDING":
        raise unprocessable("Can not delete a non-pending pull request review")
    for comment in current(pull.review_comments.values(), call.server.state.clock.now()):
        if comment.review == one.id:
            pull.review_comments[comment.id].set(call.now, None)
            pull.threads[comment.id].set(call.now, None)
    pull.reviews[one.id].set(call.now, None)
    return Answer(shape(call.server, pull, one))


@operation("pulls/submit-review", f"POST {ONE}/events", *WRITE, content=True)
def submit_review(call: Call) -> Answer:
    pull, one = find(call)
    if one.state != "PENDING":
        raise unprocessable("Can not submit a review that is not pending")
    body = call.body.get("body") or one.body
    there = any(
        each.review == one.id
        for each in current(pull.review_comments.values(), call.server.state.clock.now())
    )
    check_event(call, pull, call.body["event"], {"body": body, "comments": there})
    new = replace(one, body=body, state=STATES[call.body["event"]], submitted=call.now)
    pull.reviews[one.id].set(call.now, new)
    announce(call.server, pull, new)
    return Answer(shape(call.server, pull, new))


@operation("pulls/list-comments-for-review", f"GET {ONE}/comments", *READ, kind="review_comments")
def list_review_comments(call: Call) -> Answer:
    pull, one = find(call)
    found = current(pull.review_comments.values(), call.server.faults.seen("review_comments"))
    mine = [each for each in found if each.review == one.id]
    return page(call, mine, lambda each: threads.shape(call.server, pull, each))
