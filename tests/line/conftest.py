"""The whole line: a GitHub that is strict, and a Redline that is real."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.github import FakeGitHub
from tests.line.server import SECRET, Redline


@pytest.fixture
def github(tmp_path: Path) -> Iterator[FakeGitHub]:
    with FakeGitHub(tmp_path / "github") as fake:
        yield fake
        assert fake.violations == []


@pytest.fixture
def redline(github: FakeGitHub, tmp_path: Path) -> Iterator[Redline]:
    """Redline as an App on everything that ``org`` has."""
    app = github.app("redline", "org")
    app.grant(contents="write")  # what closing a thread asks for; without it they are hidden
    environment = {
        "REDLINE_GITHUB_URL": github.api,
        "REDLINE_GITHUB_APP_ID": str(app.id),
        "REDLINE_GITHUB_PRIVATE_KEY": app.private_key,
    }
    with Redline(tmp_path / "state", environment) as server:
        github.deliver_to(server.hook, SECRET)
        yield server
