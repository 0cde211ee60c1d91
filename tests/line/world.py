"""A forge and a Redline for a module's tests: changes are opened, disturbed, and looked at."""

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

from tests.line import invariants
from tests.line.contents import BASE, CONTENTS, Files, unique
from tests.line.forges import FORGES, Forge, project
from tests.line.invariants import Shown
from tests.line.server import SECRET, Redline, eventually

_names = itertools.count()


Worlds = Callable[[int], "World"]  # by seed


def seeds(most: int = 30) -> range:
    """The seeds of a scenario: three in the tests, up to ``most`` in the soak.

    Thirty in all: fifteen where each forge has them all, fewer where one waits for real seconds.
    """
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


def by_forge(scenario: Callable[[int], None], over: range) -> None:
    """Seed by seed at each forge, both side by side: what strikes a server strikes no other."""

    def lane(forge: int) -> None:
        for seed in over[forge::2]:
            together(scenario, range(seed, seed + 1), at_once=1)

    together(lane, range(2), at_once=2)


@dataclass
class World:
    """One server with its forge.

    ``environment`` comes on top; ``app`` False: a plain token, where the forge has Apps.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    app: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    forge: str = "github"

    def __post_init__(self) -> None:
        self._stack = ExitStack()
        self.there: Forge = FORGES[self.forge](self.folder, self.app)
        self.fake: Any = self.there.fake
        self.expected: dict[str, Shown] = {}
        self._opened: list[Any] = []

    def __enter__(self) -> "World":
        self._stack.enter_context(self.fake)
        self.there.unlimited()
        environment = {**self.there.settings(), **self.environment}
        options = {"forge": self.there.name, **self.options}
        self.redline = Redline(self.folder / "state", environment, **options)
        self.fake.deliver_to(self.redline.hook, SECRET)
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

    def repo(self, owner: str = "", **further: Any) -> Any:
        """A repository with the base's files and people of all roles."""
        name = f"{owner or self.there.owner}/shop{next(_names)}"
        return self.there.repository(name, BASE, **further)

    def open(self, repo: Any, content: str = "broken", **further: Any) -> Any:
        """A change whose branch brings this content."""
        branch = f"change{next(_names)}"
        repo.push(branch, unique(content))
        change = self.there.open(repo, branch, **further)
        self._opened.append(change)
        return change

    def close(self) -> None:
        """Close what is open still: every other second the reconciler walks over all of it."""
        while self._opened:
            change = self._opened.pop()
            if self.there.still_open(change):
                change.close()

    def calm(self, seed: int) -> None:
        """Between two seeds that strike the server: close all, and now and then begin anew.

        Its supervisor waits longer after each early end of a part, up to half a minute.
        """
        self.close()
        if seed // 2 % 3 == 2:
            supervisor = self.redline.processes.pop()
            supervisor.terminate()
            supervisor.wait(30)
            self.redline.run("serve")
            eventually(self.redline.ready, "it runs again")

    def push(self, pull: Any, content: str) -> str:
        """One more commit, after which the branch holds this content."""
        sha: str = pull.push(unique(content))
        return sha

    def repo_of(self, pull: Any) -> Any:
        """The repository of a change."""
        return self.there.repo(project(pull))

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
            self.expected[content] = invariants.shown(pull, self.repo_of(pull))
        self.push(pulls["broken"], "fixed")
        self._finished(pulls["broken"], "mended")
        self.expected["mended"] = invariants.shown(pulls["broken"], self.repo_of(pulls["broken"]))
        for pull in pulls.values():
            assert max(invariants.made(pull).values(), default=1) == 1
        titles = {content: self.expected[content].title for content in CONTENTS}
        assert not [title for title in titles.values() if "Could not" in str(title)], titles
        ends = [self.expected[content].conclusion for content in CONTENTS]
        assert ends == ["failure", "failure", "success"], titles
        assert len(self.expected["broken"].open) > 5
        assert not self.expected["fixed"].open

    def _finished(self, pull: Any, content: str) -> None:
        def ended() -> bool:
            found = invariants.rows(self.repo_of(pull), pull.head)
            return self.idle(pull) and bool(found) and found[-1][0] == "completed"

        eventually(ended, f"the undisturbed review of {content}")

    def reactions(self, pull: Any, comment: int) -> list[str]:
        """What is shown under a comment of the conversation."""
        found = [row for row in pull.conversation()["timeline"] if row["id"] == comment]
        words = {"thumbsup": "+1"}
        shown = [each["content"] for each in found[0]["reactions"]]
        return [words.get(one, one) for one in shown]

    def idle(self, pull: Any) -> bool:
        """Whether the ledger knows of the change and nothing is wanted of it or done to it."""
        row = self.row(pull)
        return row is not None and row["wanted"] <= row["done"] and not row["owner"]

    def row(self, pull: Any) -> Mapping[str, Any] | None:
        """What the ledger says of a change."""
        found = "SELECT * FROM changes WHERE repository = :repository AND number = :number"
        values = {"repository": project(pull).id, "number": pull.number}
        with self.engine.connect() as connection:
            one = connection.execute(text(found), values).mappings().one_or_none()
            return dict(one) if one else None

    def reviewed(self, pull: Any, content: str = "broken", *, within: float = 60) -> None:
        """Wait until the change stands as if nothing had happened."""
        self.stands(pull, content, within=within)
        self.fake.hooks.settle()

    def stands(self, pull: Any, content: str, *, times: int = 1, within: float = 60) -> None:
        """Wait until all that must hold does, and nothing more is to be done."""
        found: list[str] = []

        def fine() -> bool:
            if not self.idle(pull):
                found[:] = [f"not idle: {self.row(pull)}"]
                return False
            found[:] = invariants.faults(pull, self.repo_of(pull), self.expected[content], times)
            return not found

        try:
            eventually(fine, f"{content} at #{pull.number}", within)
        except AssertionError as late:
            raise AssertionError("\n".join([str(late), *found, self.last_words()])) from None

    def last_words(self) -> str:
        """The end of the log."""
        return self.redline.log.read_text()[-3000:]

    def worker_of(self, pull: Any) -> psutil.Process | None:
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
        self.fake.hooks.settle()
        self.redline.stop()
        assert self.fake.violations == []
        assert self.redline.left == []
        assert invariants.leases(self.database) == []
        assert invariants.leaks(self.there, self.redline) == []
        hidden = invariants.secrets(self.there)
        for row in invariants.dumped(self.database):
            assert not [one for one in hidden if one.decode() in row], "I5: in the database"
