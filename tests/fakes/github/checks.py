"""Check runs: Apps only, each changed only by the App that made it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.fakes.github import shapes
from tests.fakes.github.paging import page
from tests.fakes.github.pulls import REPO, commit, commit_of
from tests.fakes.github.state import (
    App,
    CheckRun,
    Repository,
    Suite,
)
from tests.fakes.github.web import Answer, Call, Refused, not_found, operation, stamp
from tests.fakes.timeline import Timeline, current

if TYPE_CHECKING:
    from tests.fakes.github.server import Server

READ, WRITE = ("checks:read",), ("checks:write",)
RUNS = f"{REPO}/check-runs"
ONE = f"{RUNS}/{{check_run_id}}"
ANNOTATIONS = 50
OURS = ("completed", "in_progress", "queued")


def shape(server: "Server", one: Repository, run: CheckRun) -> dict[str, Any]:
    url = f"{shapes.address(server, one)}/check-runs/{run.id}"
    return {
        "id": run.id,
        "node_id": shapes.node_id("CR", one.id, run.id),
        "head_sha": run.sha,
        "name": run.name,
        "url": url,
        "html_url": f"{server.url}/{one.full_name}/runs/{run.id}",
        "details_url": run.details_url,
        "external_id": run.external_id,
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": run.started,
        "completed_at": run.completed,
        "output": {
            "title": run.output.get("title"),
            "summary": run.output.get("summary"),
            "text": run.output.get("text"),
            "annotations_count": len(run.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": run.suite},
        "app": shapes.app(server, server.state.apps[run.app]),
        "pull_requests": pulls_at(server, one, run.sha),
    }


def pulls_at(server: "Server", one: Repository, sha: str) -> list[dict[str, Any]]:
    """Open pull requests with this head; GitHub leaves those from forks out."""
    return [
        {
            "id": pull.id,
            "number": pull.number,
            "url": f"{shapes.address(server, one)}/pulls/{pull.number}",
            "head": {"ref": pull.head_ref, "sha": pull.head, "repo": brief(server, one)},
            "base": {
                "ref": pull.base_ref,
                "sha": one.git.commit(pull.base_ref),
                "repo": brief(server, one),
            },
        }
        for pull in one.pulls.values()
        if pull.head == sha and pull.state == "open" and pull.head_repository is one
    ]


def brief(server: "Server", one: Repository) -> dict[str, Any]:
    return {"id": one.id, "url": shapes.address(server, one), "name": one.name}


def app_of(call: Call) -> App:
    """The App that calls. Raises Refused 403 for people."""
    if call.actor.installation is None:
        raise Refused(403, "You must authenticate via a GitHub App.")
    return call.actor.installation.app


def wrong(text: str) -> Refused:
    return Refused(422, f"Invalid request.\n\n{text}")


def check(wanted: dict[str, Any], complete: bool) -> None:
    """What the description says in words only. Raises Refused 422."""
    if complete and "conclusion" not in wanted:
        raise wrong('"conclusion" wasn\'t supplied.')
    if wanted.get("conclusion") == "stale":
        raise wrong("stale is not a member of the conclusions that can be set.")
    output = wanted.get("output")
    if output is not None and (missing := [n for n in ("title", "summary") if not output.get(n)]):
        raise wrong("\n".join(f'"{name}" wasn\'t supplied.' for name in missing))
    if output is not None and len(output.get("annotations", [])) > ANNOTATIONS:
        raise wrong(f"No more than {ANNOTATIONS} items are allowed; annotations were supplied.")
    for note in (output or {}).get("annotations", []):
        columns = "start_column" in note or "end_column" in note
        if note["end_line"] < note["start_line"] or note["start_line"] < 1:
            raise wrong("Annotation end line must not precede its start line.")
        if columns and note["start_line"] != note["end_line"]:
            raise wrong("Annotation columns are allowed on one line only.")
    if len(wanted.get("actions", [])) > 3:
        raise wrong("No more than 3 items are allowed; actions were supplied.")


def changed(call: Call, run: CheckRun) -> CheckRun:
    """The run with what the request says; annotations are added to those that are there."""
    wanted = call.body
    output = {**wanted["output"]} if wanted.get("output") else None
    notes = tuple(output.pop("annotations", ())) if output else ()
    conclusion = wanted.get("conclusion")
    status = "completed" if conclusion else wanted.get("status", run.status)
    done = wanted.get("completed_at") or run.completed or stamp(call.now)
    return replace(
        run,
        name=wanted.get("name", run.name),
        status=status,
        conclusion=(conclusion or run.conclusion) if status == "completed" else None,
        started=wanted.get("started_at", run.started),
        completed=done if status == "completed" else None,
        details_url=wanted.get("details_url", run.details_url),
        external_id=wanted.get("external_id", run.external_id),
        output=run.output if output is None else output,
        annotations=run.annotations + notes,
        actions=tuple(wanted.get("actions", run.actions)),
    )


def suite_of(call: Call, app: App, sha: str) -> Suite:
    one = call.repository
    for suite in one.suites.values():
        if (suite.app, suite.sha) == (app.id, sha):
            return suite
    suite = Suite(call.server.state.id(), app.id, sha)
    one.suites[suite.id] = suite
    return suite


@operation("checks/create", f"POST {RUNS}", *WRITE)
def create_check(call: Call) -> Answer:
    one, wanted, app = call.repository, call.body, app_of(call)
    sha = wanted["head_sha"]
    if one.git.commit(sha) != sha:
        raise Refused(422, f"No commit found for SHA: {sha}")
    check(wanted, wanted.get("status") == "completed" or "completed_at" in wanted)
    suite = suite_of(call, app, sha)
    empty = CheckRun(call.server.state.id(), app.id, suite.id, wanted["name"], sha, "queued", None,
                     stamp(call.now), None, call.server.url, "")  # fmt: skip
    run = changed(call, empty)
    one.checks[run.id] = Timeline(call.now, run)
    call.server.hooks.check_run("created", one, run, call.login)
    if run.status == "completed":
        call.server.hooks.check_run("completed", one, run, call.login)
    return Answer(shape(call.server, one, run), 201)


@operation("checks/update", f"PATCH {ONE}", *WRITE)
def update_check(call: Call) -> Answer:
    app, (one, run) = app_of(call), find(call)
    if run.app != app.id:
        text = f"Invalid app_id `{app.id}` - check run can only be modified by the GitHub App "
        raise Refused(403, f"{text}that created it.")
    asked = call.body.get("status") == "completed" or "completed_at" in call.body
    check(call.body, asked and run.conclusion is None)
    new = changed(call, run)
    one.checks[run.id].set(call.now, new)
    if new.status == "completed" and run.status != "completed":
        call.server.hooks.check_run("completed", one, new, call.login)
    return Answer(shape(call.server, one, new))


def find(call: Call) -> tuple[Repository, CheckRun]:
    line = call.repository.checks.get(call.number("check_run_id"))
    if line is None or line.now is None:
        raise not_found()
    return call.repository, line.now


@operation("checks/get", f"GET {ONE}", *READ)
def get_check(call: Call) -> Answer:
    return Answer(shape(call.server, *find(call)))


@operation("checks/list-annotations", f"GET {ONE}/annotations", *READ)
def list_annotations(call: Call) -> Answer:
    one, run = find(call)
    web = f"{call.server.url}/{one.full_name}/blob/{run.sha}"
    empty = dict.fromkeys(("start_column", "end_column", "title", "raw_details"))
    return page(
        call,
        run.annotations,
        lambda note: {**empty, **note, "blob_href": f"{web}/{note['path']}"},
    )


@operation("checks/rerequest-run", f"POST {ONE}/rerequest", *WRITE)
def rerequest(call: Call) -> Answer:
    app_of(call)
    one, run = find(call)
    call.server.hooks.check_run("rerequested", one, run, call.login)
    return Answer({}, 201)


@operation("checks/list-for-ref", f"GET {REPO}/commits/{{ref}}/check-runs", *READ, kind="checks")
def list_checks(call: Call) -> Answer:
    """The newest of each name and App, unless ``filter=all``; newest first."""
    one, sha = call.repository, commit_of(call, "ref")
    found = [
        run
        for run in current(one.checks.values(), call.server.faults.seen("checks"))
        if run.sha == sha and wanted(call, run)
    ]
    if call.query.get("filter", "latest") == "latest":
        newest = {(run.app, run.name): run for run in found}
        found = list(newest.values())
    found.sort(key=lambda run: run.id, reverse=True)
    return page(
        call,
        found,
        lambda run: shape(call.server, one, run),
        within=lambda items: {"total_count": len(found), "check_runs": items},
    )


def wanted(call: Call, run: CheckRun) -> bool:
    asked = call.query
    return (
        asked.get("check_name", run.name) == run.name
        and asked.get("status", run.status) == run.status
        and asked.get("app_id", str(run.app)) == str(run.app)
    )


@operation("checks/list-suites-for-ref", f"GET {REPO}/commits/{{ref}}/check-suites", *READ)
def list_suites(call: Call) -> Answer:
    one, sha = call.repository, commit_of(call, "ref")
    found = [suite for suite in one.suites.values() if suite.sha == sha]
    return page(
        call,
        found,
        lambda suite: suite_shape(call.server, one, suite),
        within=lambda items: {"total_count": len(found), "check_suites": items},
    )


def suite_shape(server: "Server", one: Repository, suite: Suite) -> dict[str, Any]:
    now = server.state.clock.now()
    url = f"{shapes.address(server, one)}/check-suites/{suite.id}"
    runs = [run for run in current(one.checks.values(), now) if run.suite == suite.id]
    whole = commit(server, one, suite.sha)
    done = bool(runs) and all(run.status == "completed" for run in runs)
    bad = any(run.conclusion not in ("success", "skipped", "neutral") for run in runs)
    return {
        "id": suite.id,
        "node_id": shapes.node_id("CS", one.id, suite.id),
        "head_branch": None,
        "head_sha": suite.sha,
        "status": "completed" if done else "queued",
        "conclusion": ("failure" if bad else "success") if done else None,
        "url": url,
        "before": None,
        "after": suite.sha,
        "pull_requests": pulls_at(server, one, suite.sha),
        "app": shapes.app(server, server.state.apps[suite.app]),
        "repository": shapes.repository(server, one),
        "created_at": stamp(now),
        "updated_at": stamp(now),
        "head_commit": brief_commit(whole),
        "latest_check_runs_count": len(runs),
        "check_runs_url": f"{url}/check-runs",
    }


def brief_commit(whole: dict[str, Any]) -> dict[str, Any]:
    """A commit as it stands within other things."""
    inner = whole["commit"]
    return {
        "id": whole["sha"],
        "tree_id": inner["tree"]["sha"],
        "message": inner["message"],
        "timestamp": inner["author"]["date"],
        **{role: {name: inner[role][name] for name in ("name", "email")}
           for role in ("author", "committer")},
    }  # fmt: skip
