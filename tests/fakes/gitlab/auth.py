"""Who calls, and what they may: tokens, their scopes, access levels."""

import base64
import binascii
from collections.abc import Mapping

from tests.fakes.gitlab.state import LEVELS, Project, State, Token
from tests.fakes.gitlab.web import Actor, Call, Refused, forbidden, not_found

UNAUTHORIZED = Refused(401, {"message": "401 Unauthorized"})
READING = {"api", "read_api"}
GIT = {"api", "read_repository", "write_repository"}


class Access:
    """Answers who calls and whether they may."""

    def __init__(self, state: State) -> None:
        self.state = state

    def actor(self, headers: Mapping[str, str]) -> Actor:
        """Whoever PRIVATE-TOKEN or a Bearer token names. Raises Refused 401."""
        value = headers.get("private-token")
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        if value is None and scheme.lower() == "bearer":
            value = rest.strip()
        return Actor() if value is None else self._of(value)

    def basic(self, headers: Mapping[str, str]) -> Actor:
        """Whoever git names: any user name with a token for its password. Raises Refused 401."""
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return self.actor(headers)
        try:
            _, _, secret = base64.b64decode(rest, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise UNAUTHORIZED from None
        return self._of(secret)

    def _of(self, value: str) -> Actor:
        token = self.state.tokens.get(value)
        if token is None or token.account.id in self.state.blocked:
            raise UNAUTHORIZED
        self._alive(token)
        return Actor(token.account, token.scopes)

    def _alive(self, token: Token) -> None:
        over = token.expires is not None and token.expires <= self.state.clock.now()
        if token.revoked or over:
            word = "revoked" if token.revoked else "expired"
            text = f"Token is {word}. You can either do re-authorization or token refresh."
            raise Refused(401, {"error": "invalid_token", "error_description": text})

    def check(self, call: Call) -> None:
        """Whether this caller may use this operation at all. Raises Refused 401, 403 or 404."""
        wanted = READING if call.operation.method == "GET" else {"api"}
        if call.actor.account is not None and not wanted & set(call.actor.scopes):
            text = "The request requires higher privileges than provided by the access token."
            raise Refused(403, {"error": "insufficient_scope", "error_description": text,
                                "scope": " ".join(sorted(wanted))})  # fmt: skip
        if "id" not in call.path or not call.operation.template.startswith("/projects/"):
            return
        project = self.project(call)
        if call.actor.account is None and call.operation.method != "GET":
            raise UNAUTHORIZED
        if self.level(call.actor, project) < max(call.operation.level, self.least(call, project)):
            raise forbidden()
        if project.archived and call.operation.method != "GET":
            raise forbidden()

    def least(self, call: Call, project: Project) -> int:
        """Guests of a private project see neither its code nor its merge requests."""
        inner = "/merge_requests" in call.operation.template or "/repo" in call.operation.template
        private = project.visibility == "private"
        return LEVELS["reporter"] if private and inner else 0

    def level(self, actor: Actor, project: Project) -> int:
        return 0 if actor.account is None else self.state.level(project, actor.account)

    def sees(self, actor: Actor, project: Project) -> bool:
        if project.visibility == "public":
            return True
        if project.visibility == "internal" and actor.account is not None:
            return True
        return self.level(actor, project) > 0

    def project(self, call: Call) -> Project:
        """The project of the call's path, by id or by path. Raises Refused 404."""
        name = call.path["id"]
        found = self.state.projects.get(int(name)) if name.isdigit() else self.at(name)
        if found is None or not self.sees(call.actor, found):
            if call.actor.account is None:
                raise UNAUTHORIZED
            raise not_found("Project")
        return found

    def at(self, path: str) -> Project | None:
        """The project at a path, also at one that it had before."""
        found = self.state.named(path)
        if found is None and path.lower() in self.state.former:
            return self.state.projects.get(self.state.former[path.lower()])
        return found

    def may_fetch(self, actor: Actor, project: Project) -> bool:
        if actor.account is None:
            return project.visibility == "public"
        private = project.visibility == "private"
        enough = not private or self.level(actor, project) >= LEVELS["reporter"]
        return self.sees(actor, project) and enough and bool(GIT & set(actor.scopes))
