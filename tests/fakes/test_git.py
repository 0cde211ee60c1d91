"""Real git over HTTP: who may fetch, and what."""

import base64
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.fakes.git import ENVIRONMENT
from tests.fakes.github import AppKey, FakeGitHub, PullRequest, Repo
from tests.fakes.github.pushing import Files


def git(*arguments: str, at: Path, token: str = "", scheme: str = "basic") -> str:
    """Run git as a client; fails the test with what git says."""
    secret = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    header = f"Basic {secret}" if scheme == "basic" else f"Bearer {token}"
    settings = ["-c", f"http.extraHeader=Authorization: {header}"] if token else []
    ran = subprocess.run(
        ["git", *settings, *arguments],
        cwd=at,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


@pytest.fixture
def secret(fake: FakeGitHub) -> Repo:
    """A private repository."""
    return fake.repository("org/secret", {"a": "1\n", "b": "2\n"}, private=True)


@pytest.fixture
def token(fake: FakeGitHub, app: AppKey) -> str:
    return fake.server.state.token(
        app.state.bot, installation=app.installation, permissions=app.installation.permissions
    ).value


@pytest.mark.parametrize("scheme", ["basic", "bearer"])
def test_a_clone_needs_the_token(
    fake: FakeGitHub, secret: Repo, token: str, tmp_path: Path, scheme: str
) -> None:
    for bad in ("", "ghs_wrong", fake.token("eve")):
        with pytest.raises(AssertionError, match=r"Authentication|not found|terminal"):
            git("clone", "-q", secret.clone_url, "never", at=tmp_path, token=bad)
    git("clone", "-q", secret.clone_url, "mine", at=tmp_path, token=token, scheme=scheme)
    assert git("rev-parse", "HEAD", at=tmp_path / "mine") == secret.sha()


def test_a_token_without_contents_may_not_fetch(
    fake: FakeGitHub, app: AppKey, secret: Repo, token: str, tmp_path: Path
) -> None:
    app.grant(contents=None)
    with pytest.raises(AssertionError):
        git("clone", "-q", secret.clone_url, "never", at=tmp_path, token=token)


def test_a_pull_requests_head_by_ref_and_by_sha(
    pull: PullRequest, repo: Repo, tmp_path: Path
) -> None:
    former = pull.head
    pull.push({"new": "x"})
    git("init", "-q", at=tmp_path)
    git("fetch", "-q", "--depth=1", repo.clone_url, "refs/pull/1/head", at=tmp_path)
    assert git("rev-parse", "FETCH_HEAD", at=tmp_path) == pull.head
    repo.move("feature", repo.sha())
    git("fetch", "-q", "--depth=1", repo.clone_url, former, at=tmp_path)
    assert git("rev-parse", "FETCH_HEAD", at=tmp_path) == former


def test_a_partial_fetch_leaves_blobs_out(pull: PullRequest, repo: Repo, tmp_path: Path) -> None:
    git("clone", "-q", "--bare", "--filter=blob:none", repo.clone_url, "bare", at=tmp_path)
    missing = git("rev-list", "--objects", "--missing=print", "--all", at=tmp_path / "bare")
    assert any(row.startswith("?") for row in missing.splitlines())
    assert "FROM debian" in git("show", "main:Dockerfile", at=tmp_path / "bare")


def test_a_forks_commits_are_in_the_base_repository(repo: Repo, tmp_path: Path) -> None:
    fork = repo.fork("eve")
    sha = fork.push("patch", {"evil": "x"}, by="eve")
    repo.open_pull("patch", fork=fork, by="eve")
    git("init", "-q", at=tmp_path)
    git("fetch", "-q", repo.clone_url, "refs/pull/1/head", at=tmp_path)
    assert git("rev-parse", "FETCH_HEAD", at=tmp_path) == sha


def test_nobody_pushes(repo: Repo, fake: FakeGitHub) -> None:
    url = f"{repo.clone_url}/info/refs?service=git-receive-pack"
    assert httpx.get(url, verify=False).status_code == 403


def test_strange_names_and_links(repo: Repo, tmp_path: Path) -> None:
    files: Files = {"-rf": "1", "a\nb": "2", "é": "3", "link": "->/etc/shadow", "raw": b"\xff\x00"}
    repo.push("odd", files)
    git("init", "-q", at=tmp_path)
    git("fetch", "-q", repo.clone_url, "odd", at=tmp_path)
    names = git("ls-tree", "-z", "--name-only", "FETCH_HEAD", at=tmp_path).split("\0")
    assert set(files) <= set(names)
    assert git("cat-file", "-p", "FETCH_HEAD:link", at=tmp_path) == "/etc/shadow"
