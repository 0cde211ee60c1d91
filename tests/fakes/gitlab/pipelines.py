"""Pipelines: which one a merge request shows, and what their jobs and statuses come to."""

from typing import TYPE_CHECKING, Any

from tests.fakes.gitlab import shapes
from tests.fakes.gitlab.paging import page
from tests.fakes.gitlab.params import may
from tests.fakes.gitlab.state import Account, Pipeline, Project, Request, Status
from tests.fakes.gitlab.web import PROJECT, REQUEST, Answer, Call, not_found, operation, stamp

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server

FINAL = ("success", "failed", "canceled", "skipped")


def rows(one: Pipeline) -> list[Status]:
    """The newest status of each name."""
    found = (line.now for line in one.project.statuses)
    return [row for row in found if row and row.pipeline == one.id and not row.retried]


def together(one: Pipeline) -> str:
    """One state for its jobs and all statuses from outside."""
    states = [row.state for row in rows(one)] + ([one.own] if one.own else [])
    if "running" in states or ("pending" in states and set(states) & set(FINAL)):
        return "running"
    for state in ("pending", "failed", "canceled"):
        if state in states:
            return state
    if states and set(states) == {"skipped"}:
        return "skipped"
    return "success" if states else "pending"


def make(
    server: "Server", project: Project, sha: str, ref: str, source: str, by: Account
) -> Pipeline:
    iid = len(project.pipelines) + 1
    one = Pipeline(server.state.id(), iid, project, sha, ref, source, None,
                   server.state.clock.now(), by)  # fmt: skip
    project.pipelines[one.id] = one
    return one


def of_request(server: "Server", request: Request) -> list[Pipeline]:
    """Pipelines of its branch and of itself, newest first, as far as they are known by now."""
    own = f"refs/merge-requests/{request.iid}/head"
    found = [one for one in request.project.pipelines.values() if one.ref == own]
    if request.source is not None:
        found += [one for one in request.source.pipelines.values()
                  if one.ref == request.source_branch]  # fmt: skip
    known = server.state.clock.now() - server.late.pipelines
    return sorted((one for one in found if one.created <= known), key=lambda one: -one.id)


def head(server: "Server", request: Request) -> Pipeline | None:
    """The newest pipeline of the newest commit."""
    found = of_request(server, request)
    return next((one for one in found if one.sha == request.head), None)


def shape(server: "Server", one: Pipeline) -> dict[str, Any]:
    return {
        "id": one.id,
        "iid": one.iid,
        "project_id": one.project.id,
        "sha": one.sha,
        "ref": one.ref,
        "status": together(one),
        "source": one.source,
        "created_at": stamp(one.created),
        "updated_at": stamp(one.created),
        "web_url": f"{shapes.web(server, one.project)}/-/pipelines/{one.id}",
        "name": None,
    }


def whole(server: "Server", one: Pipeline) -> dict[str, Any]:
    return {
        **shape(server, one),
        "before_sha": "0" * 40,
        "tag": False,
        "yaml_errors": None,
        "user": shapes.user(server, one.by),
        "started_at": stamp(one.created),
        "finished_at": None,
        "committed_at": None,
        "duration": None,
        "queued_duration": None,
        "coverage": None,
        "detailed_status": {"text": together(one), "label": together(one), "group": together(one)},
    }


@operation(
    f"GET {PROJECT}/pipelines",
    {"sha": may(), "ref": may(), "source": may(), "status": may(), "scope": may(),
     "updated_after": may(), "updated_before": may(), "username": may(), "name": may()},
    pages=True,
)  # fmt: skip
def list_pipelines(call: Call) -> Answer:
    found = sorted(call.project.pipelines.values(), key=lambda one: -one.id)
    for name in ("sha", "ref", "source"):
        if name in call.given:
            found = [one for one in found if getattr(one, name) == call.given[name]]
    if "status" in call.given:
        found = [one for one in found if together(one) == call.given["status"]]
    return page(call, found, lambda one: shape(call.server, one))


@operation(f"GET {PROJECT}/pipelines/{{pipeline_id}}")
def get_pipeline(call: Call) -> Answer:
    one = call.project.pipelines.get(call.number("pipeline_id"))
    if one is None:
        raise not_found()
    return Answer(whole(call.server, one))


@operation(f"GET {REQUEST}/pipelines", pages=True)
def list_of_request(call: Call) -> Answer:
    found = of_request(call.server, call.request)
    return page(call, found, lambda one: shape(call.server, one))
