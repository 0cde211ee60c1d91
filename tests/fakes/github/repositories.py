"""Repositories, branches and their protection, people and what they may do."""

from typing import Any

from tests.fakes.github import shapes
from tests.fakes.github.paging import page
from tests.fakes.github.pulls import REPO, commit
from tests.fakes.github.state import Account
from tests.fakes.github.web import Answer, Call, Refused, not_found, operation, stamp

METADATA = ("metadata:read",)
FOLDED = {"maintain": "write", "triage": "read"}


@operation("repos/get", f"GET {REPO}", *METADATA)
def get_repository(call: Call) -> Answer:
    return Answer(shapes.repository(call.server, call.repository))


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
    levels = ("read", "triage", "write", "maintain", "admin")
    reached = levels.index(role) if role in levels else -1
    names = ("pull", "triage", "push", "maintain", "admin")
    may = {name: at <= reached for at, name in enumerate(names)}
    shown = {**shapes.user(call.server, account), "permissions": may, "role_name": role}
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
    one, name = call.repository, call.path["branch"]
    sha = one.git.refs(f"refs/heads/{name}").get(f"refs/heads/{name}")
    if sha is None:
        raise Refused(404, "Branch not found")
    url = f"{shapes.address(call.server, one)}/branches/{name}"
    return Answer(
        {
            "name": name,
            "commit": commit(call.server, one, sha),
            "_links": {"self": url, "html": f"{call.server.url}/{one.full_name}/tree/{name}"},
            "protected": bool(one.required),
            "protection": {"enabled": bool(one.required)},
            "protection_url": f"{url}/protection",
        }
    )


@operation(
    "repos/get-branch-protection",
    f"GET {REPO}/branches/{{branch}}/protection",
    "administration:read",
)
def get_protection(call: Call) -> Answer:
    """Required checks of the default branch; others have no protection."""
    one = call.repository
    if not one.required or call.path["branch"] != one.default_branch:
        raise Refused(404, "Branch not protected")
    url = f"{shapes.address(call.server, one)}/branches/{call.path['branch']}/protection"
    checks = [{"context": row["context"], "app_id": row.get("app_id")} for row in one.required]
    return Answer(
        {
            "url": url,
            "required_status_checks": {
                "url": f"{url}/required_status_checks",
                "strict": False,
                "contexts": [row["context"] for row in one.required],
                "contexts_url": f"{url}/required_status_checks/contexts",
                "checks": checks,
            },
            "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": False},
        }
    )


@operation("repos/get-branch-rules", f"GET {REPO}/rules/branches/{{branch}}", *METADATA)
def get_rules(call: Call) -> Answer:
    """The same requirement in the words of rulesets."""
    one = call.repository
    if not one.required or call.path["branch"] != one.default_branch:
        return Answer([])
    checks = [
        {
            "context": row["context"],
            **({"integration_id": row["app_id"]} if "app_id" in row else {}),
        }
        for row in one.required
    ]
    rule = {
        "type": "required_status_checks",
        "parameters": {
            "required_status_checks": checks,
            "strict_required_status_checks_policy": False,
        },
        "ruleset_source_type": "Repository",
        "ruleset_source": one.full_name,
        "ruleset_id": one.id,
    }
    return page(call, [rule], lambda each: each)


@operation("rate-limit/get", "GET /rate_limit")
def get_limits(call: Call) -> Answer:
    core = call.server.limits.figures(call.actor)
    return Answer({"resources": {"core": core, "search": core}, "rate": core})
