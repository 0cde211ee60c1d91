"""Comments in the conversation of a pull request, and reactions on any comment."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.fakes.github import shapes
from tests.fakes.github.paging import page
from tests.fakes.github.pulls import REPO, pull_of
from tests.fakes.github.state import (
    Account,
    Comment,
    Pull,
    Reaction,
)
from tests.fakes.github.web import Answer, Call, Refused, not_found, operation, stamp
from tests.fakes.timeline import Timeline, current

if TYPE_CHECKING:
    from tests.fakes.github.server import Server

ISSUES = f"{REPO}/issues"
READ = ("issues:read", "pull_requests:read")
WRITE = ("issues:write", "pull_requests:write")
LONGEST = 65_536
FOREIGN = "Resource not accessible by integration"


def check_body(body: object, resource: str) -> str:
    """The text of a comment. Raises Refused 422 for none, or for one that is too long."""
    if not isinstance(body, str) or not body.strip():
        error = {"resource": resource, "code": "missing_field", "field": "body"}
        raise Refused(422, "Validation Failed", [error])
    if len(body) > LONGEST:
        text = f"Body is too long (maximum is {LONGEST} characters)"
        error = {"resource": resource, "code": "custom", "field": "body", "message": text}
        raise Refused(422, "Validation Failed", [error])
    return body


def check_own(call: Call, author: Account) -> None:
    """Nobody edits or deletes here what somebody else wrote."""
    if author != call.login:
        raise Refused(403, FOREIGN)


def shape(server: "Server", pull: Pull, one: Comment) -> dict[str, Any]:
    base = shapes.address(server, pull.repository)
    url = f"{base}/issues/comments/{one.id}"
    return {
        "id": one.id,
        "node_id": shapes.node_id("IC", pull.repository.id, one.id),
        "url": url,
        "html_url": f"{server.url}/{pull.repository.full_name}/pull/{pull.number}"
        f"#issuecomment-{one.id}",
        "issue_url": f"{base}/issues/{pull.number}",
        "user": shapes.user(server, one.author),
        "body": one.body,
        "created_at": stamp(one.created),
        "updated_at": stamp(one.updated),
        "author_association": shapes.association(server, pull.repository, one.author),
        "performed_via_github_app": None,
        "reactions": shapes.rollup(server, ("issue_comment", one.id), url),
    }


def add(server: "Server", pull: Pull, author: Account, body: str) -> Comment:
    """Somebody comments: it is stored, people are notified, webhooks are sent."""
    now = server.state.clock.now()
    one = Comment(server.state.id(), author, body, now, now)
    pull.comments[one.id] = Timeline(now, one)
    pull.updated = now
    server.notify(pull, "comment", author)
    server.hooks.issue_comment("created", pull, one, author)
    return one


def edit(server: "Server", pull: Pull, number: int, body: str, by: Account) -> Comment:
    now = server.state.clock.now()
    line = pull.comments[number]
    assert line.now is not None
    before = line.now
    one = replace(before, body=body, updated=now)
    line.set(now, one)
    pull.updated = now
    server.hooks.issue_comment("edited", pull, one, by, {"body": {"from": before.body}})
    return one


def find(call: Call) -> tuple[Pull, Comment]:
    """The comment of the call's path. Raises Refused 404."""
    number = call.number("comment_id")
    for pull in call.repository.pulls.values():
        if number in pull.comments and (one := pull.comments[number].now) is not None:
            return pull, one
    raise not_found()


@operation(
    "issues/list-comments", f"GET {ISSUES}/{{issue_number}}/comments", *READ, kind="comments"
)
def list_comments(call: Call) -> Answer:
    pull = pull_of(call)
    found = current(pull.comments.values(), call.server.faults.seen("comments"))
    return page(call, found, lambda one: shape(call.server, pull, one))


@operation(
    "issues/create-comment", f"POST {ISSUES}/{{issue_number}}/comments", *WRITE, content=True
)
def create_comment(call: Call) -> Answer:
    pull = pull_of(call)
    body = check_body(call.body.get("body"), "IssueComment")
    one = add(call.server, pull, call.login, body)
    return Answer(shape(call.server, pull, one), 201)


@operation("issues/get-comment", f"GET {ISSUES}/comments/{{comment_id}}", *READ)
def get_comment(call: Call) -> Answer:
    return Answer(shape(call.server, *find(call)))


@operation("issues/update-comment", f"PATCH {ISSUES}/comments/{{comment_id}}", *WRITE, content=True)
def update_comment(call: Call) -> Answer:
    pull, one = find(call)
    check_own(call, one.author)
    body = check_body(call.body.get("body"), "IssueComment")
    return Answer(shape(call.server, pull, edit(call.server, pull, one.id, body, call.login)))


@operation("issues/delete-comment", f"DELETE {ISSUES}/comments/{{comment_id}}", *WRITE)
def delete_comment(call: Call) -> Answer:
    pull, one = find(call)
    check_own(call, one.author)
    pull.comments[one.id].set(call.now, None)
    call.server.hooks.issue_comment("deleted", pull, one, call.login)
    return Answer(status=204)


def list_reactions(call: Call, kind: str, number: int) -> Answer:
    lines = call.server.state.reactions.get((kind, number), [])
    found = current(lines, call.server.faults.seen("reactions"))
    if wanted := call.query.get("content"):
        found = [one for one in found if one.content == wanted]
    return page(call, found, lambda one: shapes.reaction(call.server, one))


def react(call: Call, kind: str, number: int) -> Answer:
    """One of each kind a person: the same again is answered 200 and changes nothing."""
    content = call.body.get("content")
    lines = call.server.state.reactions.setdefault((kind, number), [])
    for line in lines:
        if line.now and (line.now.account, line.now.content) == (call.login, content):
            return Answer(shapes.reaction(call.server, line.now))
    one = Reaction(call.server.state.id(), call.login, content, call.now)
    lines.append(Timeline(call.now, one))
    return Answer(shapes.reaction(call.server, one), 201)


def unreact(call: Call, kind: str, number: int) -> Answer:
    wanted = call.number("reaction_id")
    for line in call.server.state.reactions.get((kind, number), []):
        if line.now is not None and line.now.id == wanted:
            check_own(call, line.now.account)
            line.set(call.now, None)
            return Answer(status=204)
    raise not_found()


ON_COMMENT = f"{ISSUES}/comments/{{comment_id}}/reactions"


@operation("reactions/list-for-issue-comment", f"GET {ON_COMMENT}", *READ, kind="reactions")
def list_comment_reactions(call: Call) -> Answer:
    return list_reactions(call, "issue_comment", find(call)[1].id)


@operation("reactions/create-for-issue-comment", f"POST {ON_COMMENT}", *WRITE, content=True)
def create_comment_reaction(call: Call) -> Answer:
    return react(call, "issue_comment", find(call)[1].id)


@operation("reactions/delete-for-issue-comment", f"DELETE {ON_COMMENT}/{{reaction_id}}", *WRITE)
def delete_comment_reaction(call: Call) -> Answer:
    return unreact(call, "issue_comment", find(call)[1].id)
