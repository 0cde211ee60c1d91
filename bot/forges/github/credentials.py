"""As whom we call GitHub: a GitHub App where it is installed, or an account with a token."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from github.Auth import AppAuth, Auth, Token

from bot.forges.base import Denied, Gone, Refused
from bot.forges.github import answers
from bot.forges.github.client import Client, Json, read
from bot.forges.github.errors import Expired, date_of, translated

_JWT_SECONDS = 540  # GitHub takes 600 at most
_EARLY = 600.0  # seconds before its end that a token is renewed: a fetch may take as long
_REMEMBERED = 3600.0  # seconds for which a repository's installation is not asked for again
_LEVELS = ("read", "write", "admin")
_NEEDED = {"checks": "write", "contents": "read", "pull_requests": "write"}
# Threads can only be resolved with contents: write, which operators may grant or not.
_USED = {**_NEEDED, "contents": "write", "issues": "read", "metadata": "read"}


@dataclass(frozen=True, slots=True)
class Me:
    """Our own account. ``app`` is the App's id, 0 for a person's account."""

    login: str
    app: int = 0

    def wrote(self, user: answers.User | None) -> bool:
        """Whether this is us, in the REST interface."""
        return user is not None and user.login == self.login

    def is_author(self, author: answers.Author | None) -> bool:
        """Whether this is us in GraphQL, where an App's login mostly has no ``[bot]``.

        A person may have that shorter login, but never one with brackets.
        """
        if author is None:
            return False
        return self.login in (author.login, f"{author.login}[bot]" if author.kind == "Bot" else "")


@dataclass(frozen=True, slots=True)
class Reach:
    """How a repository is reached that is known by its name only.

    ``granted`` is what the App may do there by permission, None for a person's token. ``url`` is
    where people look at the installation.
    """

    client: Client
    granted: Mapping[str, str] | None = None
    url: str = ""


class Account(Protocol):
    """Who we are, and how we reach a repository."""

    def me(self) -> Me:
        """Our own account."""

    def client(self, repository: int) -> Client:
        """Calls about this repository. Raises Gone where we do not reach it."""

    def reach(self, name: str) -> Reach:
        """Calls about ``owner/name``, whatever we may do there. Raises Gone."""

    def installation(self, repository: int) -> str:
        """Whose limits calls about this repository count against."""

    def git_token(self, repository: int, *, fresh: bool) -> str:
        """What git may read this repository with, good for ten minutes at least."""

    def itself(self) -> Client | None:
        """Calls as the App itself, where we are one."""

    def repositories(self) -> Iterator[tuple[Client, Iterator[answers.Repository]]]:
        """Everything that we reach, each part with whoever reaches it."""


class Person:
    """An account with a plain token; ``patterns`` name the repositories, exactly or with ``*``."""

    def __init__(self, url: str, verify: bool | str, token: str, patterns: tuple[str, ...]) -> None:
        self._client = Client(url, verify, _Constant(Token(token)))
        self._token = token
        self._patterns = patterns
        self._me: Me | None = None

    def me(self) -> Me:
        if self._me is None:
            self._me = Me(self._client.get("/user", answers.User).login)
        return self._me

    def client(self, repository: int) -> Client:  # noqa: ARG002 - all through one token
        return self._client

    def reach(self, name: str) -> Reach:  # noqa: ARG002 - all through one token
        return Reach(self._client)

    def installation(self, repository: int) -> str:  # noqa: ARG002 - all through one token
        return self.me().login

    def git_token(self, repository: int, *, fresh: bool) -> str:  # noqa: ARG002 - there is one
        return self._token

    def itself(self) -> None:
        return None

    def repositories(self) -> Iterator[tuple[Client, Iterator[answers.Repository]]]:
        exact = [one for one in self._patterns if not set(one) & set("*?")]
        yield self._client, self._named(exact)
        if len(exact) < len(self._patterns):
            yield self._client, self._client.pages("/user/repos", answers.Repository)

    def _named(self, names: list[str]) -> Iterator[answers.Repository]:
        for name in names:
            try:
                yield self._client.get(f"/repos/{name}", answers.Repository)
            except Gone:
                continue


class App:
    """A GitHub App. ``key`` is its private key as PEM."""

    def __init__(self, url: str, verify: bool | str, id_: int, key: str) -> None:
        self._url, self._verify, self._id = url, verify, id_
        self._jwt = Client(url, verify, _Jwt(id_, key))
        self._clients: dict[int, Client] = {}
        self._installations: dict[int, tuple[float, answers.Installation]] = {}
        self._git: dict[int, _Tokens] = {}
        self._me: Me | None = None

    def me(self) -> Me:
        if self._me is None:
            self._me = Me(f"{self._jwt.get('/app', answers.App).slug}[bot]", self._id)
        return self._me

    def client(self, repository: int) -> Client:
        return self._client_of(self._installed(repository))

    def reach(self, name: str) -> Reach:
        found = self._jwt.get(f"/repos/{name}/installation", answers.Installation)
        least = _used(found)
        tokens = _Tokens(lambda: self._make(found, {"permissions": least}))
        client = Client(self._url, self._verify, tokens)
        return Reach(client, found.permissions, found.html_url)

    def installation(self, repository: int) -> str:
        return str(self._installed(repository).id)

    def itself(self) -> Client:
        return self._jwt

    def git_token(self, repository: int, *, fresh: bool) -> str:
        self._installed(repository)
        if fresh or repository not in self._git:
            only = {"repository_ids": [repository], "permissions": {"contents": "read"}}
            self._git[repository] = _Tokens(lambda: self._make(self._installed(repository), only))
        return self._git[repository].auth().token

    def repositories(self) -> Iterator[tuple[Client, Iterator[answers.Repository]]]:
        for installation in self._jwt.pages("/app/installations", answers.Installation):
            if installation.suspended_at is None:
                client = self._client_of(installation)
                path, of = "/installation/repositories", answers.Repository
                yield client, client.pages(path, of, "repositories")

    def _installed(self, repository: int) -> answers.Installation:
        """Where we reach it, asked again each hour: Apps are uninstalled and installed anew."""
        known = self._installations.get(repository)
        if known is None or known[0] < time.monotonic():
            # By id, as GitHub itself redirects to: names change under our hands.
            found = self._jwt.get(f"/repositories/{repository}/installation", answers.Installation)
            known = (time.monotonic() + _REMEMBERED, found)
            self._installations[repository] = known
        return known[1]

    def _client_of(self, installation: answers.Installation) -> Client:
        if installation.id not in self._clients:
            granted = _permissions(installation)
            tokens = _Tokens(lambda: self._make(installation, {"permissions": granted}))
            self._clients[installation.id] = Client(self._url, self._verify, tokens)
        return self._clients[installation.id]

    def _make(self, installation: answers.Installation, wanted: Json) -> "_Made":
        path = f"/app/installations/{installation.id}/access_tokens"
        try:
            headers, data = self._jwt.send("POST", path, body=wanted)
        except (Gone, Refused):  # uninstalled, or granted other permissions since
            self._forget(installation.id)
            raise
        made = read(path, data, answers.AccessToken)
        with translated(path):
            ends = datetime.fromisoformat(made.expires_at.replace("Z", "+00:00"))
            lasts = ends - (date_of(headers) or datetime.now(UTC))
        return _Made(Token(made.token), time.monotonic() + _until_renewal(lasts.total_seconds()))

    def _forget(self, installation: int) -> None:
        self._clients.pop(installation, None)
        kept = {r: one for r, one in self._installations.items() if one[1].id != installation}
        self._installations = kept


def _until_renewal(lasts: float) -> float:
    return lasts - _EARLY if lasts > 2 * _EARLY else lasts / 2


def _permissions(installation: answers.Installation) -> dict[str, str]:
    """The least that we use of what was granted. Raises Denied where something needed is missing.

    What was granted is asked for, no more: GitHub refuses the whole token for one that was not.
    """
    granted = installation.permissions
    for name, level in _NEEDED.items():
        if not holds(granted, name, level):
            raise Denied(f"the App lacks the permission {name}: {level}; grant it on GitHub")
    return _used(installation)


def _used(installation: answers.Installation) -> dict[str, str]:
    granted = installation.permissions
    return {
        name: min(level, granted[name], key=_rank)
        for name, level in _USED.items()
        if name in granted
    }


def holds(granted: Mapping[str, str], name: str, level: str) -> bool:
    """Whether what was granted has this permission, or more of it."""
    return _rank(granted.get(name)) >= _rank(level)


def _rank(level: str | None) -> int:
    return _LEVELS.index(level) if level in _LEVELS else -1


class _Constant:
    """Credentials that stay what they are."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth

    def auth(self) -> Auth:
        return self._auth

    def renew(self, refused: Expired) -> bool:  # noqa: ARG002 - there is nothing to renew
        return False


