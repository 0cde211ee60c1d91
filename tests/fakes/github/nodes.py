"""Pull requests, threads and comments as GraphQL shows them."""

from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError

from tests.fakes.github import shapes
from tests.fakes.github.auth import NOT_BY_INTEGRATION, ROLES, permitted
from tests.fakes.github.state import (
    Account,
    Comment,
    Pull,
    Repository,
    ReviewComment,
    Thread,
)
from tests.fakes.github.threads import pending, visible
from tests.fakes.github.web import Call, stamp
from tests.fakes.timeline import current

MOST = 100
Node = dict[str, Any]


class Wrong(GraphQLError):
    """An error of one field, with GitHub's ``type`` for it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.type = kind


def allowed(call: Call, need: str) -> bool:
    return call.actor.installation is None or permitted(call.actor, need)


def require(call: Call, need: str) -> None:
    if not allowed(call, need):
        raise Wrong("FORBIDDEN", NOT_BY_INTEGRATION)


def connection(
    name: str, items: Sequence[Any], shape: Callable[[Any], Node]
) -> Callable[..., Node]:
    """A list with GraphQL's paging: the cursor is the place in the list."""

    def pages(
        first: int | None = None, after: str | None = None, last: int | None = None, **rest: Any
    ) -> Node:
        size = first if first is not None else last
        if size is None:
            raise Wrong(
                "MISSING_PAGINATION_BOUNDARIES",
                f"You must provide a `first` or `last` value to properly paginate the `{name}` "
                "connection.",
            )
        if size > MOST:
            raise Wrong(
                "EXCESSIVE_PAGINATION",
                f"Requesting {size} records on the `{name}` connection exceeds the `first` limit "
                f"of {MOST} records.",
            )
        begin = place(after) + 1 if first is not None else max(0, len(items) - size)
        part = items[begin : begin + size]
        return {
            "totalCount": len(items),
            "nodes": [shape(item) for item in part],
            "edges": [
                {"node": shape(item), "cursor": f"cursor:{begin + at}"}
                for at, item in enumerate(part)
            ],
            "pageInfo": {
                "hasNextPage": begin + len(part) < len(items),
                "hasPreviousPage": begin > 0,
                "startCursor": f"cursor:{begin}" if part else None,
                "endCursor": f"cursor:{begin + len(part) - 1}" if part else None,
            },
        }

    return pages


def place(cursor: str | None) -> int:
    if cursor is None:
        return -1
    try:
        return int(cursor.removeprefix("cursor:"))
    except ValueError:
        raise Wrong("INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid "
                    "cursor.") from None  # fmt: skip


def actor(account: Account) -> Node:
    """Here a Bot's login has no ``[bot]`` behind it, other than in REST."""
    return {
        "__typename": account.type,
        "login": account.login.removesuffix("[bot]"),
        "id": shapes.node_id("U", account.id),
        "databaseId": account.id,
    }


def repository(call: Call, owner: str, name: str) -> Node:
    one = call.server.state.named(owner, name)
    moved = call.server.state.former.get(f"{owner}/{name}".lower())
    if one is None and moved is not None:
        one = call.server.state.repositories[moved]
    if one is None or not call.server.access.sees(call.actor, one):
        text = f"Could not resolve to a Repository with the name '{owner}/{name}'."
        raise Wrong("NOT_FOUND", text)
    return {
        "__typename": "Repository",
        "id": shapes.node_id("R", one.id),
        "databaseId": one.id,
        "nameWithOwner": one.full_name,
        "isPrivate": one.private,
        "pullRequest": lambda number: pull_request(call, one, number),
    }


def pull_request(call: Call, one: Repository, number: int) -> Node:
    require(call, "pull_requests:read")
    pull = one.pulls.get(number)
    if pull is None:
        text = f"Could not resolve to a PullRequest with the number of {number}."
        raise Wrong("NOT_FOUND", text)
    return pull_node(call, pull)


def pull_node(call: Call, pull: Pull) -> Node:
    state = "MERGED" if pull.merged else pull.state.upper()
    return {
        "__typename": "PullRequest",
        "id": shapes.node_id("PR", pull.repository.id, pull.id),
        "databaseId": pull.id,
        "number": pull.number,
        "state": state,
        "isDraft": pull.draft,
        "headRefOid": pull.head,
        "author": actor(pull.author),
        "reviewThreads": connection(
            "reviewThreads", shown(call, pull), lambda item: thread_node(call, pull, item)
        ),
        "comments": connection(
            "comments",
            current(pull.comments.values(), call.server.faults.seen("comments")),
            lambda item: comment_node(pull, item),
        ),
    }


def shown(call: Call, pull: Pull) -> list[Thread]:
    """Threads as of a time, less those of others' pending reviews."""
    when = call.server.faults.seen("threads")
    there = {one.reply_to or one.id for one in visible(pull, call.actor.account, when)}
    return [one for one in current(pull.threads.values(), when) if one.root in there]


