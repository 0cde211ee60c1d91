"""Review comments and the threads that they make."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.fakes.diff import diff
from tests.fakes.github import anchors, shapes
from tests.fakes.github.comments import (
    check_body,
    check_own,
    list_reactions,
    react,
    unreact,
)  # fmt: skip
from tests.fakes.github.paging import page
from tests.fakes.github.pulls import REPO, merge_base, pull_of
from tests.fakes.github.state import (
    Account,
    Place,
    Pull,
    Review,
    ReviewComment,
    Thread,
)
from tests.fakes.github.web import Answer, Call, Refused, not_found, operation, stamp
from tests.fakes.timeline import Timeline, current

if TYPE_CHECKING:
    from tests.fakes.github.server import Server

READ = ("pull_requests:read",)
WRITE = ("pull_requests:write",)
PULLS = f"{REPO}/pulls"
ONE = f"{PULLS}/comments/{{comment_id}}"


def shape(server: "Server", pull: Pull, one: ReviewComment) -> dict[str, Any]:
    """A review comment; a line that is gone is null, and so is its position."""
    base = shapes.address(server, pull.repository)
    url = f"{base}/pulls/comments/{one.id}"
    pull_url = f"{base}/pulls/{pull.number}"
    html = f"{server.url}/{pull.repository.full_name}/pull/{pull.number}#discussion_r{one.id}"
    links = {"self": url, "html": html, "pull_request": pull_url}
    body = {
        "id": one.id,
        "node_id": shapes.node_id("PRRC", pull.repository.id, one.id),
        "pull_request_review_id": one.review,
        "url": url,
        "html_url": html,
        "pull_request_url": pull_url,
        "_links": {name: {"href": href} for name, href in links.items()},
        "diff_hunk": one.hunk,
        "commit_id": one.commit,
        "original_commit_id": one.original_commit,
        "user": shapes.user(server, one.author),
        "body": one.body,
        "created_at": stamp(one.created),
        "updated_at": stamp(one.updated),
        "author_association": shapes.association(server, pull.repository, one.author),
        "reactions": shapes.rollup(server, ("review_comment", one.id), url),
        **where(pull, one),
    }
    return body if one.reply_to is None else {**body, "in_reply_to_id": one.reply_to}


def where(pull: Pull, one: ReviewComment) -> dict[str, Any]:
    place, original, git = one.place, one.original, pull.repository.git
    before = anchors.position(diff(git, one.original_base, one.original_commit), original)
    now = anchors.position(diff(git, merge_base(pull), pull.head), place)
    numbers = {"position": now, "original_position": before or 1}
    if place.subject == "file":
        empty = ("line", "original_line", "start_line", "original_start_line", "start_side")
        whole = {"path": place.path, "subject_type": "file", "side": "RIGHT"}
        return {**numbers, **whole, **dict.fromkeys(empty)}
    return {
        **numbers,
        "path": place.path,
        "subject_type": "line",
        "side": place.side,
        "line": place.line,
        "original_line": original.line,
        "start_side": place.start_side,
        "start_line": place.start_line,
        "original_start_line": original.start_line,
    }


def visible(pull: Pull, account: Account | None, when: float) -> list[ReviewComment]:
    """Comments as of a time; those of a pending review are its author's alone."""
    found = current(pull.review_comments.values(), when)
    return [
        one
        for one in found
        if one.author == account or not pending(pull.reviews[one.review].at(when))
    ]


def pending(review: Review | None) -> bool:
    return review is not None and review.state == "PENDING"


def find(call: Call) -> tuple[Pull, ReviewComment]:
    """The comment of the call's path. Raises Refused 404."""
    number = call.number("comment_id")
    for pull in call.repository.pulls.values():
        for one in visible(pull, call.actor.account, call.now):
            if one.id == number and pull.number == int(call.path.get("pull_number", pull.number)):
                return pull, one
    raise not_found()