@dataclass(frozen=True, slots=True)
class _Made:
    """A token, and until when (monotonic seconds) it is used."""

    token: Token
    until: float


class _Tokens:
    """Tokens of an installation, made when they are needed and renewed before they end."""

    def __init__(self, make: Callable[[], _Made]) -> None:
        self._make = make
        self._made: _Made | None = None

    def auth(self) -> Token:
        if self._made is None or self._made.until < time.monotonic():
            self._made = self._make()
        return self._made.token

    def renew(self, refused: Expired) -> bool:  # noqa: ARG002 - another one may be accepted
        self._made = None
        return True


class _Jwt:
    """The App itself, by a signed statement that holds for minutes on the forge's clock."""

    def __init__(self, id_: int, key: str) -> None:
        self._sign = AppAuth.create_jwt_sign(key, "RS256")
        self._ahead = 0  # seconds that the forge's clock is ahead of ours
        self._auth = AppAuth(id_, sign_func=self._signed, jwt_expiry=_JWT_SECONDS)

    def auth(self) -> Auth:
        return self._auth

    def renew(self, refused: Expired) -> bool:
        """Clocks differ, and GitHub goes by its own: take that, if it is what was wrong."""
        if refused.date is None:
            return False
        ahead = round(refused.date.timestamp() - time.time())
        changed = abs(ahead - self._ahead) > 5
        self._ahead = ahead
        return changed

    def _signed(self, claims: dict[str, int | str]) -> str | bytes:
        moved = {name: int(claims[name]) + self._ahead for name in ("iat", "exp")}
        try:
            return self._sign({**claims, **moved})
        except Exception as error:  # PyJWT and cryptography name a bad key in many ways
            raise Denied("the App's private key cannot be used") from error
