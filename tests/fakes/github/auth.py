"""Who calls, and what they may: JWTs, installation tokens, people's tokens, permissions."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import jwt

from tests.fakes.github import shapes
from tests.fakes.github.paging import page
from tests.fakes.github.state import Account, App, Installation, Repository, State, Token
from tests.fakes.github.web import Actor, Answer, Call, Refused, not_found, operation, stamp

BAD = "Bad credentials"
NOT_BY_INTEGRATION = "Resource not accessible by integration"
ROLES = ("none", "read", "triage", "write", "maintain", "admin")
LEVELS = ("read", "write", "admin")


class Access:
    """Answers who calls and whether they may."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.lifetime = 3600.0

    def actor(self, headers: Mapping[str, str]) -> Actor:
        """Whoever the Authorization header names. Raises Refused 401."""
        value = secret(headers.get("authorization"))
        if value is None:
            return Actor()
        if value.count(".") == 2:
            return Actor(app=self._app(value))
        token = self.state.tokens.get(value)
        if token is None or not self._alive(token):
            raise Refused(401, BAD)
        return Actor(
            account=token.account,
            installation=token.installation,
            permissions=remaining(token),
            repositories=token.repositories,
        )

    def _alive(self, token: Token) -> bool:
        ended = token.expires is not None and token.expires <= self.state.clock.now()
        return not (token.revoked or ended)

    def _app(self, value: str) -> App:
        """The App that signed this JWT; GitHub looks at iss, iat and exp, on its own clock."""
        try:
            claims = jwt.decode(value, options={"verify_signature": False})
            app = self.state.apps[int(str(claims["iss"]).removeprefix("Iv23"))]
            jwt.decode(value, app.key, algorithms=["RS256"], options={"verify_exp": False,
                "verify_iat": False, "verify_iss": False, "verify_aud": False})  # fmt: skip
        except (jwt.PyJWTError, KeyError, ValueError, TypeError):
            raise Refused(401, "A JSON web token could not be decoded") from None
        self._times(claims)
        return app

    def _times(self, claims: dict[str, Any]) -> None:
        now = self.state.clock.now()
        issued, ends = claims.get("iat"), claims.get("exp")
        if not isinstance(ends, int) or ends <= now:
            raise Refused(
                401,
                "'Expiration time' claim ('exp') must be a numeric value representing the future "
                "time at which the assertion expires",
            )
        if not isinstance(issued, int) or issued > now + 60:
            raise Refused(
                401,
                "'Issued at' claim ('iat') must be an Integer representing the time that the "
                "assertion was issued",
            )
        if ends > now + 600 + 60:
            raise Refused(401, "'Expiration time' claim ('exp') is too far in the future")

    def check(self, call: Call) -> None:
        """Whether this caller may use this operation at all. Raises Refused 401 or 403."""
        operation, actor = call.operation, call.actor
        if operation.app:
            if actor.app is None:
                raise Refused(401, "A JSON web token could not be decoded")
            return
        if actor.app is not None:
            raise Refused(403, "This endpoint requires you to be authenticated with a token")
        if actor.installation is not None and operation.needs:
            if actor.installation.suspended:
                raise Refused(403, "This installation has been suspended")
            if not any(permitted(actor, need) for need in operation.needs):
                accepted = "; ".join(need.replace(":", "=") for need in operation.needs)
                raise Refused(
                    403, NOT_BY_INTEGRATION, headers={"X-Accepted-GitHub-Permissions": accepted}
                )
        if actor.account is None and operation.method != "GET":
            raise Refused(401, "Requires authentication")

    def repository(self, call: Call) -> Repository:
        """The repository of the call's path. Raises Refused 404, or 301 for a former name."""
        found = self._named(call)
        if found is None or not self.sees(call.actor, found):
            raise not_found()
        if call.method != "GET" and not self._may_write(call, found):
            raise not_found()
        return found

    def _named(self, call: Call) -> Repository | None:
        owner, name = call.path["owner"], call.path["repo"]
        found = self.state.named(owner, name)
        moved = self.state.former.get(f"{owner}/{name}".lower())
        if found is None and moved is not None:
            raise Moved(moved)
        return found

    def sees(self, actor: Actor, repository: Repository) -> bool:
        if actor.installation is not None:
            return covers(actor.installation, repository, actor.repositories)
        if not repository.private:
            return True
        return actor.account is not None and self.role(repository, actor.account) != "none"

    def role(self, repository: Repository, account: Account) -> str:
        """A person's role here now; everyone may read what is public."""
        if account.id == repository.owner.id:
            return "admin"
        return repository.roles.get(account.login.lower(), "none" if repository.private else "read")

    def _may_write(self, call: Call, repository: Repository) -> bool:
        """Commit statuses and checks need push access; whoever reads may talk."""
        if (
            call.actor.installation is not None
            or call.operation.name != "repos/create-commit-status"
        ):
            return True
        return ROLES.index(self.role(repository, call.login)) >= ROLES.index("write")


class Moved(Exception):
    """The repository has another name now; its id stays."""

    def __init__(self, repository: int) -> None:
        super().__init__(repository)
        self.repository = repository