def thread_node(call: Call, pull: Pull, one: Thread) -> Node:
    when = call.server.faults.seen("threads")
    comments = [each for each in visible(pull, call.actor.account, when)
                if one.root in (each.id, each.reply_to)]  # fmt: skip
    first, original = comments[0], comments[0].original
    whole = first.place.subject == "file"
    may = may_resolve(call, pull)
    resolver = one.resolved_by
    return {
        "__typename": "PullRequestReviewThread",
        "id": shapes.node_id("PRRT", pull.repository.id, one.root),
        "isResolved": resolver is not None,
        "resolvedBy": None if resolver is None else {**actor(resolver), "login": resolver.login},
        "isOutdated": not whole and first.place.line is None,
        "isCollapsed": resolver is not None,
        "path": first.place.path,
        "line": first.place.line,
        "startLine": first.place.start_line,
        "originalLine": original.line,
        "originalStartLine": original.start_line,
        "diffSide": first.place.side,
        "startDiffSide": first.place.start_side,
        "subjectType": first.place.subject.upper(),
        "viewerCanResolve": may and resolver is None,
        "viewerCanUnresolve": may and resolver is not None,
        "viewerCanReply": allowed(call, "pull_requests:write"),
        "pullRequest": lambda: pull_node(call, pull),
        "repository": lambda: repository(call, pull.repository.owner.login, pull.repository.name),
        "comments": connection("comments", comments, lambda item: review_comment_node(pull, item)),
    }


def may_resolve(call: Call, pull: Pull) -> bool:
    """An App needs contents:write; a person writes here, or opened the pull request."""
    if call.actor.installation is not None:
        return permitted(call.actor, "contents:write") and permitted(
            call.actor, "pull_requests:write"
        )
    role = call.server.access.role(pull.repository, call.login)
    return pull.author == call.login or ROLES.index(role) >= ROLES.index("write")


def comment_node(pull: Pull, one: Comment) -> Node:
    return {
        "__typename": "IssueComment",
        "id": shapes.node_id("IC", pull.repository.id, one.id),
        **written(one),
    }


def review_comment_node(pull: Pull, one: ReviewComment) -> Node:
    return {
        "__typename": "PullRequestReviewComment",
        "id": shapes.node_id("PRRC", pull.repository.id, one.id),
        "path": one.place.path,
        "line": one.place.line,
        "originalLine": one.original.line,
        "outdated": one.place.line is None and one.place.subject == "line",
        "diffHunk": one.hunk,
        "state": "PENDING" if pending(pull.reviews[one.review].now) else "SUBMITTED",
        "replyTo": None
        if one.reply_to is None
        else {
            "__typename": "PullRequestReviewComment",
            "databaseId": one.reply_to,
            "id": shapes.node_id("PRRC", pull.repository.id, one.reply_to),
        },
        **written(one),
    }


def written(one: Comment | ReviewComment) -> Node:
    return {
        "databaseId": one.id,
        "fullDatabaseId": str(one.id),
        "author": actor(one.author),
        "body": one.body,
        "createdAt": stamp(one.created),
        "updatedAt": stamp(one.updated),
        "isMinimized": one.minimized is not None,
        "minimizedReason": one.minimized,
    }


def locate(call: Call, name: str) -> tuple[str, Pull, int]:
    """What a node id names: its prefix, the pull request it lies in, its number."""
    try:
        prefix, numbers = shapes.read_node_id(name)
        one = call.server.state.repositories[numbers[0]]
        if call.server.access.sees(call.actor, one):
            for pull in one.pulls.values():
                if numbers[1] in KINDS[prefix](pull):
                    return prefix, pull, numbers[1]
    except (ValueError, KeyError, IndexError):
        pass
    raise Wrong("NOT_FOUND", f"Could not resolve to a node with the global id of '{name}'")


KINDS: dict[str, Callable[[Pull], Any]] = {
    "PR": lambda pull: {pull.id},
    "PRRT": lambda pull: [key for key, line in pull.threads.items() if line.now],
    "IC": lambda pull: [key for key, line in pull.comments.items() if line.now],
    "PRRC": lambda pull: [key for key, line in pull.review_comments.items() if line.now],
    "PRR": lambda pull: [key for key, line in pull.reviews.items() if line.now],
}


def node(call: Call, name: str) -> Node:
    prefix, pull, number = locate(call, name)
    require(call, "pull_requests:read")
    if prefix == "PR":
        return pull_node(call, pull)
    if prefix == "PRRT":
        thread = pull.threads[number].now
        assert thread is not None
        return thread_node(call, pull, thread)
    if prefix == "PRR":
        raise Wrong("NOT_FOUND", "the fake shows no review by its id")
    line = (pull.comments if prefix == "IC" else pull.review_comments)[number]
    if isinstance(line.now, Comment):
        return comment_node(pull, line.now)
    assert isinstance(line.now, ReviewComment)
    return review_comment_node(pull, line.now)