def start(server: "Server", pull: Pull, review: Review, comment: dict[str, Any]) -> ReviewComment:
    """A new thread at a place that has been checked."""
    now, git = server.state.clock.now(), pull.repository.git
    asked = anchors.place(comment)
    base = git.merge_base(pull.base_ref, review.commit) or review.commit
    hunk = anchors.hunk_text(diff(git, base, review.commit), asked)
    placed = anchors.moved(git, asked, (base, review.commit), (merge_base(pull), pull.head))
    one = ReviewComment(
        id=server.state.id(), review=review.id, author=review.author, body=comment["body"],
        place=placed, original=asked, commit=review.commit, original_commit=review.commit,
        original_base=base,
        hunk=hunk, created=now, updated=now,
    )  # fmt: skip
    pull.review_comments[one.id] = Timeline(now, one)
    pull.threads[one.id] = Timeline(now, Thread(one.id))
    return one


def add_reply(server: "Server", pull: Pull, root: ReviewComment, by: Account, body: str,
              ) -> ReviewComment:  # fmt: skip
    """Somebody answers in a thread; GitHub makes a review of its own for it."""
    now = server.state.clock.now()
    review = Review(server.state.id(), by, "", "COMMENTED", pull.head, now, now)
    pull.reviews[review.id] = Timeline(now, review)
    one = replace(root, id=server.state.id(), review=review.id, author=by, body=body, created=now,
                  updated=now, reply_to=root.id, minimized=None)  # fmt: skip
    pull.review_comments[one.id] = Timeline(now, one)
    pull.updated = now
    server.notify(pull, "reply", by)
    server.hooks.review_comment("created", pull, one, by)
    return one


def root_of(pull: Pull, one: ReviewComment) -> ReviewComment | None:
    """A thread's first comment; a reply to a reply is a reply to that."""
    return one if one.reply_to is None else pull.review_comments[one.reply_to].now


def follow(server: "Server", pull: Pull) -> None:
    """After a push or a new base: every comment is where its line is now, or outdated."""
    now, git = server.state.clock.now(), pull.repository.git
    after = (merge_base(pull), pull.head)
    for line in pull.review_comments.values():
        if (one := line.now) is None:
            continue
        before = (one.original_base, one.original_commit)
        placed = anchors.moved(git, one.original, before, after)
        commit = pull.head if placed.line is not None or placed.subject == "file" else one.commit
        if (placed, commit) != (one.place, one.commit):
            line.set(now, replace(one, place=placed, commit=commit))


@operation(
    "pulls/list-review-comments",
    f"GET {PULLS}/{{pull_number}}/comments",
    *READ,
    kind="review_comments",
)
def list_review_comments(call: Call) -> Answer:
    pull = pull_of(call)
    found = visible(pull, call.actor.account, call.server.faults.seen("review_comments"))
    found = [one for one in found if not pending(pull.reviews[one.review].now)]
    field = "updated" if call.query.get("sort") == "updated" else "created"
    backwards = call.query.get("direction") == "desc" and "sort" in call.query
    found.sort(key=lambda one: (getattr(one, field), one.id), reverse=backwards)
    return page(call, found, lambda one: shape(call.server, pull, one))


@operation("pulls/get-review-comment", f"GET {ONE}", *READ)
def get_review_comment(call: Call) -> Answer:
    return Answer(shape(call.server, *find(call)))


@operation("pulls/update-review-comment", f"PATCH {ONE}", *WRITE, content=True)
def update_review_comment(call: Call) -> Answer:
    pull, one = find(call)
    check_own(call, one.author)
    body = check_body(call.body.get("body"), "PullRequestReviewComment")
    new = replace(one, body=body, updated=call.now)
    pull.review_comments[one.id].set(call.now, new)
    call.server.hooks.review_comment("edited", pull, new, call.login, {"body": {"from": one.body}})
    return Answer(shape(call.server, pull, new))


@operation("pulls/delete-review-comment", f"DELETE {ONE}", *WRITE)
def delete_review_comment(call: Call) -> Answer:
    pull, one = find(call)
    check_own(call, one.author)
    pull.review_comments[one.id].set(call.now, None)
    left = [line.now for line in pull.review_comments.values() if line.now is not None]
    root = one.reply_to or one.id
    if not any(root in (each.id, each.reply_to) for each in left):
        pull.threads[root].set(call.now, None)
    return Answer(status=204)


