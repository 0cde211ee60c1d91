"""The whole line: a forge that is strict, and a Redline that is real."""

from collections.abc import Iterator

import pytest

from tests.databases import postgres
from tests.line.world import World, Worlds

__all__ = ["postgres"]


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server for most tests; what each review shows undisturbed is known."""
    with World(tmp_path_factory.mktemp("line")) as made:
        made.learn()
        yield made


@pytest.fixture(scope="package")
def on_gitlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same on GitLab."""
    with World(tmp_path_factory.mktemp("gitlab"), forge="gitlab") as made:
        made.learn()
        yield made


@pytest.fixture
def by_turns(world: World, on_gitlab: World) -> Iterator[Worlds]:
    """The world for a seed: each forge has every other one."""
    yield lambda seed: (world, on_gitlab)[seed % 2]
    world.close()
    on_gitlab.close()


@pytest.fixture(params=["world", "on_gitlab"])
def either(request: pytest.FixtureRequest) -> Iterator[World]:
    """The world of each forge, one after the other."""
    found: World = request.getfixturevalue(request.param)
    yield found
    found.close()
