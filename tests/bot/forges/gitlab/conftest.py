"""A forge over the strict fake: nothing that a test does may go against GitLab's ways."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.change import Change, ChangeId, ForgeName
from bot.forges.gitlab import GitLab, connect
from bot.settings import Settings
from tests.fakes.gitlab import FakeGitLab, MergeRequest, Repo

KEY = "k" * 32
LONG = "".join(f"line {number}\n" for number in range(1, 41))
BASE = {
    "Dockerfile": "FROM debian:12\nRUN true\nUSER app\n",
    "gone.yaml": "kind: Pod\n",
    "long.txt": LONG,
}
HEAD = {
    "Dockerfile": "FROM debian:latest\nRUN true\nUSER root\n",
    "gone.yaml": None,
    "long.txt": LONG.replace("line 20\n", "line 20, changed\nand one more\n"),
}

Connect = Callable[..., GitLab]


@pytest.fixture
def gitlab(tmp_path: Path) -> Iterator[FakeGitLab]:
    with FakeGitLab(tmp_path / "gitlab") as fake:
        yield fake
    assert fake.violations == []


@pytest.fixture
def repo(gitlab: FakeGitLab) -> Repo:
    roles = {"ada": "developer", "redline": "developer"}
    made = gitlab.repository("group/sub/infra", BASE, visibility="private", roles=roles)
    made.push("break", HEAD)
    return made


@pytest.fixture
def request_(repo: Repo) -> MergeRequest:
    return repo.open_merge_request("break")


def joined(gitlab: FakeGitLab, **settings: Any) -> GitLab:
    """The forge with these settings, over this fake unless they say another."""
    own = {
        "gitlab_url": gitlab.url,
        "gitlab_token": SecretStr(gitlab.token("redline", bot=True)),
        "repositories": ("group/**",),
        "secret_key": KEY,
        "settle_seconds": 0,
    }
    return connect(Settings(**{**own, **settings}))


@pytest.fixture
def as_bot(gitlab: FakeGitLab) -> Connect:
    """Connects as the account ``redline``; keyword arguments are further settings."""
    return lambda **further: joined(gitlab, **further)


@pytest.fixture
def forge(as_bot: Connect) -> GitLab:
    return as_bot()


def id_of(request: MergeRequest) -> ChangeId:
    return ChangeId(ForgeName.GITLAB, request.state.project.id, number=request.number)


@pytest.fixture
def change(forge: GitLab, request_: MergeRequest) -> Change:
    return forge.change(id_of(request_))
