"""Commit statuses: for Apps and people; the newest of each context counts."""

from typing import TYPE_CHECKING, Any

from tests.fakes.github import shapes
from tests.fakes.github.paging import page
from tests.fakes.github.pulls import REPO, commit_of
from tests.fakes.github.state import Repository, Status
from tests.fakes.github.web import Answer, Call, invalid, operation, stamp
from tests.fakes.timeline import Timeline, current

if TYPE_CHECKING:
    from tests.fakes.github.server import Server

LONGEST = 140
MOST = 1000


def shape(server: "Server", one: Repository, status: Status) -> dict[str, Any]:
    person = shapes.user(server, status.creator)
    return {
        "url": f"{shapes.address(server, one)}/statuses/{status.sha}",
        "avatar_url": person["avatar_url"],
        "id": status.id,
        "node_id": shapes.node_id("SC", one.id, status.id),
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": stamp(status.created),
        "updated_at": stamp(status.created),
        "creator": person,
    }


@operation("repos/create-commit-status", f"POST {REPO}/statuses/{{sha}}", "statuses:write")
def create_status(call: Call) -> Answer:
    """Each is one more row: nothing changes the earlier ones."""
    one, sha, wanted = call.repository, commit_of(call, "sha"), call.body
    context, description = wanted.get("context", "default"), wanted.get("description")
    if description is not None and len(description) > LONGEST:
        text = f"description is too long (maximum is {LONGEST} characters)"
        raise invalid("Status", "description", "custom", text)
    address = wanted.get("target_url")
    if address and not address.startswith(("http://", "https://")):
        raise invalid("Status", "target_url", "custom", "target_url must use http(s) scheme")
    there = sum(
        row.sha == sha and row.context.lower() == context.lower()
        for row in current(one.statuses, call.now)
    )
    if there >= MOST:
        text = "This SHA and context has reached the maximum number of statuses."
        raise invalid("Status", "sha", "custom", text)
    status = Status(call.server.state.id(), sha, context, wanted["state"], description, address,
                    call.login, call.now)  # fmt: skip
    one.statuses.append(Timeline(call.now, status))
    return Answer(shape(call.server, one, status), 201)


def of(call: Call, sha: str) -> list[Status]:
    """Statuses of a commit, newest first."""
    found = current(call.repository.statuses, call.server.faults.seen("statuses"))
    return [status for status in reversed(found) if status.sha == sha]


@operation(
    "repos/list-commit-statuses-for-ref",
    f"GET {REPO}/commits/{{ref}}/statuses",
    "statuses:read",
    kind="statuses",
)
def list_statuses(call: Call) -> Answer:
    one = call.repository
    rows = of(call, commit_of(call, "ref"))
    return page(call, rows, lambda status: shape(call.server, one, status))


@operation(
    "repos/get-combined-status-for-ref",
    f"GET {REPO}/commits/{{ref}}/status",
    "statuses:read",
    kind="statuses",
)
def combined(call: Call) -> Answer:
    one, sha = call.repository, commit_of(call, "ref")
    newest = {status.context.lower(): status for status in reversed(of(call, sha))}
    rows = list(newest.values())
    url = f"{shapes.address(call.server, one)}/commits/{sha}"
    return page(
        call,
        rows,
        lambda status: shape(call.server, one, status),
        within=lambda items: {
            "state": together([status.state for status in rows]),
            "sha": sha,
            "total_count": len(rows),
            "statuses": [
                {name: value for name, value in item.items() if name != "creator"} for item in items
            ],
            "repository": shapes.repository(call.server, one),
            "commit_url": url,
            "url": f"{url}/status",
        },
    )


def together(states: list[str]) -> str:
    """One state for all contexts; none at all is pending."""
    if {"failure", "error"} & set(states):
        return "failure"
    return "success" if states and set(states) == {"success"} else "pending"
