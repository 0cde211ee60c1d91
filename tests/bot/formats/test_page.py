"""docs/outputs.md: what it shows is run as it stands."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from bot.cli import Format
from tests.repositories import ENVIRONMENT, Repository

PAGE = Path(__file__).parents[3] / "docs" / "outputs.md"
BAD = "FROM python:3.12.3-slim\nENV API_TOKEN=sk_live_8f2b61c09d4e7a35\nUSER 10001:10001\n"


def snippet(start: str) -> Any:
    (found,) = re.findall(rf"```yaml\n# {re.escape(start)}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return yaml.safe_load(found)


@pytest.fixture
def clone(tmp_path: Path) -> Repository:
    """A clone of a repository, on a branch that bakes a secret into an image."""
    origin = Repository.create(tmp_path / "origin")
    origin.commit({"README.md": "shop\n"})
    made = Repository(tmp_path / "clone")
    origin.git("clone", "--quiet", str(origin.path), str(made.path))
    made.git("checkout", "--quiet", "-b", "token")
    (made.path / "Dockerfile").write_text(BAD)
    return made


def run(script: str, at: Repository, **variables: str) -> subprocess.CompletedProcess[str]:
    """A step as a runner runs it: GitLab's and GitHub's shells stop at the first fault."""
    paths = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = ENVIRONMENT | {"PATH": paths} | variables
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=at.path, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_gitlab_s_job_writes_its_reports_and_fails(clone: Repository) -> None:
    job = snippet(".gitlab-ci.yml")["redline"]
    (script,) = job["script"]
    done = run(script, clone, CI_DEFAULT_BRANCH="main")
    assert done.returncode == 1, done.stderr
    assert "baked-secret" in done.stdout
    reports = job["artifacts"]["reports"]
    (row,) = json.loads((clone.path / reports["codequality"]).read_text())
    assert (row["check_name"], row["severity"]) == ("baked-secret", "blocker")
    assert ET.parse(clone.path / reports["junit"]).getroot().get("failures") == "1"
    for name in job["artifacts"]["paths"]:
        assert (clone.path / name).read_text().startswith("<!doctype html>")


def test_on_the_default_branch_gitlab_s_report_is_empty(clone: Repository) -> None:
    job = snippet(".gitlab-ci.yml")["redline"]
    (clone.path / "Dockerfile").unlink()
    clone.git("checkout", "--quiet", "main")
    assert run(job["script"][0], clone, CI_DEFAULT_BRANCH="main").returncode == 0
    report = clone.path / job["artifacts"]["reports"]["codequality"]
    assert json.loads(report.read_text()) == []


def test_github_s_job_shows_the_summary_and_fails(clone: Repository, tmp_path: Path) -> None:
    steps = {
        each.get("name"): each
        for each in snippet(".github/workflows/redline.yml")["jobs"]["review"]["steps"]
    }
    summary = tmp_path / "summary.md"
    change = steps["What this change brings"]["run"]
    done = run(change, clone, BASE="main", GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 1, done.stderr
    assert "**Redline: blocks merge** · 1 blocking" in summary.read_text()
    every = run(steps["All there is, for code scanning"]["run"], clone)
    assert every.returncode == 0, every.stderr
    (log,) = json.loads((clone.path / "redline.sarif").read_text())["runs"]
    assert [each["ruleId"] for each in log["results"]] == ["baked-secret"]


def test_every_format_is_on_the_page_and_every_link_leads_somewhere() -> None:
    text = PAGE.read_text()
    assert not [each for each in Format if f"| `{each}` |" not in text]
    for target in re.findall(r"\]\(([^)#\s]+)\)", text):
        assert (PAGE.parent / target).is_file(), target
