"""Commit statuses: rows of a pipeline, which is made where there is none."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.fakes.gitlab import pipelines, shapes
from tests.fakes.gitlab.paging import page
from tests.fakes.gitlab.params import may, needed
from tests.fakes.gitlab.repository import commit_of
from tests.fakes.gitlab.state import LEVELS, Pipeline, Project, Status
from tests.fakes.gitlab.web import (
    PROJECT,
    Answer,
    Call,
    bad,
    forbidden,
    not_found,
    operation,
    stamp,
)
from tests.fakes.timeline import Timeline, current

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server

LONGEST = 255
EVENTS = {"pending": "enqueue", "running": "run", "success": "success", "failed": "drop",
          "canceled": "cancel", "skipped": "skip"}  # fmt: skip
ALLOWED = {
    "enqueue": {"created"},
    "run": {"created", "pending"},
    "skip": {"created", "pending"},
    "success": {"created", "pending", "running"},
    "drop": {"created", "pending", "running"},
    "cancel": {"created", "pending", "running"},
}


def shape(server: "Server", one: Status) -> dict[str, Any]:
    started = None if one.state == "pending" else stamp(one.created)
    return {
        "id": one.id,
        "sha": one.sha,
        "ref": one.ref,
        "status": one.state,
        "name": one.name,
        "target_url": one.target_url,
        "description": one.description,
        "created_at": stamp(one.created),
        "started_at": started,
        "finished_at": stamp(one.created) if one.state in pipelines.FINAL else None,
        "allow_failure": False,
        "coverage": None,
        "pipeline_id": one.pipeline,
        "author": shapes.user(server, one.creator),
    }


@operation(
    f"GET {PROJECT}/repository/commits/{{sha}}/statuses",
    {"ref": may(), "stage": may(), "name": may(), "all": may("boolean"),
     "pipeline_id": may("integer")},
    pages=True,
)  # fmt: skip
def list_statuses(call: Call) -> Answer:
    """The newest of each name in each pipeline, or all of them."""
    project, sha = call.project, commit_of(call, "sha")
    found = current(project.statuses, call.server.faults.seen("statuses"))
    found = [one for one in found if one.sha == sha and (call.get("all") or not one.retried)]
    for name, field in (("ref", "ref"), ("name", "name"), ("pipeline_id", "pipeline")):
        if name in call.given:
            found = [one for one in found if getattr(one, field) == call.given[name]]
    return page(call, found, lambda one: shape(call.server, one))


@operation(
    f"POST {PROJECT}/statuses/{{sha}}",
    {"state": needed("text", *EVENTS), "ref": may(), "name": may(), "context": may(),
     "target_url": may(), "description": may(), "coverage": may("number"),
     "pipeline_id": may("integer")},
    level=LEVELS["developer"],
)  # fmt: skip
def create_status(call: Call) -> Answer:
    project, sha = call.project, commit_of(call, "sha")
    one = pipeline_of(call, project, sha)
    name = call.get("name") or call.get("context") or "default"
    check_lengths(call, name)
    line = open_row(call, project, one, name)
    row = line.now if line else None
    event, before = EVENTS[call.given["state"]], row.state if row else "created"
    if before not in ALLOWED[event]:
        text = f"Cannot transition status via :{event} from :{before}"
        raise bad(f'{text} (Reason(s): Status cannot transition via "{event}")')
    fields: dict[str, Any] = {"state": call.given["state"]}
    fields |= {name: call.given[name] for name in ("description", "target_url")
               if name in call.given}  # fmt: skip
    if line is None or row is None:
        retire(project, one, name, call.now)
        row = Status(call.server.state.id(), sha, one.ref, before, name, None, None,
                     call.account, one.id, call.now)  # fmt: skip
        line = Timeline(call.now, replace(row, **fields))
        project.statuses.append(line)
    else:
        line.set(call.now, replace(row, **fields))
    call.server.hooks.pipeline(one)
    assert line.now is not None
    return Answer(shape(call.server, line.now), 201)


def check_lengths(call: Call, name: str) -> None:
    texts = {"name": name, "description": call.get("description") or "",
             "target_url": call.get("target_url") or ""}  # fmt: skip
    wrong = {field: [f"is too long (maximum is {LONGEST} characters)"]
             for field, text in texts.items() if len(text) > LONGEST}  # fmt: skip
    address = texts["target_url"]
    if address and not address.startswith(("http://", "https://")):
        wrong["target_url"] = ["is blocked: Only allowed schemes are http, https"]
    if wrong:
        call.server.state.violations.append(f"{call.operation.name}: {wrong}")
        raise bad(wrong)


def open_row(call: Call, project: Project, one: Pipeline, name: str) -> Timeline[Status] | None:
    """The row that is not final yet; final ones are left, and a second row comes below them."""
    for line in project.statuses:
        row = line.now
        if row is None or (row.pipeline, row.name, row.creator) != (one.id, name, call.account):
            continue
        if row.state in ("pending", "running"):
            return line
    return None


def retire(project: Project, one: Pipeline, name: str, now: float) -> None:
    """Earlier rows of that name count no more."""
    for line in project.statuses:
        row = line.now
        if row is not None and (row.pipeline, row.name) == (one.id, name) and not row.retried:
            line.set(now, replace(row, retried=True))


def pipeline_of(call: Call, project: Project, sha: str) -> Pipeline:
    """The newest pipeline that fits, or a new one. Raises Refused 403 or 404.

    One that was made while this call waited is not seen: so two at once make two.
    """
    wanted, ref = call.get("pipeline_id"), call.get("ref")
    known = call.arrived - (0 if wanted else call.server.late.pipelines)
    found = [
        one for one in project.pipelines.values()
        if one.sha == sha and one.created <= known
        and (wanted is None or one.id == wanted) and (ref is None or one.ref == ref)
    ]  # fmt: skip
    if found:
        return found[-1]
    if wanted is not None:
        raise not_found("Pipeline for pipeline_id, sha and ref")
    branches = project.git.line(
        "for-each-ref", f"--contains={sha}", "--format=%(refname:strip=2)", "refs/heads"
    ).splitlines()
    if ref is None and not branches:
        raise not_found("References for commit")
    if not branches and any(one.head == sha and one.source is not project
                            for one in project.requests.values()):  # fmt: skip
        raise forbidden()  # the commit is a fork's
    return pipelines.make(call.server, project, sha, ref or branches[0], "external", call.account)