@operation(
    "pulls/create-review-comment", f"POST {PULLS}/{{pull_number}}/comments", *WRITE, content=True
)
def create_review_comment(call: Call) -> Answer:
    """One comment by itself: on a line, or on a file with ``subject_type``."""
    pull, comment = pull_of(call), call.body
    body = check_body(comment.get("body"), "PullRequestReviewComment")
    if "in_reply_to" in comment:
        return Answer(
            shape(call.server, pull, answer(call, pull, comment["in_reply_to"], body)), 201
        )
    forbid_pending(pull, call.login)
    check_commit(pull, comment["commit_id"])
    if "line" not in comment and comment.get("subject_type") != "file":
        raise Refused(
            422,
            'Invalid request.\n\nNo subschema in "oneOf" matched.\n"position" wasn\'t supplied.\n'
            '"in_reply_to" wasn\'t supplied.\n"line" wasn\'t supplied.',
        )
    check_place(pull, comment["commit_id"], anchors.place(comment))
    review = Review(
        call.server.state.id(),
        call.login,
        "",
        "COMMENTED",
        comment["commit_id"],
        call.now,
        call.now,
    )
    pull.reviews[review.id] = Timeline(call.now, review)
    one = start(call.server, pull, review, comment)
    pull.updated = call.now
    call.server.notify(pull, "review comment", call.login)
    call.server.hooks.review_comment("created", pull, one, call.login)
    return Answer(shape(call.server, pull, one), 201)


def check_commit(pull: Pull, sha: str) -> None:
    """A comment belongs to a commit of the pull request, not to one that was pushed away."""
    commits = pull.repository.git.fixed("rev-list", f"{merge_base(pull)}..{pull.head}").splitlines()
    if sha not in commits:
        raise Refused(422, "Validation Failed", [{
            "resource": "PullRequestReviewComment", "code": "custom", "field": "commit_id",
            "message": "commit_id is not part of the pull request"}])  # fmt: skip


def check_place(pull: Pull, sha: str, wanted: Place) -> None:
    git = pull.repository.git
    base = git.merge_base(pull.base_ref, sha) or sha
    if found := anchors.faults(diff(git, base, sha), wanted):
        fields = {anchors.BAD_PATH: "path", anchors.NO_HUNK: "diff_hunk"}
        raise Refused(
            422,
            "Validation Failed",
            [
                {
                    "resource": "PullRequestReviewComment",
                    "code": "custom",
                    "field": f"pull_request_review_thread.{fields.get(text, 'line')}",
                    "message": text.replace(
                        "Pull request review thread ", "pull_request_review_thread."
                    ),
                }
                for text in found
            ],
        )


def forbid_pending(pull: Pull, account: Account) -> None:
    for line in pull.reviews.values():
        if line.now is not None and line.now.state == "PENDING" and line.now.author == account:
            text = "User can only have one pending review per pull request"
            raise Refused(422, "Unprocessable Entity", [text])


def answer(call: Call, pull: Pull, to: int, body: str) -> ReviewComment:
    line = pull.review_comments.get(to)
    root = None if line is None or line.now is None else root_of(pull, line.now)
    if root is None:
        raise not_found()
    return add_reply(call.server, pull, root, call.login, body)


@operation(
    "pulls/create-reply-for-review-comment",
    f"POST {PULLS}/{{pull_number}}/comments/{{comment_id}}/replies",
    *WRITE,
    content=True,
)
def create_reply(call: Call) -> Answer:
    pull = pull_of(call)
    body = check_body(call.body.get("body"), "PullRequestReviewComment")
    return Answer(
        shape(call.server, pull, answer(call, pull, call.number("comment_id"), body)), 201
    )


@operation(
    "reactions/list-for-pull-request-review-comment",
    f"GET {ONE}/reactions",
    *READ,
    kind="reactions",
)
def list_comment_reactions(call: Call) -> Answer:
    return list_reactions(call, "review_comment", find(call)[1].id)


@operation(
    "reactions/create-for-pull-request-review-comment",
    f"POST {ONE}/reactions",
    *WRITE,
    content=True,
)
def create_comment_reaction(call: Call) -> Answer:
    return react(call, "review_comment", find(call)[1].id)


@operation(
    "reactions/delete-for-pull-request-comment", f"DELETE {ONE}/reactions/{{reaction_id}}", *WRITE
)
def delete_comment_reaction(call: Call) -> Answer:
    return unreact(call, "review_comment", find(call)[1].id)
