"""Webhooks' bodies."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.fakes.gitlab import pipelines, positions, requests, shapes
from tests.fakes.gitlab.state import (
    Account,
    Award,
    Discussion,
    Note,
    Pipeline,
    Project,
    Request,
)
from tests.fakes.gitlab.web import maybe_stamp, stamp

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server

LEVELS = {"private": 0, "internal": 10, "public": 20}
STATES = {"opened": 1, "closed": 2, "merged": 3, "locked": 4}


def moment(when: float) -> str:
    """A time as webhooks write it, which is not as the REST interface does."""
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def user(one: Account) -> dict[str, Any]:
    return {"id": one.id, "name": one.login.capitalize(), "username": one.login,
            "avatar_url": None, "email": "[REDACTED]"}  # fmt: skip


def project(server: "Server", one: Project) -> dict[str, Any]:
    web = shapes.web(server, one)
    ssh = f"git@{server.url.partition('//')[2]}:{one.path}.git"
    return {
        "id": one.id,
        "name": one.name,
        "description": None,
        "web_url": web,
        "avatar_url": None,
        "git_ssh_url": ssh,
        "git_http_url": f"{web}.git",
        "namespace": one.namespace.rpartition("/")[2],
        "visibility_level": LEVELS[one.visibility],
        "path_with_namespace": one.path,
        "default_branch": one.default_branch,
        "ci_config_path": None,
        "homepage": web,
        "url": ssh,
        "ssh_url": ssh,
        "http_url": f"{web}.git",
    }


def repository(server: "Server", one: Project) -> dict[str, Any]:
    whole = project(server, one)
    return {name: whole[name] for name in ("name", "url", "description", "homepage")}


def commit(server: "Server", one: Project, sha: str) -> dict[str, Any]:
    whole = shapes.commit(server, one, sha)
    return {
        "id": sha,
        "message": whole["message"],
        "title": whole["title"],
        "timestamp": whole["created_at"],
        "url": whole["web_url"],
        "author": {"name": whole["author_name"], "email": "[REDACTED]"},
    }


def attributes(server: "Server", one: Request) -> dict[str, Any]:
    """A merge request within any webhook."""
    head = pipelines.head(server, one)
    status = requests.mergeable(server, one)
    return {
        "assignee_id": None,
        "author_id": one.author.id,
        "created_at": moment(one.created),
        "description": one.description,
        "draft": one.draft,
        "head_pipeline_id": head.id if head else None,
        "id": one.id,
        "iid": one.iid,
        "last_edited_at": None,
        "last_edited_by_id": None,
        "merge_commit_sha": one.merge_commit,
        "merge_error": None,
        "merge_params": {"force_remove_source_branch": "0"},
        "merge_status": "can_be_merged" if status == "mergeable" else "cannot_be_merged",
        "merge_user_id": one.merged_by.id if one.merged_by else None,
        "merge_when_pipeline_succeeds": False,
        "milestone_id": None,
        "source_branch": one.source_branch,
        "source_project_id": one.source.id if one.source else None,
        "state_id": STATES[one.state],
        "target_branch": one.target_branch,
        "target_project_id": one.project.id,
        "time_estimate": 0,
        "title": one.title,
        "updated_at": moment(one.updated),
        "updated_by_id": None,
        "prepared_at": moment(one.created),
        "assignee_ids": [],
        "blocking_discussions_resolved": True,
        "detailed_merge_status": status,
        "first_contribution": False,
        "labels": labels(one.labels),
        "last_commit": commit(server, one.project, one.head),
        "reviewer_ids": [],
        "source": project(server, one.source) if one.source else None,
        "state": one.state,
        "target": project(server, one.project),
        "url": requests.web(server, one),
        "work_in_progress": one.draft,
    }


def labels(names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"id": at, "title": name, "color": "#6699cc", "type": "ProjectLabel"}
            for at, name in enumerate(names, 1)]  # fmt: skip


def merge_request(
    server: "Server", one: Request, by: Account, action: str, changes: dict[str, Any]
) -> dict[str, Any]:
    return {
        "object_kind": "merge_request",
        "event_type": "merge_request",
        "user": user(by),
        "project": project(server, one.project),
        "object_attributes": {**attributes(server, one), "action": action},
        "labels": labels(one.labels),
        "changes": changes,
        "repository": repository(server, one.project),
    }


def on_request(
    server: "Server", one: Request, discussion: Discussion, note: Note, action: str
) -> dict[str, Any]:
    where = positions.shape(note.position) if note.position else None
    address = f"{requests.web(server, one)}#note_{note.id}"
    further = {"discussion_id": discussion.id, "type": note.kind, "position": where,
               "original_position": where, "action": action, "url": address,
               "resolved_at": maybe_stamp(note.resolved)}  # fmt: skip
    body = said(server, one.project, note, "MergeRequest", one.id, further)
    return {**body, "merge_request": attributes(server, one)}


def said(
    server: "Server", where: Project, note: Note, kind: str, noteable: int | None,
    further: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """A Note Hook on anything."""
    return {
        "object_kind": "note",
        "event_type": "note",
        "user": user(note.author),
        "project_id": where.id,
        "project": project(server, where),
        "object_attributes": {
            "attachment": None,
            "author_id": note.author.id,
            "change_position": None,
            "commit_id": None,
            "created_at": moment(note.created),
            "id": note.id,
            "line_code": positions.line_code(note.position) if note.position else None,
            "note": note.body,
            "description": note.body,
            "noteable_id": noteable,
            "noteable_type": kind,
            "project_id": where.id,
            "resolved_by_id": note.resolver.id if note.resolver else None,
            "resolved_by_push": None,
            "st_diff": None,
            "system": note.system,
            "updated_at": moment(note.updated),
            "updated_by_id": None,
            **further,
        },
        "repository": repository(server, where),
    }


def emoji(server: "Server", action: str, one: Request, note: Note, award: Award) -> dict[str, Any]:
    return {
        "object_kind": "emoji",
        "event_type": action,
        "user": user(award.account),
        "project_id": one.project.id,
        "project": project(server, one.project),
        "object_attributes": {
            "user_id": award.account.id,
            "created_at": moment(award.created),
            "id": award.id,
            "name": award.name,
            "awardable_type": "Note",
            "awardable_id": note.id,
            "updated_at": moment(award.created),
            "action": action,
            "awarded_on_url": f"{requests.web(server, one)}#note_{note.id}",
        },
        "note": {"id": note.id, "note": note.body, "author_id": note.author.id,
                 "noteable_type": "MergeRequest", "noteable_id": one.id},
        "merge_request": attributes(server, one),
    }  # fmt: skip


def pipeline(server: "Server", one: Pipeline) -> dict[str, Any]:
    """A pipeline's state. ``ref`` is a branch, also where the pipeline runs for a merge request."""
    state, request = pipelines.together(one), one.request
    named = None
    if request is not None:
        names = (
            "id",
            "iid",
            "title",
            "source_branch",
            "source_project_id",
            "target_branch",
            "target_project_id",
            "state",
            "merge_status",
            "detailed_merge_status",
            "url",
        )
        whole = attributes(server, request)
        named = {name: whole[name] for name in names}  # fmt: skip
    return {
        "object_kind": "pipeline",
        "object_attributes": {
            "id": one.id,
            "iid": one.iid,
            "name": None,
            "ref": request.source_branch if request else one.ref,
            "tag": False,
            "sha": one.sha,
            "before_sha": "0" * 40,
            "source": one.source,
            "status": state,
            "detailed_status": state,
            "stages": ["external"],
            "created_at": moment(one.created),
            "finished_at": None,
            "duration": None,
            "queued_duration": None,
            "protected_ref": False,
            "variables": [],
            "url": f"{shapes.web(server, one.project)}/-/pipelines/{one.id}",
        },
        "merge_request": named,
        "user": user(one.by),
        "project": project(server, one.project),
        "commit": commit(server, one.project, one.sha),
        "builds": [],
    }


