"""The instance, people, and projects with their members."""

from typing import Any

from tests.fakes.gitlab import shapes
from tests.fakes.gitlab.paging import keyset, page
from tests.fakes.gitlab.params import may
from tests.fakes.gitlab.state import Account, Project
from tests.fakes.gitlab.web import PROJECT, Answer, Call, Refused, not_found, operation

VERSION = {"version": "18.4.1-ee", "revision": "1a2b3c4d5e6"}


def signed_in(call: Call, told: dict[str, Any]) -> dict[str, Any]:
    """What nobody is told. Raises Refused 401."""
    if call.actor.account is None:
        raise Refused(401, {"message": "401 Unauthorized"})
    return told


@operation("GET /version")
def get_version(call: Call) -> Answer:
    return Answer(signed_in(call, VERSION))


@operation("GET /metadata")
def get_metadata(call: Call) -> Answer:
    kas = {"enabled": False, "externalUrl": None, "version": None}
    return Answer(signed_in(call, {**VERSION, "kas": kas, "enterprise": True}))


def profile(call: Call, one: Account) -> dict[str, Any]:
    return {**shapes.user(call.server, one), "bot": one.bot, "bio": "", "created_at": None}


@operation("GET /user")
def get_me(call: Call) -> Answer:
    me = call.account
    return Answer({**profile(call, me), "email": f"{me.login}@example.com", "is_admin": False})


@operation("GET /personal_access_tokens/self")
def get_token(call: Call) -> Answer:
    return Answer({"id": 1, "name": "token", "revoked": False, "active": True, "expires_at": None,
                   "user_id": call.account.id, "scopes": list(call.actor.scopes)})  # fmt: skip


@operation("GET /users", {"username": may(), "search": may(), "active": may("boolean"),
           "humans": may("boolean")}, pages=True)  # fmt: skip
def list_users(call: Call) -> Answer:
    everyone = call.server.state.accounts
    wanted = call.get("username")
    found = [one for key, one in everyone.items() if wanted is None or key == wanted.lower()]
    return page(call, found, lambda one: shapes.user(call.server, one))


@operation("GET /users/{user_id}")
def get_user(call: Call) -> Answer:
    wanted = call.number("user_id")
    for one in call.server.state.accounts.values():
        if one.id == wanted:
            return Answer(profile(call, one))
    raise not_found("User")


LISTING = {
    "membership": may("boolean"),
    "owned": may("boolean"),
    "archived": may("boolean"),
    "simple": may("boolean"),
    "search": may(),
    "visibility": may("text", "public", "internal", "private"),
    "min_access_level": may("integer"),
    "with_merge_requests_enabled": may("boolean"),
    "last_activity_after": may(),
    "statistics": may("boolean"),
    "active": may("boolean"),
}


@operation("GET /projects", LISTING, pages=True)
def list_projects(call: Call) -> Answer:
    """With ``membership`` those where the caller has a role, else all that they may see."""
    access, given = call.server.access, call.given

    def fits(one: Project) -> bool:
        level = access.level(call.actor, one)
        least = max(given.get("min_access_level", 0), 1 if given.get("membership") else 0)
        same = given.get("archived", one.archived) == one.archived
        return access.sees(call.actor, one) and level >= least and same

    found = [one for one in call.server.state.projects.values() if fits(one)]

    def shape(one: Project) -> dict[str, Any]:
        whole = shapes.project(call.server, one, call.actor.account)
        return {name: whole[name] for name in (shapes.BRIEF if given.get("simple") else whole)}

    if given.get("pagination") == "keyset":
        return keyset(call, found, shape)
    by = given.get("order_by", "created_at")
    found.sort(key=lambda one: one.active if by == "last_activity_at" else one.id,
               reverse=given.get("sort", "desc") == "desc")  # fmt: skip
    return page(call, found, shape)


@operation(f"GET {PROJECT}", {"statistics": may("boolean"), "license": may("boolean"),
           "with_custom_attributes": may("boolean")})  # fmt: skip
def get_project(call: Call) -> Answer:
    return Answer(shapes.project(call.server, call.project, call.actor.account))


def member(call: Call, one: Account, level: int) -> dict[str, Any]:
    waits = one.id in call.server.state.awaiting
    return {**shapes.user(call.server, one), "access_level": level, "expires_at": None,
            "created_at": None, "membership_state": "awaiting" if waits else "active"}  # fmt: skip


def find(call: Call, wanted: int) -> Account | None:
    everyone = call.server.state.accounts.values()
    return next((one for one in everyone if one.id == wanted), None)


@operation(f"GET {PROJECT}/members/all/{{user_id}}")
def get_any_member(call: Call) -> Answer:
    """Members of the project, or of a group above it. Others are not found."""
    project, one = call.project, find(call, call.number("user_id"))
    level = call.server.state.level(project, one) if one else 0
    if one is None or not level:
        raise not_found("Member")
    return Answer(member(call, one, level))


@operation(f"GET {PROJECT}/members/{{user_id}}")
def get_member(call: Call) -> Answer:
    """Members of the project itself only: who is one through a group is not found."""
    one = find(call, call.number("user_id"))
    level = call.project.members.get(one.login.lower(), 0) if one else 0
    if one is None or not level:
        raise not_found("Member")
    return Answer(member(call, one, level))


@operation(f"GET {PROJECT}/members/all", {"query": may(), "user_ids": may("list")}, pages=True)
def list_members(call: Call) -> Answer:
    project, state = call.project, call.server.state
    found = [
        (one, level) for one in state.accounts.values() if (level := state.level(project, one))
    ]
    wanted = {int(number) for number in call.get("user_ids", ())}
    found = [row for row in found if (not wanted or row[0].id in wanted)
             and call.get("query", "").lower() in row[0].login.lower()]  # fmt: skip
    return page(call, found, lambda row: member(call, *row))
