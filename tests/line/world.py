"""A GitHub and a Redline for a module's tests: changes are opened, disturbed, and looked at."""

import itertools
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine

from tests.fakes.github import AppKey, FakeGitHub, PullRequest, Repo
from tests.line import invariants
from tests.line.contents import BASE, CONTENTS, Files, unique
from tests.line.invariants import Shown
from tests.line.server import SECRET, Redline, eventually

ROLES = {"ada": "write", "tess": "triage", "rita": "read"}
_names = itertools.count()


def seeds(most: int = 30) -> range:
    """The seeds of a scenario: three in the tests, up to ``most`` in the soak."""
    return range(min(int(os.environ.get("REDLINE_SEEDS", "3")), most))


def together(scenario: Callable[[int], None], over: range, at_once: int = 6) -> None:
    """Run a scenario for each seed, some side by side; whatever fails is raised with its seed."""
    failures = []
    with ThreadPoolExecutor(at_once) as pool:
        running = {seed: pool.submit(scenario, seed) for seed in over}
    for seed, done in running.items():
        if error := done.exception():
            error.add_note(f"seed {seed}")
            failures.append(error)
    if failures:
        raise failures[0]


@dataclass
class World:
    """One server with its forge. ``environment`` comes on top; ``app`` False: a plain token."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    app: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._stack = ExitStack()
        self.github = FakeGitHub(self.folder / "github")
        self.keys: list[AppKey] = []
        self.expected: dict[str, Shown] = {}

    def __enter__(self) -> "World":
        self._stack.enter_context(self.github)
        # Of one installation for all scenarios, and the pace is lifted: tests of limits set theirs.
        limits = self.github.limits
        limits.hourly = limits.writes_a_minute = limits.writes_an_hour = 1_000_000
        own = self._app() if self.app else self._token()
        environment = {"REDLINE_GITHUB_URL": self.github.api, **own, **self.environment}
        self.redline = Redline(self.folder / "state", environment, **self.options)
        self.github.deliver_to(self.redline.hook, SECRET)
        self._stack.enter_context(self.redline)
        self.engine: Engine = create_engine(self.database)
        self._stack.callback(self.engine.dispose)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._stack:
            if error is None:
                self.ended()

    @property
    def database(self) -> str:
        own = f"sqlite:///{self.redline.state / 'redline.db'}"
        return self.environment.get("REDLINE_DATABASE_URL", own)

    def _app(self) -> dict[str, str]:
        app = self.github.app("redline", "org")
        app.grant(contents="write")  # what closing a thread asks for; without it they are hidden
        self.keys.append(app)
        return {
            "REDLINE_GITHUB_APP_ID": str(app.id),
            "REDLINE_GITHUB_PRIVATE_KEY": app.private_key,
        }

    def _token(self) -> dict[str, str]:
        token = self.github.token("redline-bot")
        return {"REDLINE_GITHUB_TOKEN": token, "REDLINE_REPOSITORIES": "org/*"}

    def repo(self, owner: str = "org", **further: Any) -> Repo:
        """A repository with the base's files and people of all roles."""
        roles = ROLES if self.app else {**ROLES, "redline-bot": "write"}
        name = f"{owner}/shop{next(_names)}"
        return self.github.repository(name, BASE, roles=roles, **further)

    def open(self, repo: Repo, content: str = "broken", **further: Any) -> PullRequest:
        """A pull request whose branch brings this content."""
        branch = f"change{next(_names)}"
        repo.push(branch, unique(content))
        return repo.open_pull(branch, **further)

    def push(self, pull: PullRequest, content: str) -> str:
        """One more commit, after which the branch holds this content."""
        return pull.push(unique(content))

    def repo_of(self, pull: PullRequest) -> Repo:
        """The repository of a pull request."""
        return Repo(self.github.server, pull.state.repository)

    def content(self, name: str) -> Files:
        """Files for a commit of its own."""
        return unique(name)

    def counted(self, name: str) -> int:
        """One of the ledger's counters."""
        found = text("SELECT value FROM counters WHERE name = :name")
        with self.engine.connect() as connection:
            value: int | None = connection.execute(found, {"name": name}).scalar()
            return value or 0

    def waiting_commands(self) -> int:
        """Comments that nobody has dealt with."""
        with self.engine.connect() as connection:
            found = connection.execute(text("SELECT count(*) FROM commands WHERE finished_at = 0"))
            value: int = found.scalar_one()
            return value

    def learn(self) -> None:
        """See what stands at changes that nothing disturbs: that is what faults must not alter.

        "mended" is a change that was broken: its summary stays, in one line.
        """
        pulls = {content: self.open(self.repo(), content) for content in CONTENTS}
        for content, pull in pulls.items():
            self._finished(pull, content)
            self.expected[content] = invariants.shown(pull)
        self.push(pulls["broken"], "fixed")
        self._finished(pulls["broken"], "mended")
        self.expected["mended"] = invariants.shown(pulls["broken"])
        for pull in pulls.values():
            assert max(invariants.made(pull).values(), default=1) == 1
        titles = {content: self.expected[content].title for content in CONTENTS}
        assert not [title for title in titles.values() if "Could not" in str(title)], titles
        ends = [self.expected[content].conclusion for content in CONTENTS]
        assert ends == ["failure", "failure", "success"], titles
        assert len(self.expected["broken"].open) > 5
        assert not self.expected["fixed"].open

    def _finished(self, pull: PullRequest, content: str) -> None:
        def ended() -> bool:
            found = invariants.rows(self.repo_of(pull), pull.head)
            return self.idle(pull) and bool(found) and found[-1][0] == "completed"

        eventually(ended, f"the undisturbed review of {content}")

    def reactions(self, pull: PullRequest, comment: int) -> list[str]:
        """What is shown under a comment of the conversation."""
        found = [row for row in pull.conversation()["timeline"] if row["id"] == comment]
        return [each["content"] for each in found[0]["reactions"]]

    def idle(self, pull: PullRequest) -> bool:
        """Whether the ledger knows of the change and nothing is wanted of it or done to it."""
        row = self.row(pull)
        return row is not None and row["wanted"] <= row["done"] and not row["owner"]

    def row(self, pull: PullRequest) -> Mapping[str, Any] | None:
        """What the ledger says of a change."""
        found = "SELECT * FROM changes WHERE repository = :repository AND number = :number"
        values = {"repository": pull.state.repository.id, "number": pull.number}
        with self.engine.connect() as connection:
            one = connection.execute(text(found), values).mappings().one_or_none()
            return dict(one) if one else None

    def reviewed(self, pull: PullRequest, content: str = "broken", *, within: float = 60) -> None:
        """Wait until the change stands as if nothing had happened."""
        self.stands(pull, content, within=within)
        self.github.hooks.settle()

    def stands(
        self, pull: PullRequest, content: str, *, times: int = 1, within: float = 60
    ) -> None:
        """Wait until all that must hold does, and nothing more is to be done."""
        found: list[str] = []

        def fine() -> bool:
            if not self.idle(pull):
                found[:] = [f"not idle: {self.row(pull)}"]
                return False
            found[:] = invariants.faults(pull, self.expected[content], times)
            return not found

        try:
            eventually(fine, f"{content} at #{pull.number}", within)
        except AssertionError as late:
            raise AssertionError("\n".join([str(late), *found, self.last_words()])) from None

    def last_words(self) -> str:
        """The end of the log."""
        return self.redline.log.read_text()[-3000:]

    def worker_of(self, pull: PullRequest) -> psutil.Process | None:
        """The process that holds the lease of a change now."""
        row = self.row(pull)
        if not row or not row["owner"]:
            return None
        try:
            return psutil.Process(int(row["owner"].split(":")[1]))
        except psutil.NoSuchProcess:
            return None

    def ended(self) -> None:
        """Nothing is left of the server, nothing was said that must not be, nothing held."""
        self.github.hooks.settle()
        self.redline.stop()
        keys = [key.private_key for key in self.keys]
        assert self.github.violations == []
        assert self.redline.left == []
        assert invariants.leases(self.database) == []
        assert invariants.leaks(self.github, self.redline, keys) == []
        hidden = invariants.secrets(self.github, keys)
        for row in invariants.dumped(self.database):
            assert not [one for one in hidden if one.decode() in row], "I5: in the database"
