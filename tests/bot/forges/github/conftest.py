"""A forge over the strict fake: nothing that a test does may go against GitHub's description."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.change import Change, ChangeId, ForgeName
from bot.forges.github import GitHub, connect
from bot.settings import Settings
from tests.fakes.github import AppKey, FakeGitHub, PullRequest, Repo

KEY = "k" * 32
BASE = {"Dockerfile": "FROM debian:12\nRUN true\nUSER app\n", "gone.yaml": "kind: Pod\n"}
HEAD = {"Dockerfile": "FROM debian:latest\nRUN true\nUSER root\n", "gone.yaml": None}

Connect = Callable[..., GitHub]


@pytest.fixture
def github(tmp_path: Path) -> Iterator[FakeGitHub]:
    with FakeGitHub(tmp_path / "github") as fake:
        yield fake
    assert fake.violations == []


@pytest.fixture
def repo(github: FakeGitHub) -> Repo:
    made = github.repository("org/infra", BASE, private=True, roles={"ada": "write"})
    made.push("break", HEAD)
    return made


@pytest.fixture
def pull(repo: Repo) -> PullRequest:
    return repo.open_pull("break")


@pytest.fixture
def app(github: FakeGitHub) -> AppKey:
    return github.app()


def joined(github: FakeGitHub, **settings: Any) -> GitHub:
    """The forge with these settings, over this fake unless they say another."""
    return connect(Settings(**{"github_url": github.api, "secret_key": KEY, **settings}))


def app_settings(app: AppKey) -> dict[str, Any]:
    return {"github_app_id": app.id, "github_private_key": app.private_key}


@pytest.fixture
def as_app(github: FakeGitHub, app: AppKey) -> Connect:
    """Connects as the App; keyword arguments are further settings."""
    return lambda **further: joined(github, **{**app_settings(app), **further})


@pytest.fixture
def as_person(github: FakeGitHub, repo: Repo) -> Connect:
    """Connects as the account ``redline`` with a token, which may write to the repository."""
    repo.allow("redline", "write")
    own = {"github_token": github.token("redline"), "repositories": ("org/*",)}
    return lambda **further: joined(github, **{**own, **further})


both = pytest.mark.parametrize("forge", ["app", "person"], indirect=True)
"""Runs a test in each of the two ways to be somebody; without it we are the App."""


@pytest.fixture
def forge(request: pytest.FixtureRequest) -> GitHub:
    made: GitHub = request.getfixturevalue(f"as_{getattr(request, 'param', 'app')}")()
    return made


def id_of(pull: PullRequest) -> ChangeId:
    return ChangeId(ForgeName.GITHUB, pull.state.repository.id, number=pull.number)


@pytest.fixture
def change(forge: GitHub, pull: PullRequest) -> Change:
    return forge.change(id_of(pull))
