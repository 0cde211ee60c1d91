"""Merge requests by the REST interface: listings, one, its versions and diffs."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tests.fakes.diff import diff
from tests.fakes.gitlab import pipelines, positions, shapes
from tests.fakes.gitlab.notes import unresolved
from tests.fakes.gitlab.paging import page
from tests.fakes.gitlab.params import may
from tests.fakes.gitlab.state import LEVELS, OPEN, Project, Request, Version
from tests.fakes.gitlab.web import (
    PROJECT,
    REQUEST,
    Answer,
    Call,
    Refused,
    maybe_stamp,
    not_found,
    operation,
    stamp,
)

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server

FILTERS = {
    "state": may("text", "opened", "closed", "locked", "merged", "all"),
    "scope": may("text", "created_by_me", "assigned_to_me", "reviews_for_me", "all"),
    "source_branch": may(),
    "target_branch": may(),
    "iids": may("list"),
    "author_id": may("integer"),
    "author_username": may(),
    "labels": may(),
    "wip": may("text", "yes", "no"),
    "view": may("text", "simple"),
    "search": may(),
    "non_archived": may("boolean"),
    "updated_after": may(),
    "updated_before": may(),
    "created_after": may(),
    "created_before": may(),
    "with_merge_status_recheck": may("boolean"),
    "with_labels_details": may("boolean"),
}


def version(server: "Server", request: Request) -> Version | None:
    """The newest version of the diff that is there by now."""
    return next(reversed(positions.known(server, request)), None)


def web(server: "Server", request: Request) -> str:
    return f"{shapes.web(server, request.project)}/-/merge_requests/{request.iid}"


def row(server: "Server", one: Request) -> dict[str, Any]:
    """A merge request as a listing shows it."""
    status = mergeable(server, one)
    threads = [each for each in one.discussions.values() if each.first.resolvable]
    return {
        "id": one.id,
        "iid": one.iid,
        "project_id": one.project.id,
        "title": one.title,
        "description": one.description,
        "state": one.state,
        "created_at": stamp(one.created),
        "updated_at": stamp(one.updated),
        "merged_by": shapes.maybe_user(server, one.merged_by),
        "merge_user": shapes.maybe_user(server, one.merged_by),
        "merged_at": maybe_stamp(one.merged),
        "closed_by": None,
        "closed_at": maybe_stamp(one.closed),
        "target_branch": one.target_branch,
        "source_branch": one.source_branch,
        "user_notes_count": sum(not note.system for each in one.discussions.values()
                                for note in each.there()),
        "upvotes": 0,
        "downvotes": 0,
        "author": shapes.user(server, one.author),
        "assignees": [],
        "assignee": None,
        "reviewers": [],
        "source_project_id": one.source.id if one.source else None,
        "target_project_id": one.project.id,
        "labels": list(one.labels),
        "draft": one.draft,
        "work_in_progress": one.draft,
        "imported": False,
        "imported_from": "none",
        "milestone": None,
        "merge_when_pipeline_succeeds": False,
        "merge_status": "can_be_merged" if status == "mergeable" else "cannot_be_merged",
        "detailed_merge_status": status,
        "merge_after": None,
        "sha": one.head,
        "merge_commit_sha": one.merge_commit,
        "squash_commit_sha": None,
        "discussion_locked": None,
        "should_remove_source_branch": None,
        "force_remove_source_branch": False,
        "prepared_at": stamp(one.created),
        "reference": f"!{one.iid}",
        "references": {"short": f"!{one.iid}", "relative": f"!{one.iid}",
                       "full": f"{one.project.path}!{one.iid}"},
        "web_url": web(server, one),
        "time_stats": {"time_estimate": 0, "total_time_spent": 0,
                       "human_time_estimate": None, "human_total_time_spent": None},
        "squash": False,
        "squash_on_merge": False,
        "task_completion_status": {"count": 0, "completed_count": 0},
        "has_conflicts": False,
        "approvals_before_merge": None,
        "blocking_discussions_resolved": not threads or not unresolved(one),
    }  # fmt: skip


def shape(server: "Server", one: Request) -> dict[str, Any]:
    """One merge request in full; what hangs on its diff is late."""
    newest, head = version(server, one), pipelines.head(server, one)
    late = newest is None or newest.head != one.head
    return {
        **row(server, one),
        "subscribed": True,
        "changes_count": None if late else changes_count(server, one, newest),
        "latest_build_started_at": None,
        "latest_build_finished_at": None,
        "first_deployed_to_production_at": None,
        "pipeline": pipelines.shape(server, head) if head else None,
        "head_pipeline": pipelines.whole(server, head) if head else None,
        "diff_refs": newest and {"base_sha": newest.base, "head_sha": newest.head,
                                 "start_sha": newest.start},
        "merge_error": None,
        "first_contribution": False,
        "user": {"can_merge": True},
    }  # fmt: skip


def changes_count(server: "Server", request: Request, newest: Version | None) -> str | None:
    if newest is None:
        return None
    count = len(diff(request.project.git, newest.base, newest.head))
    most = server.largest.files
    return f"{most}+" if count > most else str(count)


def mergeable(server: "Server", one: Request) -> str:
    """GitLab's one word for whether it could be merged, and what holds it back."""
    settings = one.project.settings
    if one.state != OPEN:
        return "not_open"
    if one.draft:
        return "draft_status"
    if settings.get("only_allow_merge_if_pipeline_succeeds"):
        head = pipelines.head(server, one)
        state = pipelines.together(head) if head else None
        if state in ("pending", "running"):
            return "ci_still_running"
        skipped = state == "skipped" and settings.get("allow_merge_on_skipped_pipeline")
        if state != "success" and not skipped:
            return "ci_must_pass"
    blocked = settings.get("only_allow_merge_if_all_discussions_are_resolved")
    return "discussions_not_resolved" if blocked and unresolved(one) else "mergeable"


