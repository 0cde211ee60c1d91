"""GraphQL, executed against GitHub's own schema: threads, resolving, minimising."""

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
)

from tests.fakes.github import reacting
from tests.fakes.github.auth import NOT_BY_INTEGRATION
from tests.fakes.github.nodes import (
    Node,
    Wrong,
    actor,
    comment_node,
    locate,
    may_resolve,
    node,
    repository,
    require,
    review_comment_node,
    thread_node,
)
from tests.fakes.github.state import Account, Pull, Thread
from tests.fakes.github.web import Answer, Call, Refused, operation, stamp

SCHEMA = Path(__file__).parents[3] / "build" / "openapi" / "schema.graphql"


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    return build_schema(SCHEMA.read_text(), assume_valid=True)


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


def resolve_field(source: Any, info: GraphQLResolveInfo[Call], **arguments: Any) -> Any:
    """A field is a value, or a function of its arguments; one that is not there is a fault."""
    if not isinstance(source, dict) or info.field_name not in source:
        raise GraphQLError(f"the fake has no {info.parent_type.name}.{info.field_name}")
    call = info.context
    if info.path.prev is None:
        call.server.counters[f"graphql/{info.field_name}"] += 1
    value = source[info.field_name]
    return value(**arguments) if callable(value) else value


def root(call: Call) -> Node:
    return {
        "viewer": lambda: actor(call.login),
        "repository": lambda owner, name, followRenames=True: repository(call, owner, name),  # noqa: N803
        "node": lambda **given: node(call, given["id"]),
        "rateLimit": lambda dryRun=False: limit(call),  # noqa: N803
        "resolveReviewThread": lambda **given: resolve(call, given["input"], to=True),
        "unresolveReviewThread": lambda **given: resolve(call, given["input"], to=False),
        "addReaction": lambda **given: reacting.add(call, given["input"]),
        "removeReaction": lambda **given: reacting.remove(call, given["input"]),
        "minimizeComment": lambda **given: minimize(call, given["input"]),
        "unminimizeComment": lambda **given: minimize(call, {**given["input"], "classifier": None}),
    }


def limit(call: Call) -> Node:
    figures = call.server.limits.figures(call.actor)
    return {"cost": 1, "limit": figures["limit"], "remaining": figures["remaining"],
            "used": figures["used"], "resetAt": stamp(figures["reset"])}  # fmt: skip


def resolve(call: Call, given: Node, *, to: bool) -> Node:
    prefix, pull, root_id = locate(call, given["threadId"])
    if prefix != "PRRT":
        text = "Could not resolve to PullRequestReviewThread node with the global id of "
        raise Wrong("NOT_FOUND", f"{text}'{given['threadId']}'.")
    if not may_resolve(call, pull):
        raise Wrong("FORBIDDEN", NOT_BY_INTEGRATION)
    one = set_resolved(call, pull, root_id, call.login if to else None)
    return {
        "thread": thread_node(call, pull, one),
        "clientMutationId": given.get("clientMutationId"),
    }


def set_resolved(call: Call, pull: Pull, root_id: int, by: Account | None) -> Thread:
    line = pull.threads[root_id]
    assert line.now is not None
    if (by is None) != (line.now.resolved_by is None):
        line.set(call.now, replace(line.now, resolved_by=by))
        call.server.hooks.thread("resolved" if by else "unresolved", pull, root_id, call.login)
    assert line.now is not None
    return line.now


def minimize(call: Call, given: Node) -> Node:
    """Hides a comment of one's own, or, with write access, anyone's."""
    prefix, pull, number = locate(call, given["subjectId"])
    if prefix not in ("IC", "PRRC"):
        raise Wrong("UNPROCESSABLE", "Subject cannot be minimized")
    line: Any = (pull.comments if prefix == "IC" else pull.review_comments)[number]
    require(call, "issues:write" if prefix == "IC" else "pull_requests:write")
    if line.now.author != call.login and not may_resolve(call, pull):
        raise Wrong("FORBIDDEN", NOT_BY_INTEGRATION)
    reason = given["classifier"]
    line.set(call.now, replace(line.now, minimized=reason and reason.lower()))
    shape = comment_node if prefix == "IC" else review_comment_node
    done = shape(pull, line.now)
    return {"minimizedComment": done, "unminimizedComment": done,
            "clientMutationId": given.get("clientMutationId")}  # fmt: skip
