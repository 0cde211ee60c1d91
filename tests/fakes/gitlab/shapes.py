"""People, projects, commits and diffs as the REST interface shows them."""

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.fakes.diff import File, diff
from tests.fakes.gitlab.state import Account, Project
from tests.fakes.gitlab.web import stamp

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server

FLAGS = ("only_allow_merge_if_pipeline_succeeds", "allow_merge_on_skipped_pipeline",
         "only_allow_merge_if_all_discussions_are_resolved", "merge_pipelines_enabled",
         "merge_trains_enabled", "resolve_outdated_diff_discussions",
         "remove_source_branch_after_merge")  # fmt: skip

BRIEF = ("id", "description", "name", "name_with_namespace", "path", "path_with_namespace",
         "created_at", "default_branch", "tag_list", "topics", "ssh_url_to_repo",
         "http_url_to_repo", "web_url", "forks_count", "star_count", "avatar_url",
         "last_activity_at", "namespace", "visibility")  # fmt: skip


def user(server: "Server", one: Account) -> dict[str, Any]:
    return {
        "id": one.id,
        "username": one.login,
        "public_email": "",
        "name": one.login.capitalize(),
        "state": "blocked" if one.id in server.state.blocked else "active",
        "locked": False,
        "avatar_url": None,
        "web_url": f"{server.base}/{quote(one.login)}",
    }


def maybe_user(server: "Server", one: Account | None) -> dict[str, Any] | None:
    return None if one is None else user(server, one)


def web(server: "Server", one: Project) -> str:
    return f"{server.base}/{one.path}"


def project(server: "Server", one: Project, account: Account | None) -> dict[str, Any]:
    """A project, with what the asker may do there."""
    level = server.state.level(one, account) if account else 0
    address = web(server, one)
    return {
        "id": one.id,
        "description": None,
        "name": one.name,
        "name_with_namespace": one.path.replace("/", " / "),
        "path": one.name,
        "path_with_namespace": one.path,
        "created_at": stamp(one.created),
        "default_branch": one.default_branch,
        "tag_list": [],
        "topics": [],
        "ssh_url_to_repo": f"git@{server.url.partition('//')[2]}:{one.path}.git",
        "http_url_to_repo": f"{address}.git",
        "web_url": address,
        "forks_count": 0,
        "star_count": 0,
        "avatar_url": None,
        "last_activity_at": stamp(one.active),
        "namespace": namespace(server, one),
        "visibility": one.visibility,
        "archived": one.archived,
        "empty_repo": False,
        "merge_requests_enabled": True,
        "jobs_enabled": True,
        "builds_access_level": "enabled",
        "merge_requests_access_level": "enabled",
        "forking_access_level": "enabled",
        "merge_method": "merge",
        "can_create_merge_request_in": account is not None,
        "updated_at": stamp(one.active),
        "creator_id": 1,
        "readme_url": None,
        **{flag: one.settings.get(flag, False) for flag in FLAGS},
        "external_authorization_classification_label": "",
        "permissions": {
            "project_access": {"access_level": level, "notification_level": 3} if level else None,
            "group_access": None,
        },
        **({"forked_from_project": parent(server, one.parent)} if one.parent else {}),
    }


def parent(server: "Server", one: Project) -> dict[str, Any]:
    names = ("id", "name", "path", "path_with_namespace", "http_url_to_repo", "web_url")
    whole = project(server, one, None)
    return {name: whole[name] for name in names}


def namespace(server: "Server", one: Project) -> dict[str, Any]:
    personal = "/" not in one.namespace and one.namespace.lower() in server.state.accounts
    return {
        "id": 1,
        "name": one.namespace.rpartition("/")[2],
        "path": one.namespace.rpartition("/")[2],
        "kind": "user" if personal else "group",
        "full_path": one.namespace,
        "parent_id": None,
        "avatar_url": None,
        "web_url": f"{server.base}/{one.namespace}",
    }


def commit(server: "Server", one: Project, sha: str) -> dict[str, Any]:
    raw = one.git.fixed("show", "-s", "--format=%P%x00%an%x00%ae%x00%ct%x00%B", sha)
    parents, author, mail, when, message = raw.split("\0")
    made = stamp(int(when))
    return {
        "id": sha,
        "short_id": sha[:8],
        "created_at": made,
        "parent_ids": parents.split(),
        "title": message.partition("\n")[0],
        "message": message,
        "author_name": author,
        "author_email": mail,
        "authored_date": made,
        "committer_name": author,
        "committer_email": mail,
        "committed_date": made,
        "trailers": {},
        "extended_trailers": {},
        "web_url": f"{web(server, one)}/-/commit/{sha}",
    }


def diffs(server: "Server", one: Project, old: str, new: str) -> list[dict[str, Any]]:
    """What changed, as far as GitLab shows it: large diffs are collapsed, which is empty."""
    rows, lines = [], 0
    for each in list(diff(one.git, old, new).values())[: server.largest.files]:
        lines += each.additions + each.deletions
        row = changed(server, each)
        over = lines > server.largest.lines
        rows.append(row | {"diff": "", "collapsed": True} if over else row)
    return rows


def changed(server: "Server", one: File) -> dict[str, Any]:
    size = len((one.patch or "").encode())
    large, collapsed = size > server.largest.patch, size > server.largest.patch // 10
    return {
        "diff": "" if collapsed else f"{one.patch}\n" if one.patch else "",
        "collapsed": collapsed and not large,
        "too_large": large,
        "new_path": one.path,
        "old_path": one.previous or one.path,
        "a_mode": "0" if one.status == "added" else "100644",
        "b_mode": "0" if one.status == "removed" else "100644",
        "new_file": one.status == "added",
        "renamed_file": one.status == "renamed",
        "deleted_file": one.status == "removed",
        "generated_file": False,
    }


def commits(server: "Server", one: Project, old: str, new: str) -> list[dict[str, Any]]:
    """What lies between two commits, newest first."""
    shas = one.git.fixed("rev-list", "--max-count=100", f"{old}..{new}").split()
    return [commit(server, one, sha) for sha in shas]