def listed(call: Call, found: Iterable[Request], scope: str) -> Answer:
    """Filtered, in order, in pages."""
    rows = [one for one in found if fits(call, one)]
    if call.get("scope", scope) != "all":
        rows = [one for one in rows if one.author == call.account]
    order = call.get("order_by", "created_at")
    if order not in ("created_at", "updated_at", "merged_at", "priority", "title"):
        raise Refused(400, {"error": "order_by does not have a valid value"})
    rows.sort(key=lambda one: (one.updated if order == "updated_at" else one.created, one.id),
              reverse=call.get("sort", "desc") == "desc")  # fmt: skip
    return page(call, rows, lambda one: row(call.server, one))


def fits(call: Call, one: Request) -> bool:
    given = call.given
    wanted = {
        "state": one.state if given.get("state") != "all" else "all",
        "source_branch": one.source_branch,
        "target_branch": one.target_branch,
        "author_id": one.author.id,
        "author_username": one.author.login,
        "wip": "yes" if one.draft else "no",
    }
    if any(name in given and given[name] != value for name, value in wanted.items()):
        return False
    numbers = {int(number) for number in given.get("iids", ())}
    after = given.get("updated_after")
    recent = after is None or stamp(one.updated) >= after.replace("+00:00", "Z")
    there = not (given.get("non_archived") and one.project.archived)
    return (not numbers or one.iid in numbers) and recent and there


def readable(call: Call, project: Project) -> bool:
    """Whether the caller may see this project's merge requests at all."""
    if not call.server.access.sees(call.actor, project):
        return False
    level = call.server.access.level(call.actor, project)
    return project.visibility != "private" or level >= LEVELS["reporter"]


@operation("GET /merge_requests", FILTERS, pages=True)
def list_all(call: Call) -> Answer:
    """Without ``scope=all`` the caller's own only."""
    projects = call.server.state.projects.values()
    found = [one for each in projects if readable(call, each) for one in each.requests.values()]
    return listed(call, found, "created_by_me")


@operation("GET /groups/{id}/merge_requests", FILTERS, pages=True)
def list_of_group(call: Call) -> Answer:
    prefix = call.path["id"].lower() + "/"
    state = call.server.state
    projects = [one for one in state.projects.values() if one.path.lower().startswith(prefix)]
    if not projects:
        raise not_found("Group")
    found = [one for each in projects if readable(call, each) for one in each.requests.values()]
    return listed(call, found, "all")


@operation(f"GET {PROJECT}/merge_requests", FILTERS, pages=True)
def list_of_project(call: Call) -> Answer:
    return listed(call, call.project.requests.values(), "all")


@operation(f"GET {REQUEST}", {"render_html": may("boolean"),
           "include_diverged_commits_count": may("boolean"),
           "include_rebase_in_progress": may("boolean")})  # fmt: skip
def get_request(call: Call) -> Answer:
    return Answer(shape(call.server, call.request))


@operation(f"GET {REQUEST}/commits", pages=True)
def list_commits(call: Call) -> Answer:
    request = call.request
    newest = version(call.server, request)
    shown = newest and shapes.commits(call.server, request.project, newest.base, newest.head)
    return page(call, shown or [], lambda one: one)


@operation(f"GET {REQUEST}/diffs", {"unidiff": may("boolean")}, pages=True)
def list_diffs(call: Call) -> Answer:
    request = call.request
    newest = version(call.server, request)
    shown = newest and shapes.diffs(call.server, request.project, newest.base, newest.head)
    return page(call, shown or [], lambda one: one)


def version_shape(call: Call, request: Request, one: Version) -> dict[str, Any]:
    return {
        "id": one.id,
        "head_commit_sha": one.head,
        "base_commit_sha": one.base,
        "start_commit_sha": one.start,
        "created_at": stamp(one.created),
        "merge_request_id": request.id,
        "state": "collected",
        "real_size": changes_count(call.server, request, one),
        "patch_id_sha": one.head[::-1],
    }


@operation(f"GET {REQUEST}/versions", pages=True)
def list_versions(call: Call) -> Answer:
    """Newest first; the one of a push that just came is not there yet."""
    request = call.request
    found = positions.known(call.server, request)
    return page(call, found[::-1], lambda one: version_shape(call, request, one))


@operation(f"GET {REQUEST}/versions/{{version_id}}", {"unidiff": may("boolean")})
def get_version(call: Call) -> Answer:
    request, wanted = call.request, call.number("version_id")
    for one in request.versions:
        if one.id == wanted:
            project = request.project
            return Answer({
                **version_shape(call, request, one),
                "commits": shapes.commits(call.server, project, one.base, one.head),
                "diffs": shapes.diffs(call.server, project, one.base, one.head),
            })  # fmt: skip
    raise not_found()


@operation(f"GET {REQUEST}/status_checks", pages=True)
@operation(f"GET {PROJECT}/external_status_checks", pages=True)
@operation(f"POST {PROJECT}/external_status_checks")
@operation(f"POST {REQUEST}/status_check_responses")
def no_status_checks(call: Call) -> Answer:
    """External status checks need Ultimate, which this is not."""
    raise not_found()
