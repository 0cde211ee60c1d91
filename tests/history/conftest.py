"""Clones of the bundles, and the figures at the end of a run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.github import FakeGitHub
from tests.history import corpus, figures
from tests.history.desk import Desk
from tests.repositories import Repository

Clone = Callable[[str], Repository]


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Clones a bundle by its name, once."""
    folder = tmp_path_factory.mktemp("bundles")
    return lambda bundle: corpus.clone(bundle, folder)


@pytest.fixture
def github(tmp_path: Path) -> Iterator[FakeGitHub]:
    with FakeGitHub(tmp_path / "github") as fake:
        yield fake
        assert fake.violations == []
        assert fake.refused == []


@pytest.fixture
def desk(github: FakeGitHub, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(github, tmp_path / "state")
    yield made
    made.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured: it is the point of these tests."""
    for line in figures.lines():
        terminalreporter.write_line(line)
