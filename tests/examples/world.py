"""A forge and Redline in one process: all of a review is real, save what a story says is played."""

import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bot.review import StageResult, said_once
from tests.scenarios.github import GitHub
from tests.scenarios.gitlab import GitLab
from tests.scenarios.stage import Stage
from tests.scenarios.world import KEY, World
from workers import parent
from workers.checkout import Checkout
from workers.pipe import Event, Wishes
from workers.shelf import Shelf

FORGES: Mapping[str, Callable[[Path], Any]] = {
    "github": lambda folder: GitHub(folder, app=True),
    "gitlab": GitLab,
}
SETTINGS = {
    "REDLINE_SECRET_KEY": KEY,
    "REDLINE_PUBLIC_URL": "https://redline.example",
    "REDLINE_FORGE_PACE_SECONDS": "0",
    "REDLINE_SETTLE_SECONDS": "0",
    "REDLINE_RECHECK_SECONDS": "0",
    "REDLINE_LEASE_SECONDS": "120",
}


@dataclass
class Cast(Stage):
    """The real stages; what is played in ``results`` is said beside what they say."""

    results: tuple[StageResult, ...] = ()

    def __post_init__(self) -> None:
        self._real: Callable[..., AbstractContextManager[parent.Child]] = parent.child

    @contextmanager
    def child(self, shelf: Shelf) -> Iterator["Cast"]:
        """In place of ``workers.parent.child``."""
        with self._real(shelf=shelf) as real:
            self._one = real
            yield self

    def run(
        self, checkout: Checkout, wishes: Wishes, progress: Callable[[Event | None], None]
    ) -> tuple[StageResult, ...]:
        """What the real child reports, and what is played, first."""
        real = self._one.run(checkout, wishes, progress)
        self.configured = self._one.configured
        return said_once((*self.results, *real))


@contextmanager
def world(name: str, folder: Path) -> Iterator[World]:
    """One forge with Redline at work on it, for as long as the block runs."""
    with ExitStack() as stack:
        forge = stack.enter_context(FORGES[name](folder / "forge"))
        settings = {**SETTINGS, **forge.environment, "REDLINE_STATE_DIR": str(folder / "state")}
        stack.enter_context(patch.dict(os.environ, settings))
        app = importlib.import_module("workers.app")
        for cached in (app.settings, app.ledger, app.forge):
            cached.cache_clear()
            stack.callback(cached.cache_clear)
        tasks = importlib.import_module("workers.tasks")
        cast = Cast()
        stack.enter_context(patch("workers.parent.child", cast.child))
        ledger = app.ledger()
        stack.callback(ledger.close)
        client = app.forge(forge.name)
        yield World(forge, ledger, cast, lambda task, args: tasks.app.tasks[task](*args), client)
