"""FakeGitLab: the fake as a test holds it."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.fakes.faults import Faults
from tests.fakes.gitlab.asgi import Web
from tests.fakes.gitlab.hooks import Hooks
from tests.fakes.gitlab.limits import Limits
from tests.fakes.gitlab.mergerequest import Files
from tests.fakes.gitlab.people import Level, Repo, create, level
from tests.fakes.gitlab.server import API, Largest, Late, Server
from tests.fakes.gitlab.state import Account
from tests.fakes.timeline import Clock
from tests.fakes.wire import Running


class FakeGitLab:
    """A GitLab for tests, in this process; also a context manager.

    ``prefix`` puts the whole instance under a path, as ``/gitlab``.
    """

    def __init__(
        self, folder: Path | None = None, *, port: int = 0, prefix: str = "", seed: int = 0
    ) -> None:
        self._made = None if folder else tempfile.mkdtemp(prefix="fake-gitlab-")
        self.server = Server(folder or Path(str(self._made)), prefix, seed)
        self._running = Running(Web(self.server), port)

    def __enter__(self) -> "FakeGitLab":
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
        """The instance: where people and git go, and what REDLINE_GITLAB_URL takes."""
        return self.server.base

    @property
    def api(self) -> str:
        """The REST interface."""
        return self.server.base + API

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
    def late(self) -> Late:
        """Seconds until a push's version of the diff, and a pipeline, are there."""
        return self.server.late

    @property
    def largest(self) -> Largest:
        """What is shown of a diff."""
        return self.server.largest

    @property
    def clock(self) -> Clock:
        return self.server.state.clock

    @property
    def violations(self) -> list[str]:
        """What our client said that GitLab does not know, and slashes that begin our lines."""
        return self.server.state.violations

    @property
    def counters(self) -> Counter[str]:
        """Calls by operation, as ``POST /projects/*/statuses/*``, ``git git-upload-pack``."""
        return self.server.counters

    @property
    def content_writes(self) -> list[tuple[float, str]]:
        """When content was written, and by which operation."""
        return self.server.content_writes

    @property
    def refused(self) -> list[tuple[str, int, str]]:
        """What was refused: operation, status, what was said."""
        return self.server.refused

    def user(self, login: str, *, bot: bool = False) -> Account:
        return self.server.state.account(login, bot=bot)

    def token(self, login: str, scopes: Sequence[str] = ("api",), *, bot: bool = False) -> str:
        """Someone's token; ``bot``: a project's or group's access token with its own account."""
        return self.server.state.token(self.user(login, bot=bot), scopes).value

    def block(self, login: str) -> None:
        """An administrator blocks someone: their token is refused, their state says so."""
        self.server.state.blocked.add(self.user(login).id)

    def await_approval(self, login: str) -> None:
        """Someone's memberships wait for an owner: they are listed, and give no access yet."""
        self.server.state.awaiting.add(self.user(login).id)

    def group(self, path: str, roles: Mapping[str, Level]) -> None:
        """Roles that hold in all projects of a group and of those below it."""
        for login in roles:
            self.user(login)
        rows = {login.lower(): level(role) for login, role in roles.items()}
        self.server.state.groups.setdefault(path.lower(), {}).update(rows)

    def repository(self, path: str, files: Files | None = None, **further: Any) -> Repo:
        """A project ``group/sub/name`` with one commit; ``visibility``, ``roles`` by login."""
        return create(self.server, path, files, **further)

    def deliver_to(self, url: str | None, token: str = "", *, signing: str = "") -> None:
        """Send webhooks there from now on: with this token, or signed (``whsec_...``), or both."""
        if token.startswith("whsec_"):
            token, signing = "", token
        self.hooks.url, self.hooks.token, self.hooks.signing = url, token, signing

    def revoke_tokens(self, login: str) -> None:
        """Someone's tokens end now: 401 in the middle of things."""
        for token in self.server.state.tokens.values():
            token.revoked = token.revoked or token.account == self.user(login)
