"""Repositories, branches and their protection, people and what they may do."""

from typing import Any

from tests.fakes.github import shapes
from tests.fakes.github.paging import page
from tests.fakes.github.pulls import REPO, commit
from tests.fakes.github.state import Account, Repository
from tests.fakes.github.web import Answer, Call, Refused, not_found, operation, stamp

METADATA = ("metadata:read",)
FOLDED = {"maintain": "write", "triage": "read"}


@operation("repos/get", f"GET {REPO}", *METADATA)
def get_repository(call: Call) -> Answer:
    """A person is told what they may do there."""
    shown = shapes.repository(call.server, call.repository)
    if call.actor.account is not None and call.actor.installation is None:
        role = call.server.access.role(call.repository, call.actor.account)
        shown = {**shown, "permissions": may(role)}
    return Answer(shown)


def may(role: str) -> dict[str, bool]:
    """The five words that GitHub has for what a role comes to."""
    levels = ("read", "triage", "write", "maintain", "admin")
    reached = levels.index(role) if role in levels else -1
    names = ("pull", "triage", "push", "maintain", "admin")
    return {name: at <= reached for at, name in enumerate(names)}


@operation(
    "repos/get-collaborator-permission-level",
    f"GET {REPO}/collaborators/{{username}}/permission",
    *METADATA,
)
def get_permission(call: Call) -> Answer:
    """Asked live. ``permission`` folds maintain into write and triage into read."""
    one, account = call.repository, person(call)
    if call.actor.installation is None:
        mine = call.server.access.role(one, call.login)
        if mine in ("none", "read", "triage"):
            raise Refused(403, "Must have push access to view collaborator permission.")
    role = call.server.access.role(one, account)
    shown = {**shapes.user(call.server, account), "permissions": may(role), "role_name": role}
    return Answer({"permission": FOLDED.get(role, role), "role_name": role, "user": shown})


def person(call: Call) -> Account:
    found = call.server.state.accounts.get(call.path["username"].lower())
    if found is None:
        raise not_found()
    return found


@operation("users/get-authenticated", "GET /user")
def get_me(call: Call) -> Answer:
    if call.actor.installation is not None:
        raise Refused(403, "Resource not accessible by integration")
    return Answer(profile(call, call.login))


@operation("users/get-by-username", "GET /users/{username}")
def get_user(call: Call) -> Answer:
    return Answer(profile(call, person(call)))


def profile(call: Call, account: Account) -> dict[str, Any]:
    none = ("name", "company", "location", "email", "hireable", "bio", "twitter_username")
    counts = ("public_repos", "public_gists", "followers", "following")
    return {
        **shapes.user(call.server, account),
        **dict.fromkeys(none),
        **dict.fromkeys(counts, 0),
        "blog": "",
        "created_at": stamp(0),
        "updated_at": stamp(0),
    }


@operation("repos/list-for-authenticated-user", "GET /user/repos")
def list_my_repositories(call: Call) -> Answer:
    """What this person may see by a role of their own, not all that is public."""
    if call.actor.installation is not None:
        raise Refused(403, "Resource not accessible by integration")
    login = call.login.login.lower()
    found = [
        one
        for one in call.server.state.repositories.values()
        if login in one.roles or one.owner == call.login
    ]
    return page(call, found, lambda one: shapes.repository(call.server, one))


@operation("repos/get-branch", f"GET {REPO}/branches/{{branch}}", "contents:read")
def get_branch(call: Call) -> Answer:
    """A branch; whoever may read it sees which checks its protection requires."""
    one, name = call.repository, call.path["branch"]
    sha = one.git.refs(f"refs/heads/{name}").get(f"refs/heads/{name}")
    if sha is None:
        raise Refused(404, "Branch not found")
    url = f"{shapes.address(call.server, one)}/branches/{name}"
    rows = protecting(one, name)
    protection: dict[str, Any] = {"enabled": bool(rows)}
    if rows:
        level = LEVELS.get(rows[0]["by"], "non_admins")
        protection["required_status_checks"] = {"enforcement_level": level, **checks(rows)}
    return Answer(
        {
            "name": name,
            "commit": commit(call.server, one, sha),
            "_links": {"self": url, "html": f"{call.server.url}/{one.full_name}/tree/{name}"},
            "protected": bool(rows or ruling(one, name)),
            "protection": protection,
            "protection_url": f"{url}/protection",
        }
    )


LEVELS = {"admins": "everyone", "off": "off"}


def protecting(one: Repository, branch: str) -> list[dict[str, Any]]:
    """What branch protection requires; other branches than the default one have none."""
    rows = one.required if branch == one.default_branch else []
    return [row for row in rows if row["by"] in ("both", "branch", *LEVELS)]


def ruling(one: Repository, branch: str) -> list[dict[str, Any]]:
    """What rulesets require."""
    rows = one.required if branch == one.default_branch else []
    return [row for row in rows if row["by"] in ("both", "ruleset")]


def checks(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "contexts": [row["context"] for row in rows],
        "checks": [{"context": row["context"], "app_id": row.get("app_id")} for row in rows],
    }


@operation(
    "repos/get-branch-protection",
    f"GET {REPO}/branches/{{branch}}/protection",
    "administration:read",
)
def get_protection(call: Call) -> Answer:
    """Required checks of the default branch; others have no protection."""
    one = call.repository
    rows = protecting(one, call.path["branch"])
    if not rows:
        raise Refused(404, "Branch not protected")
    url = f"{shapes.address(call.server, one)}/branches/{call.path['branch']}/protection"
    return Answer(
        {
            "url": url,
            "required_status_checks": {
                "url": f"{url}/required_status_checks",
                "strict": False,
                "contexts_url": f"{url}/required_status_checks/contexts",
                **checks(rows),
            },
            "enforce_admins": {
                "url": f"{url}/enforce_admins",
                "enabled": rows[0]["by"] == "admins",
            },
        }
    )


@operation("repos/get-branch-rules", f"GET {REPO}/rules/branches/{{branch}}", *METADATA)
def get_rules(call: Call) -> Answer:
    """The active rules of all rulesets that hold for a branch."""
    one, branch = call.repository, call.path["branch"]
    from_where = {
        "ruleset_source_type": "Repository",
        "ruleset_source": one.full_name,
        "ruleset_id": one.id,
    }
    rules: list[dict[str, Any]] = []
    if rows := ruling(one, branch):
        required = [
            {
                "context": row["context"],
                **({"integration_id": row["app_id"]} if "app_id" in row else {}),
            }
            for row in rows
        ]
        parameters = {
            "required_status_checks": required,
            "strict_required_status_checks_policy": False,
        }
        rules.append({"type": "required_status_checks", "parameters": parameters, **from_where})
    if one.queued and branch == one.default_branch:
        rules.append({"type": "merge_queue", "parameters": QUEUE, **from_where})
    return page(call, rules, lambda each: each)


QUEUE = {
    "check_response_timeout_minutes": 60,
    "grouping_strategy": "ALLGREEN",
    "max_entries_to_build": 5,
    "max_entries_to_merge": 5,
    "merge_method": "MERGE",
    "min_entries_to_merge": 1,
    "min_entries_to_merge_wait_minutes": 5,
}


@operation("rate-limit/get", "GET /rate_limit")
def get_limits(call: Call) -> Answer:
    core = call.server.limits.figures(call.actor)
    return Answer({"resources": {"core": core, "search": core}, "rate": core})
