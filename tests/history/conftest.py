"""Clones of the bundles, and the figures at the end of a run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.history import corpus, figures
from tests.history.desk import Desk
from tests.line.forges import FORGES
from tests.repositories import Repository

Clone = Callable[[str], Repository]


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Clones a bundle by its name, once."""
    folder = tmp_path_factory.mktemp("bundles")
    return lambda bundle: corpus.clone(bundle, folder)


@pytest.fixture(params=FORGES)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A reviewer at each forge, which refuses no place and nothing else."""
    there = FORGES[request.param](tmp_path)
    with there.fake as fake:
        made = Desk(there, tmp_path / "state")
        yield made
        made.close()
        assert fake.violations == []
        assert fake.refused == []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured: it is the point of these tests."""
    for line in figures.lines():
        terminalreporter.write_line(line)
