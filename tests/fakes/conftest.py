"""One fake a test, with a repository and a change of three files; on GitHub with an App."""

from collections.abc import Iterator
from pathlib import Path

import gitlab
import httpx
import pytest
from gitlab.v4.objects import Project, ProjectMergeRequest

from tests.fakes.github import AppKey, FakeGitHub, PullRequest, Repo
from tests.fakes.gitlab import FakeGitLab, MergeRequest
from tests.fakes.gitlab import Repo as Shop

LINES = "".join(f"RUN step {number}\n" for number in range(1, 41))
FEWER = LINES.replace("RUN step 30\n", "")
BASE = {
    "Dockerfile": f"FROM debian:12\n{LINES}",
    "deploy/web.yaml": "kind: Pod\nmetadata:\n  name: web\n",
    "old.txt": "one\ntwo\nthree\n",
}
HEAD = {
    "Dockerfile": f"FROM debian:12\nUSER root\n{FEWER}",
    "deploy/new.yaml": "kind: Pod\n",
    "old.txt": None,
}


def connected(fake: FakeGitHub) -> httpx.Client:
    """A client of nobody's; certificates are not read, which takes longer than most tests."""
    agent = {"User-Agent": "test"}
    return httpx.Client(base_url=fake.api, headers=agent, timeout=20, verify=False)


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeGitHub]:
    with FakeGitHub(tmp_path) as running:
        yield running


@pytest.fixture
def repo(fake: FakeGitHub) -> Repo:
    return fake.repository("org/shop", BASE, roles={"ada": "write", "bob": "read"})


@pytest.fixture
def pull(repo: Repo) -> PullRequest:
    """Dockerfile: line 2 added, line 31 (at base) removed; a file added, a file removed."""
    repo.push("feature", HEAD, by="ada")
    return repo.open_pull("feature", by="ada")


@pytest.fixture
def app(fake: FakeGitHub) -> AppKey:
    return fake.app()


@pytest.fixture
def client(fake: FakeGitHub) -> Iterator[httpx.Client]:
    """A plain account's client: it may write in ``org/shop``."""
    with connected(fake) as made:
        made.headers["Authorization"] = f"Bearer {fake.token('ada')}"
        yield made


@pytest.fixture
def bot(fake: FakeGitHub, app: AppKey) -> Iterator[httpx.Client]:
    """The App's client, with all that its installation may."""
    token = fake.server.state.token(
        app.state.bot, installation=app.installation, permissions=app.installation.permissions
    )
    with connected(fake) as made:
        made.headers["Authorization"] = f"Bearer {token.value}"
        yield made


def signed_in(lab: FakeGitLab, login: str) -> gitlab.Gitlab:
    return gitlab.Gitlab(lab.url, private_token=lab.token(login), retry_transient_errors=False)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[FakeGitLab]:
    with FakeGitLab(tmp_path) as running:
        yield running


@pytest.fixture
def shop(lab: FakeGitLab) -> Shop:
    roles: dict[str, int | str] = {"ada": "developer", "redline": 30, "mia": 40, "gus": 10}
    return lab.repository("org/infra/shop", BASE, roles=roles)


@pytest.fixture
def mr(shop: Shop) -> MergeRequest:
    """The same change as ``pull``."""
    shop.push("feature", HEAD, by="ada")
    return shop.open_merge_request("feature", by="ada")


@pytest.fixture
def gl(lab: FakeGitLab) -> Iterator[gitlab.Gitlab]:
    """The bot's client."""
    with signed_in(lab, "redline") as made:
        yield made


@pytest.fixture
def project(gl: gitlab.Gitlab, shop: Shop) -> Project:
    return gl.projects.get("org/infra/shop")


@pytest.fixture
def change(project: Project, mr: MergeRequest) -> ProjectMergeRequest:
    """The merge request as python-gitlab has it, in the bot's name."""
    return project.mergerequests.get(1)
