"""Which files of a change the stages for any file and for Dockerfiles judge."""

from collections.abc import Mapping

import pytest

from bot.review import Outcome, StageResult
from tests.repositories import Content
from tests.workers.trees import Commit, diff
from workers.pipe import Wishes
from workers.pipelines import STEPS
from workers.step import attempted
from workers.touched import Reviewed, dockerfiles_of_ignores

Files = Mapping[str, Content]
CONFLICT = "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\n"


def reviewed(before: Files, after: Files) -> Reviewed:
    changed = diff(before, after)
    return Reviewed(changed, Commit(before), Commit(after, "2" * 40), lambda _: frozenset())


def result(stage: str, before: Files, after: Files) -> StageResult:
    steps = {each.stage.NAME: each for each in STEPS}
    return attempted(steps[stage], reviewed(before, after), Wishes(tools=False))


@pytest.mark.parametrize(
    ("ignore", "paths"),
    [
        (".dockerignore", ["Dockerfile"]),
        ("web/.dockerignore", ["web/Containerfile", "web/Dockerfile"]),
        ("web/.containerignore", ["web/Containerfile", "web/Dockerfile"]),
        (
            "web/api.Dockerfile.dockerignore",
            ["web/Containerfile", "web/Dockerfile", "web/api.Dockerfile"],
        ),
        ("web/.gitignore", []),
    ],
)
def test_an_ignore_file_touches_the_dockerfiles_beside_it(ignore: str, paths: list[str]) -> None:
    names = ("Dockerfile", "web/Dockerfile", "web/Containerfile", "web/api.Dockerfile", "web/x")
    files = dict.fromkeys(names, "FROM a:1.2\n")
    assert sorted(dockerfiles_of_ignores(reviewed(files, {**files, ignore: "x"}))) == paths
    assert sorted(dockerfiles_of_ignores(reviewed({**files, ignore: "x"}, files))) == paths


def test_a_dockerfile_that_loses_its_ignore_file_says_so_anew() -> None:
    files = {"Dockerfile": "FROM a:1.2\nCOPY . .\nUSER 1\n", "package.json": "{}"}
    found = result("dockerfile-rules", {**files, ".dockerignore": "*"}, files).findings
    assert [(one.rule, one.new) for one in found] == [("missing-dockerignore", True)]


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("a.yaml", Outcome.FAILED),
        ("main.tf", Outcome.FAILED),
        ("Makefile", Outcome.FAILED),
        ("deploy.sh", Outcome.FAILED),
        ("Dockerfile", Outcome.FAILED),
        ("charts/web/templates/_helpers.tpl", Outcome.FAILED),
        ("README.md", Outcome.NOT_NEEDED),
        ("docs/merging.rst", Outcome.NOT_NEEDED),
        ("main.py", Outcome.NOT_NEEDED),
        ("pnpm-lock.yaml", Outcome.NOT_NEEDED),
    ],
)
def test_a_conflict_blocks_in_infrastructure_code_alone(path: str, outcome: Outcome) -> None:
    found = result("files-rules", {}, {path: CONFLICT})
    assert found.outcome is outcome
    assert len(found.findings) == (outcome is Outcome.FAILED)


def test_what_holds_no_conflict_and_runs_nothing_is_not_said_to_be_checked() -> None:
    assert result("files-rules", {}, {"a.yaml": "a: 1\n"}).outcome is Outcome.NOT_NEEDED
    assert result("files-rules", {}, {"a.sh": "true\n"}).outcome is Outcome.PASSED


def test_a_large_file_is_unchecked_only_where_it_runs_something() -> None:
    large = "#" * ((1 << 20) + 1)
    assert result("files-rules", {}, {"a.yaml": large}).outcome is Outcome.NOT_NEEDED
    assert result("files-rules", {}, {"a.sh": large}).outcome is Outcome.UNCHECKED
