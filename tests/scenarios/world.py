"""A forge, a ledger, and the workers' own tasks, all in this process."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.change import ChangeId
from bot.ledger import Due, Ledger, arguments
from bot.ledger.queue import ANNOUNCE, REVIEW
from tests.scenarios.forges import AUTHOR, Files, Forge, Page, Repository, Shown, Thread
from tests.scenarios.stage import Stage

KEY = "0123456789abcdef0123456789abcdef"
WITHIN = 8.0  # seconds in which all that is wanted must be done


def text(lines: int = 40, **changed: str) -> str:
    """A file of so many lines; ``changed`` replaces some, as ``l7="new"``."""
    return "".join(f"{changed.get(f'l{number}', f'line {number}')}\n" for number in range(1, lines))


@dataclass
class World:
    """What a scenario holds: ``perform`` does one task by its name."""

    forge: Forge
    ledger: Ledger
    stage: Stage
    perform: Callable[[str, tuple[str | int, ...]], Any]
    marked: dict[str, int] = field(default_factory=dict)

    def given(self, before: Files, after: Files, *, by: str = AUTHOR, draft: bool = False) -> Page:
        """A repository with these files, and a change that brings those."""
        self.repository: Repository = self.forge.repository(before)
        self.repository.push("change", after)
        return self.repository.open("change", by=by, draft=draft)

    def hear(self) -> None:
        """Take in the webhooks."""
        for delivery in self.forge.deliveries():
            self.ledger.remember(delivery)

    def announce(self, page: Page) -> None:
        """What the quick queue does with a new wish."""
        self.hear()
        self.perform(ANNOUNCE, arguments(page.id))

    def review(self, change: ChangeId) -> None:
        """One worker takes it up now."""
        self.perform(REVIEW, arguments(change))

    def work(self) -> None:
        """Take in webhooks and do all that is due, until nothing is wanted any more."""
        end = time.monotonic() + WITHIN
        while True:
            self.hear()
            for due in self.due():
                self.perform(due.task, due.args)
                self.ledger.queued(due)
            gauges = self.ledger.gauges()
            if not (gauges.waiting or gauges.running or gauges.commands or self.due()):
                return
            assert time.monotonic() < end, f"not done: {gauges}"
            time.sleep(0.01)

    def due(self) -> list[Due]:
        return self.ledger.due(0.0)

    def reviewed(self, page: Page) -> Shown:
        """Do all that is due; what the status of the head says then."""
        self.work()
        return self.status(page)

    def status(self, page: Page, sha: str = "") -> Shown:
        return page.status(sha or page.head)

    def since(self, page: Page) -> tuple[int, int]:
        """Notifications and content writes since this was asked last."""
        now = {"told": page.notified, "wrote": len(self.forge.writes)}
        before, self.marked = self.marked, now
        return now["told"] - before.get("told", 0), now["wrote"] - before.get("wrote", 0)


def places(threads: Sequence[Thread]) -> list[tuple[str, int | None, str]]:
    """Where the open ones stand."""
    return [(one.path, one.line, one.side) for one in threads if not one.over]


def summary(page: Page) -> str:
    """The one summary, empty where there is none."""
    said = page.summaries()
    assert len(said) <= 1, said
    return said[0] if said else ""
