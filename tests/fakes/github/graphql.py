"""GraphQL, executed against GitHub's own schema: threads, resolving, minimising."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    parse,
    validate,
)  # fmt: skip

from tests.fakes.github import shapes
from tests.fakes.github.auth import NOT_BY_INTEGRATION, ROLES, permitted
from tests.fakes.github.state import (
    Account,
    Comment,
    Pull,
    Repository,
    ReviewComment,
    Thread,
    current,
)  # fmt: skip
from tests.fakes.github.threads import pending, visible
from tests.fakes.github.web import Answer, Call, Refused, operation, stamp

SCHEMA = Path(__file__).parents[3] / "build" / "openapi" / "schema.graphql"
MOST = 100
Node = dict[str, Any]


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    return build_schema(SCHEMA.read_text(), assume_valid=True)


class Wrong(GraphQLError):
    """An error of one field, with GitHub's ``type`` for it."""

    def __init__(self, type: str, message: str) -> None:
        super().__init__(message)
        self.type = type


@operation("graphql", "POST /graphql")
def graphql(call: Call) -> Answer:
    """Faults in the document and refusals are answered 200 with ``errors``, as GitHub does."""
    if not SCHEMA.is_file():
        raise Refused(501, "GitHub's GraphQL schema is not installed: run tools/openapi/install")
    if call.actor.account is None:
        raise Refused(401, "This endpoint requires you to be authenticated.")
    text, variables = call.body.get("query"), call.body.get("variables") or {}
    try:
        document = parse(text)
    except (GraphQLError, TypeError) as error:
        return broken(call, [{"message": str(error)}])
    if faults := validate(schema(), document):
        return broken(call, [{"message": fault.message} for fault in faults])
    done = execute_sync(
        schema(), document, root(call), call, variables, field_resolver=resolve_field
    )
    answer: Node = {"data": done.data}
    if done.errors:
        answer["errors"] = [told(call, error) for error in done.errors]
    return Answer(answer)


def broken(call: Call, errors: list[Node]) -> Answer:
    call.server.state.violations.append(f"graphql: {errors}")
    return Answer({"errors": errors})


def told(call: Call, error: GraphQLError) -> Node:
    """An error as GitHub words it; what the fake itself does not know is a violation."""
    cause = error.original_error or error
    kind = getattr(cause, "type", None)
    if kind is None:
        call.server.state.violations.append(f"graphql: {error.message} at {error.path}")
    return {
        "type": kind or "INTERNAL",
        "path": error.path,
        "locations": [{"line": at.line, "column": at.column} for at in error.locations or ()],
        "message": error.message,
    }


def resolve_field(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    """A field is a value, or a function of its arguments; one that is not there is a fault."""
    if not isinstance(source, dict) or info.field_name not in source:
        raise GraphQLError(f"the fake has no {info.parent_type.name}.{info.field_name}")
    call: Call = info.context
    if info.path.prev is None:
        call.server.counters[f"graphql/{info.field_name}"] += 1
    value = source[info.field_name]
    return value(**arguments) if callable(value) else value


def root(call: Call) -> Node:
    return {
        "viewer": lambda: actor(call.login),
        "repository": lambda owner, name, followRenames=True: repository(call, owner, name),  # noqa: N803
        "node": lambda id: node(call, id),
        "rateLimit": lambda dryRun=False: limit(call),  # noqa: N803
        "resolveReviewThread": lambda input: resolve(call, input, to=True),
        "unresolveReviewThread": lambda input: resolve(call, input, to=False),
        "minimizeComment": lambda input: minimize(call, input),
        "unminimizeComment": lambda input: minimize(call, {**input, "classifier": None}),
    }


def limit(call: Call) -> Node:
    figures = call.server.limits.figures(call.actor)
    return {"cost": 1, "limit": figures["limit"], "remaining": figures["remaining"],
            "used": figures["used"], "resetAt": stamp(figures["reset"])}  # fmt: skip


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
        },  # fmt: skip
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


def locate(call: Call, id: str) -> tuple[str, Pull, int]:
    """What a node id names: its prefix, the pull request it lies in, its number."""
    try:
        prefix, numbers = shapes.read_node_id(id)
        one = call.server.state.repositories[numbers[0]]
        if call.server.access.sees(call.actor, one):
            for pull in one.pulls.values():
                if numbers[1] in KINDS[prefix](pull):
                    return prefix, pull, numbers[1]
    except (ValueError, KeyError, IndexError):
        pass
    raise Wrong("NOT_FOUND", f"Could not resolve to a node with the global id of '{id}'")


KINDS: dict[str, Callable[[Pull], Any]] = {
    "PR": lambda pull: {pull.id},
    "PRRT": lambda pull: [id for id, line in pull.threads.items() if line.now],
    "IC": lambda pull: [id for id, line in pull.comments.items() if line.now],
    "PRRC": lambda pull: [id for id, line in pull.review_comments.items() if line.now],
}


def node(call: Call, id: str) -> Node:
    prefix, pull, number = locate(call, id)
    require(call, "pull_requests:read")
    if prefix == "PR":
        return pull_node(call, pull)
    if prefix == "PRRT":
        thread = pull.threads[number].now
        assert thread is not None
        return thread_node(call, pull, thread)
    line = (pull.comments if prefix == "IC" else pull.review_comments)[number]
    if isinstance(line.now, Comment):
        return comment_node(pull, line.now)
    assert isinstance(line.now, ReviewComment)
    return review_comment_node(pull, line.now)


def resolve(call: Call, input: Node, *, to: bool) -> Node:
    prefix, pull, root_id = locate(call, input["threadId"])
    if prefix != "PRRT":
        text = "Could not resolve to PullRequestReviewThread node with the global id of "
        raise Wrong("NOT_FOUND", f"{text}'{input['threadId']}'.")
    if not may_resolve(call, pull):
        raise Wrong("FORBIDDEN", NOT_BY_INTEGRATION)
    one = set_resolved(call, pull, root_id, call.login if to else None)
    return {
        "thread": thread_node(call, pull, one),
        "clientMutationId": input.get("clientMutationId"),
    }


def set_resolved(call: Call, pull: Pull, root_id: int, by: Account | None) -> Thread:
    line = pull.threads[root_id]
    assert line.now is not None
    if (by is None) != (line.now.resolved_by is None):
        line.set(call.now, replace(line.now, resolved_by=by))
        call.server.hooks.thread("resolved" if by else "unresolved", pull, root_id, call.login)
    assert line.now is not None
    return line.now


def minimize(call: Call, input: Node) -> Node:
    """Hides a comment of one's own, or, with write access, anyone's."""
    prefix, pull, number = locate(call, input["subjectId"])
    if prefix not in ("IC", "PRRC"):
        raise Wrong("UNPROCESSABLE", "Subject cannot be minimized")
    line: Any = (pull.comments if prefix == "IC" else pull.review_comments)[number]
    require(call, "issues:write" if prefix == "IC" else "pull_requests:write")
    if line.now.author != call.login and not may_resolve(call, pull):
        raise Wrong("FORBIDDEN", NOT_BY_INTEGRATION)
    reason = input["classifier"]
    line.set(call.now, replace(line.now, minimized=reason and reason.lower()))
    shape = comment_node if prefix == "IC" else review_comment_node
    done = shape(pull, line.now)
    return {"minimizedComment": done, "unminimizedComment": done,
            "clientMutationId": input.get("clientMutationId")}  # fmt: skip