def push(
    server: "Server", one: Project, branch: str, shas: tuple[str, str], by: Account
) -> dict[str, Any]:
    before, after = shas
    gone = after == "0" * 40
    return {
        "object_kind": "push",
        "event_name": "push",
        "before": before,
        "after": after,
        "ref": f"refs/heads/{branch}",
        "ref_protected": branch in one.protected,
        "checkout_sha": None if gone else after,
        "message": None,
        "user_id": by.id,
        "user_name": by.login.capitalize(),
        "user_username": by.login,
        "user_email": "",
        "user_avatar": None,
        "project_id": one.id,
        "project": project(server, one),
        "commits": [] if gone else [commit(server, one, after)],
        "total_commits_count": 0 if gone else 1,
        "push_options": {},
        "repository": repository(server, one),
    }


def configured(server: "Server", hook: Any) -> dict[str, Any]:
    """A project's hook as the REST interface shows it; secrets never."""
    events = ("push_events", "merge_requests_events", "note_events", "pipeline_events",
              "emoji_events")  # fmt: skip
    off = ("tag_push_events", "issues_events", "confidential_issues_events", "job_events",
           "confidential_note_events", "wiki_page_events", "deployment_events",
           "releases_events")  # fmt: skip
    return {
        "id": hook.id,
        "url": server.hooks.url,
        "name": None,
        "description": None,
        "project_id": hook.project.id,
        **{name: name not in hook.off for name in events},
        **dict.fromkeys(off, False),
        "enable_ssl_verification": True,
        "repository_update_events": False,
        "alert_status": "disabled" if hook.disabled else "executable",
        "disabled_until": None,
        "push_events_branch_filter": None,
        "branch_filter_strategy": "wildcard",
        "custom_webhook_template": None,
        "custom_headers": [],
        "url_variables": [],
        "created_at": stamp(hook.project.created),
    }
