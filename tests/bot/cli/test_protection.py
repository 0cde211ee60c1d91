"""``redline doctor OWNER/REPO``, as an operator runs it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.cli.test_commands import redline
from tests.fakes.github import AppKey, FakeGitHub, Repo


@pytest.fixture
def github(tmp_path: Path) -> Iterator[FakeGitHub]:
    with FakeGitHub(tmp_path / "github") as fake:
        yield fake
    assert fake.violations == []


@pytest.fixture
def repo(github: FakeGitHub) -> Repo:
    return github.repository("org/infra", {"README.md": "x\n"}, private=True)


@pytest.fixture
def app(github: FakeGitHub, repo: Repo) -> AppKey:
    return github.app()


def settings(github: FakeGitHub, app: AppKey, tmp_path: Path) -> dict[str, str]:
    return {
        "REDLINE_STATE_DIR": str(tmp_path / "state"),
        "REDLINE_GITHUB_URL": github.api,
        "REDLINE_GITHUB_APP_ID": str(app.id),
        "REDLINE_GITHUB_PRIVATE_KEY": app.private_key,
        "REDLINE_GITHUB_WEBHOOK_SECRET": "secret",
    }


def test_it_says_whether_redline_blocks(
    github: FakeGitHub, repo: Repo, app: AppKey, tmp_path: Path
) -> None:
    there = settings(github, app, tmp_path)
    done = redline("doctor", "org/infra", **there)
    assert done.returncode == 1
    assert "org/infra on GitHub, branch main" in done.stdout
    assert "Redline only advises" in done.stdout
    assert "-> " in done.stdout
    repo.require("redline", app.id, "ruleset")
    done = redline("doctor", "org/infra", **there)
    assert done.returncode == 0
    assert "Redline blocks: " in done.stdout
    assert "not ok" not in done.stdout
    app.grant(contents=None)
    repo.state.required.clear()
    assert "it may not see" in redline("doctor", "org/infra", **there).stdout


def test_a_check_that_we_cannot_set_is_no_gate(
    github: FakeGitHub, repo: Repo, app: AppKey, tmp_path: Path
) -> None:
    repo.require("redline", 99)
    done = redline("doctor", "org/infra", **settings(github, app, tmp_path))
    assert done.returncode == 1
    assert "not even a clean change passes" in done.stdout


def test_a_repository_that_settings_leave_out(
    github: FakeGitHub, repo: Repo, app: AppKey, tmp_path: Path
) -> None:
    repo.require("redline", app.id)
    there = {**settings(github, app, tmp_path), "REDLINE_REPOSITORIES": "org/other"}
    done = redline("doctor", "org/infra", **there)
    assert done.returncode == 1
    assert "does not name org/infra" in done.stdout


def test_wrong_use(github: FakeGitHub, repo: Repo, app: AppKey, tmp_path: Path) -> None:
    done = redline("doctor", "org/nothing", **settings(github, app, tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("redline: ")
    assert done.stderr.count("\n") == 1
    done = redline("doctor", "org/infra")
    assert done.returncode == 2
    assert "no forge is configured" in done.stderr