def secret(header: str | None) -> str | None:
    """The token in an Authorization header: Bearer, token, or Basic with any user name."""
    if not header:
        return None
    scheme, _, value = header.partition(" ")
    if scheme.lower() in ("bearer", "token"):
        return value.strip()
    if scheme.lower() != "basic":
        raise Refused(401, BAD)
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        raise Refused(401, BAD) from None


def remaining(token: Token) -> dict[str, str]:
    """What a token still may: its installation may have lost some of it since."""
    if token.installation is None:
        return {}
    held = token.installation.permissions
    return {
        name: min(level, held[name], key=LEVELS.index)
        for name, level in token.permissions.items()
        if name in held
    }


def permitted(actor: Actor, need: str) -> bool:
    """Whether a token has ``"checks:write"``, or more of it."""
    name, level = need.split(":")
    has = actor.permissions.get(name)
    return has is not None and LEVELS.index(has) >= LEVELS.index(level)


def covers(installation: Installation, repository: Repository, only: set[int] | None) -> bool:
    """Whether an installation, or a token of it with fewer repositories, reaches this one."""
    if repository.owner.id != installation.account.id:
        return False
    chosen = installation.repositories
    return (chosen is None or repository.id in chosen) and (only is None or repository.id in only)


@operation("apps/get-authenticated", "GET /app", app=True)
def get_app(call: Call) -> Answer:
    assert call.actor.app is not None
    return Answer(shapes.app(call.server, call.actor.app))


@operation("apps/list-installations", "GET /app/installations", app=True)
def list_installations(call: Call) -> Answer:
    app = call.actor.app
    found = [one for one in call.server.state.installations.values() if one.app is app]
    return page(call, found, lambda one: shapes.installation(call.server, one))


@operation("apps/get-installation", "GET /app/installations/{installation_id}", app=True)
def get_installation(call: Call) -> Answer:
    return Answer(shapes.installation(call.server, installation_of(call)))


@operation(
    "apps/create-installation-access-token",
    "POST /app/installations/{installation_id}/access_tokens",
    app=True,
)
def create_token(call: Call) -> Answer:
    """A token for an installation, with all of its permissions and repositories or fewer."""
    installation = installation_of(call)
    if installation.suspended:
        raise Refused(403, "This installation has been suspended")
    wanted = call.body or {}
    permissions = fewer(installation, wanted.get("permissions"))
    token = call.server.state.token(
        installation.app.bot,
        installation=installation,
        permissions=permissions,
        repositories=chosen(call, installation, wanted),
        expires=call.now + call.server.access.lifetime,
    )
    assert token.expires is not None
    some = installation.repositories is not None or token.repositories is not None
    return Answer(
        {
            "token": token.value,
            "expires_at": stamp(token.expires),
            "permissions": permissions,
            "repository_selection": "selected" if some else "all",
        },
        201,
    )


def installation_of(call: Call) -> Installation:
    found = call.server.state.installations.get(call.number("installation_id"))
    if found is None or found.app is not call.actor.app:
        raise not_found()
    return found


def fewer(installation: Installation, wanted: dict[str, str] | None) -> dict[str, str]:
    """The permissions of a token. Raises Refused 422 for one that the installation lacks."""
    if not wanted:
        return dict(installation.permissions)
    everything = Actor(permissions=installation.permissions)
    for name, level in wanted.items():
        if not permitted(everything, f"{name}:{level}"):
            raise Refused(422, "The permissions requested are not granted to this installation.")
    # GitHub adds it always: nothing can be read without it
    return {**wanted, "metadata": "read"}


def chosen(call: Call, installation: Installation, wanted: dict[str, Any]) -> set[int] | None:
    names, ids = wanted.get("repositories"), wanted.get("repository_ids")
    if names is None and ids is None:
        return None
    owner = installation.account.login
    found = [call.server.state.named(owner, name) for name in names or ()]
    found += [call.server.state.repositories.get(each) for each in ids or ()]
    if any(one is None or not covers(installation, one, None) for one in found):
        raise Refused(
            422,
            "There is at least one repository that does not exist or is not accessible to "
            "the parent installation.",
        )
    return {one.id for one in found if one is not None}


@operation("apps/get-repo-installation", "GET /repos/{owner}/{repo}/installation", app=True)
def get_repository_installation(call: Call) -> Answer:
    repository = call.server.state.named(call.path["owner"], call.path["repo"])
    for one in call.server.state.installations.values():
        if repository and one.app is call.actor.app and covers(one, repository, None):
            return Answer(shapes.installation(call.server, one))
    raise not_found()


@operation("apps/list-repos-accessible-to-installation", "GET /installation/repositories")
def list_repositories(call: Call) -> Answer:
    installation = call.actor.installation
    if installation is None:
        raise Refused(
            403,
            "You must authenticate with an installation access token in order to list "
            "repositories for an installation.",
        )
    state = call.server.state
    found = [
        one
        for one in state.repositories.values()
        if covers(installation, one, call.actor.repositories)
    ]
    some = installation.repositories is not None or call.actor.repositories is not None
    return page(
        call,
        found,
        lambda one: shapes.repository(call.server, one),
        within=lambda items: {
            "total_count": len(found),
            "repository_selection": "selected" if some else "all",
            "repositories": items,
        },
    )
