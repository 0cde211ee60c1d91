"""Accounts, repositories, Apps and reactions as the REST interface shows them."""

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from tests.fakes.github.state import Account, App, Installation, Reaction, Repository
from tests.fakes.github.web import stamp

if TYPE_CHECKING:
    from tests.fakes.github.server import Server

CONTENTS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")
ASSOCIATIONS = {"admin": "OWNER", "maintain": "MEMBER", "write": "COLLABORATOR"}
LISTS = ("assignees", "branches", "collaborators", "comments", "commits", "git/commits", "git/refs",
         "git/tags", "issues/comments", "issues/events", "issues", "keys", "labels", "milestones",
         "notifications", "pulls", "releases", "statuses", "git/trees", "git/blobs", "contributors",
         "deployments", "downloads", "events", "forks", "hooks", "languages", "merges",
         "stargazers", "subscribers", "subscription", "tags", "teams")  # fmt: skip
ADDRESS_NAMES = {
    "git/commits": "git_commits", "git/refs": "git_refs", "git/tags": "git_tags",
    "issues/comments": "issue_comment", "issues/events": "issue_events", "git/trees": "trees",
    "git/blobs": "blobs",
}  # fmt: skip


def node_id(prefix: str, *ids: int) -> str:
    """An opaque id as GitHub's: a prefix for the type and packed numbers."""
    return f"{prefix}_{base64.urlsafe_b64encode(msgspec.msgpack.encode([0, *ids])).decode()}"


def read_node_id(text: str) -> tuple[str, list[int]]:
    """The prefix and numbers of a node id. Raises ValueError for what is none."""
    prefix, _, packed = text.partition("_")
    numbers = msgspec.msgpack.decode(base64.urlsafe_b64decode(packed), type=list[int])
    return prefix, numbers[1:]


def user(server: "Server", account: Account) -> dict[str, Any]:
    url = f"{server.api}/users/{quote(account.login)}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id({"Bot": "BOT", "Organization": "O"}.get(account.type, "U"), account.id),
        "avatar_url": f"{server.url}/avatars/{account.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{server.url}/{quote(account.login)}",
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": account.type,
        "site_admin": False,
    }


def maybe_user(server: "Server", account: Account | None) -> dict[str, Any] | None:
    return None if account is None else user(server, account)


def address(server: "Server", repository: Repository) -> str:
    """The repository in the REST interface."""
    return f"{server.api}/repos/{repository.full_name}"


def repository(server: "Server", one: Repository) -> dict[str, Any]:
    """A repository with all that the description asks of a full one."""
    url, html = address(server, one), f"{server.url}/{one.full_name}"
    opened = sum(pull.state == "open" for pull in one.pulls.values())
    return {
        "id": one.id,
        "node_id": node_id("R", one.id),
        "name": one.name,
        "full_name": one.full_name,
        "private": one.private,
        "visibility": "private" if one.private else "public",
        "owner": user(server, one.owner),
        "html_url": html,
        "description": None,
        "fork": one.parent is not None,
        "url": url,
        **{f"{ADDRESS_NAMES.get(name, name)}_url": f"{url}/{name}" for name in LISTS},
        "archive_url": f"{url}/{{archive_format}}{{/ref}}",
        "compare_url": f"{url}/compare/{{base}}...{{head}}",
        "contents_url": f"{url}/contents/{{+path}}",
        "clone_url": f"{html}.git",
        "git_url": f"git:{html.partition(':')[2]}.git",
        "ssh_url": f"git@{html.partition('//')[2].partition(':')[0]}:{one.full_name}.git",
        "svn_url": html,
        "mirror_url": None,
        "homepage": None,
        "default_branch": one.default_branch,
        "created_at": stamp(one.created),
        "updated_at": stamp(one.created),
        "pushed_at": stamp(one.created),
        "open_issues": opened,
        "open_issues_count": opened,
        "language": None,
        "license": None,
        "topics": [],
        "is_template": False,
        "web_commit_signoff_required": False,
        "allow_forking": True,
        **dict.fromkeys(("archived", "disabled", "has_pages", "has_discussions"), False),
        **dict.fromkeys(("has_issues", "has_projects", "has_wiki", "has_downloads"), True),
        **dict.fromkeys(("forks", "forks_count", "watchers", "watchers_count", "size"), 0),
        **dict.fromkeys(("stargazers_count", "network_count", "subscribers_count"), 0),
    }


def app(server: "Server", one: App) -> dict[str, Any]:
    return {
        "id": one.id,
        "slug": one.slug,
        "node_id": node_id("A", one.id),
        "client_id": f"Iv23{one.id:016d}",
        "owner": user(server, one.owner),
        "name": one.slug.capitalize(),
        "description": "",
        "external_url": server.url,
        "html_url": f"{server.url}/apps/{one.slug}",
        "created_at": stamp(0),
        "updated_at": stamp(0),
        "permissions": one.permissions,
        "events": one.events,
        "installations_count": sum(each.app is one for each in server.state.installations.values()),
    }


def installation(server: "Server", one: Installation) -> dict[str, Any]:
    url = f"{server.api}/app/installations/{one.id}"
    return {
        "id": one.id,
        "account": user(server, one.account),
        "repository_selection": "all" if one.repositories is None else "selected",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{server.api}/installation/repositories",
        "html_url": f"{server.url}/settings/installations/{one.id}",
        "app_id": one.app.id,
        "client_id": f"Iv23{one.app.id:016d}",
        "app_slug": one.app.slug,
        "target_id": one.account.id,
        "target_type": one.account.type,
        "permissions": one.permissions,
        "events": one.app.events,
        "created_at": stamp(0),
        "updated_at": stamp(0),
        "single_file_name": None,
        "suspended_at": stamp(0) if one.suspended else None,
        "suspended_by": user(server, one.account) if one.suspended else None,
    }


def association(server: "Server", one: Repository, account: Account) -> str:
    return ASSOCIATIONS.get(server.access.role(one, account), "NONE")


def reaction(server: "Server", one: Reaction) -> dict[str, Any]:
    return {
        "id": one.id,
        "node_id": node_id("REA", one.id),
        "user": user(server, one.account),
        "content": one.content,
        "created_at": stamp(one.created),
    }


def rollup(server: "Server", subject: tuple[str, int], url: str) -> dict[str, Any]:
    """How many reactions of each kind a comment has."""
    lines = server.state.reactions.get(subject, [])
    there = [line.now.content for line in lines if line.now is not None]
    counts = {content: there.count(content) for content in CONTENTS}
    return {"url": f"{url}/reactions", "total_count": len(there), **counts}
