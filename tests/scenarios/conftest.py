"""Every scenario runs on each forge: with an App and with a token on GitHub, and on GitLab."""

import importlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.forges import Forge
from tests.scenarios.github import GitHub
from tests.scenarios.gitlab import GitLab
from tests.scenarios.stage import Stage, idle
from tests.scenarios.world import KEY, World
from workers.pipe import Configured

FORGES = ("github-app", "github-token", "gitlab")
SETTINGS = {
    "REDLINE_SECRET_KEY": KEY,
    "REDLINE_FORGE_PACE_SECONDS": "0",
    "REDLINE_SETTLE_SECONDS": "0.2",
    "REDLINE_RECHECK_SECONDS": "0",
    "REDLINE_LEASE_SECONDS": "30",
}


def made(name: str, folder: Path) -> Any:
    return GitLab(folder) if name == "gitlab" else GitHub(folder, app=name == "github-app")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """GitHub's two ways share the many seeds of a soak: thirty are a forge's, not a way's."""
    left = {one for one in items if _another_has_it(getattr(one, "callspec", None))}
    if left:
        config.hook.pytest_deselected(items=list(left))
        items[:] = [one for one in items if one not in left]


def _another_has_it(call: Any) -> bool:
    seed, way = (call.params.get(name) for name in ("seed", "lasting")) if call else (None, None)
    return seed is not None and seed >= 3 and way == FORGES[seed % 2]


@pytest.fixture(scope="package", params=FORGES)
def lasting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:  # fmt: skip
    """One forge and one server for all scenarios; each has a repository of its own."""
    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        forge: Forge = stack.enter_context(made(request.param, folder / "forge"))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in {**SETTINGS, **forge.environment}.items():
            patch.setenv(name, value)
        patch.setenv("REDLINE_STATE_DIR", str(folder / "state"))
        app = importlib.import_module("workers.app")
        for cached in (app.settings, app.ledger, app.forge):
            cached.cache_clear()
            stack.callback(cached.cache_clear)
        tasks = importlib.import_module("workers.tasks")
        patch.setattr(tasks, "AGAIN_SECONDS", 0.02)
        patch.setattr(tasks, "LONGEST_SECONDS", 0.1)
        patch.setattr("bot.publish.pen._BEFORE_AGAIN", 0.01)
        stage = Stage()
        patch.setattr("workers.parent.child", stage.child)
        ledger = app.ledger()
        stack.callback(ledger.close)
        yield World(forge, ledger, stage, lambda task, args: tasks.app.tasks[task](*args))


@pytest.fixture
def world(lasting: World) -> Iterator[World]:
    """The forge, in order, with stages that have nothing to do."""
    lasting.stage.results, lasting.stage.meanwhile = (idle(),), lambda number: None
    lasting.stage.runs, lasting.stage.configured = 0, Configured()
    lasting.stage.trusted.clear()
    lasting.marked.clear()
    lasting.forge.may_resolve(True)
    yield lasting
    lasting.forge.heal()
    assert list(lasting.forge.violations) == []
