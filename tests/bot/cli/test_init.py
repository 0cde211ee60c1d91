"""redline init: what it writes for what it finds, and that it spoils nothing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bot import VERSION
from bot.cli.starter import Holding, job, settings
from rules.config import GUESSED, NAME, Defaults
from rules.reading import chosen
from tests.repositories import Content, Link, Repository

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
FILES: dict[str, Content] = {
    "apps/web/Dockerfile": "FROM registry.example/base:1\n",
    "apps/web/overlays/prod/kustomization.yaml": "resources: [pod.yaml]\n",
    "apps/web/overlays/prod/pod.yaml": POD,
    "apps/db/overlays/prod/pod.yaml": POD,
    "apps/db/testdata/pod.yaml": POD,
    "charts/web/Chart.yaml": "name: web\n",
    "charts/web/values.yaml": "a: 1\n",
    "charts/web/values-prod.yaml": "a: 1\n",
    "charts/web/values-pre-prod.yaml": "a: 1\n",
    "envs/dev/main.tf": 'terraform {\n  backend "s3" {}\n}\n',
    "modules/db/main.tf": 'provider "aws" {}\n',
    "modules/db/variables.tf": 'variable "a" {}\n',
    "notes.yaml": "a: 1\n",
    "pod.yaml": Link("/etc/passwd"),
}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.create(tmp_path / "repository")


def init(repository: Repository, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", "init", *arguments],
        cwd=repository.path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_what_it_finds_is_in_the_file(repository: Repository) -> None:
    repository.commit(FILES)
    repository.checkout()
    (repository.path / "more.Dockerfile").write_text("FROM registry.example/base:1\n")
    done = init(repository, "apps")
    assert done.returncode == 0, done.stderr
    held = "2 Dockerfiles, 3 manifests, 1 chart, 1 kustomization, 1 root module"
    assert done.stdout.startswith(f"Wrote {NAME}. This repository holds: {held}\n")
    text = (repository.path / NAME).read_text()
    have = chosen(text.encode(), Defaults())
    assert have.faults == ()
    prod, staging, dev = have.config.environments
    assert prod.production
    assert prod.paths == ("**/prod/**", "**/values-prod.yaml")
    assert prod.namespaces == ("prod", "prod-*", "*-prod")
    assert (staging.name, staging.paths) == ("staging", ("**/values-pre-prod.yaml",))
    assert (dev.name, dev.production, dev.paths) == ("dev", False, ("**/dev/**",))
    assert '#   registry.example.org/team/app: "apps/web/Dockerfile"' in text
    assert '#   - {path: "envs/dev", plan: ci}' in text
    assert "modules/db" not in text


def test_a_file_that_is_there_is_left_as_it_is(repository: Repository) -> None:
    repository.commit({**FILES, NAME: "version: 1\n"})
    repository.checkout()
    done = init(repository)
    assert done.returncode == 0
    assert f"{NAME} is there and was left as it is" in done.stdout
    assert (repository.path / NAME).read_text() == "version: 1\n"


def test_a_link_is_not_written_through(repository: Repository, tmp_path: Path) -> None:
    (repository.path / NAME).symlink_to(tmp_path / "elsewhere")
    assert "left as it is" in init(repository).stdout
    assert not (tmp_path / "elsewhere").exists()


def test_where_there_is_no_repository(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "init", str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "is not in a git repository" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_empty_repository(repository: Repository) -> None:
    done = init(repository)
    assert "This repository holds: nothing yet that Redline judges" in done.stdout
    assert "docs/outputs.md has jobs" in done.stdout
    assert chosen((repository.path / NAME).read_bytes(), Defaults()).faults == ()


def test_environments_of_many_names_are_known_by_how_they_are_named() -> None:
    files: dict[str, Content] = {f"apps/a{n}/prod-{n}/x.yaml": "" for n in range(9)}
    files |= {f"apps/a{n}/staging-{n}/x.yaml": "" for n in range(9)}
    files |= {"tests/test/x.yaml": "", ".github/dev/x.yaml": ""}
    config = chosen(settings(holding(files)).encode(), Defaults()).config
    assert [(each.name, each.production) for each in config.environments] == [
        ("prod", True),
        ("staging", False),
    ]
    for number in range(9):
        there = config.environment(path=f"apps/a{number}/prod-{number}/x.yaml")
        assert there is not None
        assert there.production
    assert config.environment(path="apps/a/staging-1/x.yaml") == config.environments[1]


def holding(files: dict[str, Content]) -> Holding:
    return Holding(sorted(files), lambda path: str(files[path]).encode())


@pytest.mark.parametrize(
    "key", ["exclude", "rules", "images", "kubernetes", "charts", "projects", "environments"]
)
@pytest.mark.parametrize("files", [FILES, {"a/Dockerfile": "", "pod.yaml": POD}, {}])
def test_each_comment_may_be_taken_as_it_stands(files: dict[str, Content], key: str) -> None:
    text = settings(holding(files))
    blocks = re.findall(rf"^# {key}:.*\n(?:#  .*\n)*", text, re.MULTILINE)
    plain = "".join(line[2:] for line in "".join(blocks).splitlines(keepends=True))
    assert len(blocks) <= 1
    assert chosen(plain.encode(), Defaults()).faults == ()


def test_names_cannot_break_out_of_the_file() -> None:
    odd: dict[str, Content] = {
        "a/prod\ngate: {profile: observe}/x.yaml": "",
        "envs/prod/\"]}\nexclude: ['**']\n/x.yaml": "",
        "d\n/Dockerfile": "",
        "\udcff/prod-\udcff/x.yaml": "",
        "c: {\n/Chart.yaml": "",
    }
    have = chosen(settings(holding(odd)).encode(), Defaults())
    assert have.faults == ()
    assert have.config.exclude == ()
    assert have.config.gate.profile == "default"
    assert {each.name for each in have.config.environments} <= {each.name for each in GUESSED}


REMOTES = [
    ("git@github.com:org/infra.git", [], ".github/workflows/redline.yml"),
    ("https://user:token@github.example.com/org/infra", [], ".github/workflows/redline.yml"),
    ("ssh://git@gitlab.example.com:2222/group/infra.git", [], ".gitlab-ci.yml"),
    ("https://gitlab.com/github/infra.git", [], ".gitlab-ci.yml"),
    ("https://git.example.com/org/infra", [".gitlab-ci.yml"], ".gitlab-ci.yml"),
    ("", [".github/workflows/test.yml"], ".github/workflows/redline.yml"),
    ("https://git.example.com/github/infra", [], None),
    ("/srv/gitlab/infra.git", [], None),
    ("", [], None),
]


@pytest.mark.parametrize(("remote", "files", "path"), REMOTES)
def test_the_job_is_for_the_forge_that_the_remote_names(
    remote: str, files: list[str], path: str | None
) -> None:
    found = job(remote, files, VERSION)
    assert (found and found.path) == path
    if found is not None:
        run = str(yaml.safe_load(found.text))
        assert f"registry.example.org/redline:{VERSION}" in run
        assert 'redline review --base "origin/$' in run


def test_the_job_is_printed_and_no_token_of_the_remote(repository: Repository) -> None:
    repository.git("remote", "add", "upstream", "https://u:secret@gitlab.example.com/g/i.git")
    done = init(repository)
    assert "\n.gitlab-ci.yml, with the image that `make image` builds:\n\nredline:\n" in done.stdout
    assert "secret" not in done.stdout + done.stderr + (repository.path / NAME).read_text()
