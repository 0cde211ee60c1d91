"""FakeGitHub: the fake as a test holds it."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.faults import Faults
from tests.fakes.github import payloads
from tests.fakes.github.asgi import Web
from tests.fakes.github.hooks import Hooks
from tests.fakes.github.limits import Limits
from tests.fakes.github.people import Repo, create
from tests.fakes.github.pushing import Files
from tests.fakes.github.server import Server
from tests.fakes.github.state import Account, App, Installation
from tests.fakes.timeline import Clock
from tests.fakes.wire import Running

PERMISSIONS = {
    "checks": "write",
    "statuses": "write",
    "pull_requests": "write",
    "issues": "read",
    "contents": "read",
    "metadata": "read",
}


@dataclass(frozen=True)
class AppKey:
    """An App installed on an account, and the private key (PEM) that its server holds."""

    state: App
    private_key: str
    installation: Installation

    @property
    def id(self) -> int:
        return self.state.id

    @property
    def login(self) -> str:
        return self.state.bot.login

    def grant(self, **permissions: str | None) -> None:
        """Change what the installation and its living tokens may; None takes it away."""
        for name, level in permissions.items():
            if level is None:
                self.installation.permissions.pop(name, None)
            else:
                self.installation.permissions[name] = level


class FakeGitHub:
    """A GitHub for tests, in this process; also a context manager.

    ``prefix`` puts the interface under a path, as an Enterprise Server does (``/api/v3``).
    """

    def __init__(
        self, folder: Path | None = None, *, port: int = 0, prefix: str = "", seed: int = 0
    ) -> None:
        self._made = None if folder else tempfile.mkdtemp(prefix="fake-github-")
        self.server = Server(folder or Path(str(self._made)), prefix, seed)
        self._running = Running(Web(self.server), port)

    def __enter__(self) -> "FakeGitHub":
        self._running.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.stop()
        if self._made:
            shutil.rmtree(self._made, ignore_errors=True)

    @property
    def url(self) -> str:
        """Where people and git go."""
        return self.server.url

    @property
    def api(self) -> str:
        """The REST interface: what REDLINE_GITHUB_URL takes."""
        return self.server.api

    @property
    def faults(self) -> Faults:
        return self.server.faults

    @property
    def limits(self) -> Limits:
        return self.server.limits

    @property
    def hooks(self) -> Hooks:
        return self.server.hooks

    @property
    def clock(self) -> Clock:
        return self.server.state.clock

    @property
    def violations(self) -> list[str]:
        """What our client, or the fake itself, said against GitHub's description."""
        return self.server.state.violations

    @property
    def counters(self) -> Counter[str]:
        """Calls by operation, as ``pulls/get``, ``graphql/node``, ``git git-upload-pack``."""
        return self.server.counters

    @property
    def content_writes(self) -> list[tuple[float, str]]:
        """When content was written, and by which operation."""
        return self.server.content_writes

    @property
    def refused(self) -> list[tuple[str, int, str]]:
        """What was refused: operation, status, message."""
        return self.server.refused

    def user(self, login: str) -> Account:
        return self.server.state.account(login)

    def token(self, login: str) -> str:
        """A person's (or plain bot account's) token."""
        return self.server.state.token(self.user(login)).value

    def app(
        self,
        slug: str = "redline",
        owner: str = "org",
        permissions: Mapping[str, str] | None = None,
        repositories: set[int] | None = None,
    ) -> AppKey:
        """A GitHub App, installed on ``owner`` with these permissions (else what Redline uses)."""
        with self.server.state.lock:
            state = self.server.state
            key = key_of(slug)
            granted = dict(PERMISSIONS if permissions is None else permissions)
            account = state.account(owner, "Organization")
            bot = state.account(f"{slug}[bot]", "Bot")
            made = App(state.id(), slug, account, bot, public_pem(key), dict(granted))
            state.apps[made.id] = made
            installed = Installation(state.id(), made, account, granted, repositories)
            state.installations[installed.id] = installed
            return AppKey(made, private_pem(key), installed)

    def repository(self, name: str, files: Files | None = None, **further: Any) -> Repo:
        """A repository ``owner/name`` with one commit; ``private``, ``roles`` by login."""
        return create(self.server, name, files, **further)

    def deliver_to(self, url: str | None, secret: str = "") -> None:
        """Send webhooks there from now on."""
        self.hooks.url, self.hooks.secret = url, secret

    def ping(self) -> None:
        """What GitHub sends when a webhook is set up."""
        self.hooks.send("ping", payloads.ping(self.server))

    def announce(self, app: AppKey) -> None:
        """The App was installed."""
        with self.server.state.lock:
            payload = payloads.installation(self.server, app.installation)
            self.hooks.send("installation", payload, "created")

    def expire_tokens(self) -> None:
        """Every installation token ends now: 401 in the middle of things."""
        for token in self.server.state.tokens.values():
            token.revoked = token.revoked or token.installation is not None


@lru_cache
def key_of(slug: str) -> rsa.RSAPrivateKey:
    """One key a name and process: making one takes longer than most tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
