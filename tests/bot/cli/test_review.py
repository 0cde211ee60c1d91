"""``redline review`` as a user runs it, on real repositories."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.repositories import Repository

BAD = "FROM python:3.12.3-slim\nENV API_TOKEN=sk_live_8f2b61c09d4e7a35\nUSER 10001:10001\n"
WARNS = "FROM python:3.12.3-slim\nRUN useradd app\nUSER app\n"
FLOATING = "FROM python:latest\nUSER 10001:10001\n"
GOOD = "FROM python:3.12.3-slim\nUSER 10001:10001\n"


def redline(*arguments: str, at: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        cwd=at, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository.create(tmp_path / "shop")
    made.commit({"README.md": "shop\n"})
    return made


def put(repository: Repository, text: str, path: str = "Dockerfile") -> Path:
    (repository.path / path).write_text(text)
    return repository.path


def test_what_blocks_is_shown_with_its_source(repository: Repository) -> None:
    done = redline("review", at=put(repository, BAD))
    assert done.returncode == 1
    assert "Dockerfile:2  blocking  baked-secret" in done.stdout
    assert "Failed: 1 blocking" in done.stdout
    assert "sk_live_8f2b61c09d4e7a35" not in done.stdout.replace(BAD.splitlines()[1], "")


NIGHTLY = f"# redline: allow floating-base built nightly until 2999-01-31\n{FLOATING}"
KNOWN = BAD.replace("ENV", "# redline: allow baked-secret it is the sandbox's\nENV")


def test_an_exception_to_what_warns_holds_at_once(repository: Repository) -> None:
    at = put(repository, NIGHTLY)
    repository.git("config", "user.name", "Tess Ter")
    done = redline("review", "--no-tools", "--fail-on", "warning", at=at)
    assert done.returncode == 0
    assert "Allowed in the file by Tess Ter until 2999-01-31: built nightly" in done.stdout
    assert "0 blocking, 0 warnings, 1 allowed" in done.stdout
    shown = json.loads(redline("review", "--no-tools", "--format", "json", at=at).stdout)
    (found,) = [one for one in shown["findings"] if one["rule"] == "floating-base"]
    assert found["allowed"] == {
        "by": "Tess Ter", "reason": "built nightly", "until": "2999-01-31", "waits": False,
    }  # fmt: skip
    assert (shown["counts"]["allowed"], shown["counts"]["warning"]) == (1, 0)


def test_an_exception_to_what_blocks_waits(repository: Repository) -> None:
    done = redline("review", "--no-tools", at=put(repository, KNOWN))
    assert done.returncode == 1
    assert "it is the sandbox's (waits for someone who may allow it)" in done.stdout
    assert "Failed: 1 blocking" in done.stdout


def test_whoever_committed_it_owns_it(repository: Repository) -> None:
    repository.commit({"Dockerfile": NIGHTLY}, branch="change", on="main")
    argv = ("review", "--no-tools", "--head", "change", "--format", "json")
    shown = json.loads(redline(*argv, at=repository.path).stdout)
    assert {one["allowed"]["by"] for one in shown["findings"] if one["allowed"]} == {"Ada"}


def test_an_exception_that_stood_there_holds(repository: Repository) -> None:
    repository.commit({"Dockerfile": KNOWN})
    done = redline("review", "--no-tools", "--all", at=put(repository, KNOWN))
    assert done.returncode == 0
    assert "Allowed in the file: it is the sandbox's\n" in done.stdout


def test_one_that_is_over_or_idle_is_told_of(repository: Repository) -> None:
    over = NIGHTLY.replace("2999", "2020").replace("USER", "# redline: allow root-image x\nUSER")
    done = redline("review", "--no-tools", at=put(repository, over))
    assert "Dockerfile:1  warning  expired-allow" in done.stdout
    assert "Dockerfile:3  info  useless-allow" in done.stdout


@pytest.mark.parametrize(
    ("text", "fail_on", "status"),
    [
        (GOOD, "warning", 0),
        (WARNS, "blocking", 0),
        (WARNS, "warning", 1),
        (BAD, "blocking", 1),
        (BAD, "never", 0),
    ],
)
def test_the_exit_status_follows_the_gate(
    repository: Repository, text: str, fail_on: str, status: int
) -> None:
    at = put(repository, text)
    assert redline("review", "--no-tools", "--fail-on", fail_on, at=at).returncode == status


def chosen(repository: Repository, settings: str) -> None:
    """The main branch has these settings."""
    repository.commit({"README.md": "shop\n", ".redline.yaml": settings})


@pytest.mark.parametrize(
    ("settings", "text", "status"),
    [
        ("gate: {profile: strict}", FLOATING, 1),
        ("gate: {profile: observe}", BAD, 0),
        ("gate: {block_on: warning}", WARNS, 1),
        ("gate: {profile: default}", FLOATING, 0),
        ("gate: {profile: strikt}", FLOATING, 0),
    ],
)
def test_the_gate_is_the_repository_s(
    repository: Repository, settings: str, text: str, status: int
) -> None:
    chosen(repository, settings)
    done = redline("review", "--no-tools", at=put(repository, text))
    assert done.returncode == status, done.stdout
    assert ("Its default applies" in done.stdout) == ("strikt" in settings)


def test_the_operator_s_file_holds_in_a_terminal_too(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "operator.yaml"
    file.write_text("defaults: {gate: {profile: strict}, enforce: [gate.profile]}\n")
    chosen(repository, "gate: {profile: observe}\n")
    at = put(repository, FLOATING)
    assert redline("review", "--no-tools", at=at).returncode == 0
    monkeypatch.setenv("REDLINE_CONFIG", str(file))
    assert redline("review", "--no-tools", at=at).returncode == 1
    file.write_text("default: {}\n")
    done = redline("review", "--no-tools", at=at)
    assert done.returncode == 2
    assert f"{file}:1: `default` is no key" in done.stderr


def test_what_is_left_out_is_said_once(repository: Repository) -> None:
    chosen(repository, "exclude: [Dockerfile]\nrules: {named-user: off}\n")
    done = redline("review", "--no-tools", at=put(repository, BAD))
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("not judged, excluded by configuration: Dockerfile\n") == 1
    assert done.stdout.count("Off by configuration: 1 rule.\n") == 1
    assert json.loads(redline("review", "--format", "json", at=repository.path).stdout)["off"] == (
        "1 rule"
    )


def test_a_change_has_no_say_in_its_own_gate(repository: Repository) -> None:
    put(repository, "gate: {profile: observe}\n", ".redline.yaml")
    done = redline("review", "--no-tools", at=put(repository, BAD))
    assert done.returncode == 1
    assert "until it is merged the target branch's holds" in done.stdout


def test_a_fault_in_the_settings_blocks_where_it_comes_in(repository: Repository) -> None:
    put(repository, "version: 1\ngat: {profile: strict}\n", ".redline.yaml")
    done = redline("review", "--no-tools", at=repository.path)
    assert done.returncode == 1
    assert ".redline.yaml:2  blocking  bad-config" in done.stdout
    assert "Did you mean `gate`?" in done.stdout


def test_a_fault_that_is_there_already_holds_nothing_back(repository: Repository) -> None:
    chosen(repository, "gat: {profile: strict}\n")
    put(repository, "gat: {profile: strict}\n# more\n", ".redline.yaml")
    done = redline("review", "--no-tools", at=put(repository, GOOD))
    assert done.returncode == 0, done.stdout
    assert "`.redline.yaml` of the target branch, line 1: `gat` is no key" in done.stdout


@pytest.mark.parametrize("bomb", ["[" * 100_000, "a: &a [*a]\n", "\x00", "- " * 50_000])
def test_settings_that_nobody_can_read_hold_nothing_back(repository: Repository, bomb: str) -> None:
    chosen(repository, bomb)
    done = redline("review", "--no-tools", at=put(repository, GOOD))
    assert done.returncode == 0, done.stdout
    assert "This file cannot be read" in done.stdout


def test_json_is_the_documented_shape(repository: Repository) -> None:
    done = redline("review", "--format", "json", at=put(repository, BAD))
    told = json.loads(done.stdout)
    assert (told["version"], told["outcome"], told["blocks"]) == (1, "failed", True)
    assert told["head"] is None
    assert len(told["merge_base"]) == 40
    [finding] = [each for each in told["findings"] if each["rule"] == "baked-secret"]
    assert (finding["path"], finding["line"], finding["new"]) == ("Dockerfile", 2, True)
    assert finding["anchor"] == {"kind": "line", "path": "Dockerfile", "line": 2, "side": "head"}
    assert [stage["stage"] for stage in told["stages"]] == [
        "kubernetes-rules", "hadolint", "dockerfile-rules", "files-rules",
    ]  # fmt: skip
    assert told["counts"]["blocking"] == 1


def test_two_commits_are_compared_by_name(repository: Repository) -> None:
    put(repository, BAD)
    repository.commit({"Dockerfile": BAD})
    done = redline("review", "--base", "HEAD~1", "--head", "HEAD", "--no-tools", at=repository.path)
    assert done.returncode == 1
    same = redline("review", "--base", "HEAD", "--head", "HEAD", "--no-tools", at=repository.path)
    assert same.returncode == 0
    everything = redline("review", "--all", "--no-tools", at=repository.path)
    assert everything.returncode == 1


def test_the_result_goes_to_a_file(repository: Repository, tmp_path: Path) -> None:
    target = tmp_path / "review.json"
    done = redline("review", "--format", "json", "--output", str(target), at=put(repository, GOOD))
    assert done.stdout == ""
    assert json.loads(target.read_text())["version"] == 1


FORMS: dict[str, Callable[[str], list[Any]]] = {
    "sarif": lambda text: json.loads(text)["runs"][0]["results"],
    "junit": lambda text: list(ET.fromstring(text).iter("failure")),
    "codequality": json.loads,
    "markdown": lambda text: re.findall("baked-secret", text),
    "json": lambda text: json.loads(text)["findings"],
}


@pytest.mark.parametrize("form", FORMS)
def test_each_format_names_what_blocks_and_no_secret(repository: Repository, form: str) -> None:
    done = redline(
        "review", "--no-tools", "--format", form, at=put(repository, BAD, "a b.Dockerfile")
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert len(FORMS[form](done.stdout)) == 1
    assert "sk_live" not in done.stdout


def test_reports_are_written_beside_what_people_read(
    repository: Repository, tmp_path: Path
) -> None:
    at = put(repository, BAD)
    wanted = [f"--report={form}={tmp_path / form}" for form in FORMS]
    done = redline("review", "--no-tools", *wanted, at=at)
    assert done.returncode == 1
    assert "Dockerfile:2  blocking  baked-secret" in done.stdout
    for form, found in FORMS.items():
        assert found((tmp_path / form).read_text()), form


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--report", "sarif"], "write FORMAT=FILE"),
        (["--report", "sarif="], "write FORMAT=FILE"),
        (["--report", "xml=a.xml"], "the formats are json, sarif, junit"),
        (["--report", "sarif=a", "--report", "junit=./a"], "two reports would be written to "),
        (["--report", "sarif=-"], "two reports would be written to stdout"),
        (["--format", "sarif", "--output", "."], "is a folder"),
        (["--output", "no/such/folder.txt"], "No such file or directory"),
    ],
)
def test_what_cannot_be_written_is_said_before_the_review(
    repository: Repository, arguments: list[str], said: str
) -> None:
    done = redline("review", *arguments, at=put(repository, BAD))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("redline: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_what_a_terminal_shows_goes_to_a_file_too(repository: Repository, tmp_path: Path) -> None:
    target = tmp_path / "review.txt"
    done = redline("review", "--no-tools", "--output", str(target), at=put(repository, BAD))
    assert (done.returncode, done.stdout) == (1, "")
    assert "Dockerfile:2  blocking  baked-secret" in target.read_text()


def test_a_page_stands_alone_and_names_no_secret(repository: Repository, tmp_path: Path) -> None:
    target, at = tmp_path / "review.html", put(repository, BAD)
    done = redline("review", "--no-tools", "--format", "html", "--output", str(target), at=at)
    html = target.read_text("utf-8")
    assert (done.returncode, done.stdout) == (1, "")
    assert html.startswith("<!doctype html>")
    assert "<h1>Blocks merge: 1 baked-secret</h1>" in html
    assert "ENV API_TOKEN=[hidden]" in html
    assert "sk_live" not in html
    assert "Content-Security-Policy" in html
    assert "/redline" not in html  # there is no change to comment on


def test_no_repository_is_wrong_use(tmp_path: Path) -> None:
    done = redline("review", at=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("redline: ")
    assert "Traceback" not in done.stderr


def test_an_unknown_commit_is_named(repository: Repository) -> None:
    done = redline("review", "--base", "no-such-branch", at=repository.path)
    assert done.returncode == 2
    assert "no-such-branch" in done.stderr


def test_names_that_move_the_cursor_are_shown_inert(repository: Repository) -> None:
    at = put(repository, BAD, "\x1b[2Jx.Dockerfile")
    done = redline("review", "--no-tools", at=at)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert "\\x1b[2Jx.Dockerfile:2" in done.stdout


def test_the_source_is_shown_as_an_editor_shows_it(repository: Repository) -> None:
    text = BAD.replace("\n", "\r\n") + "RUN a && \\\r\n\tb\r\n"
    done = redline("review", "--no-tools", at=put(repository, text))
    shown = [line for line in done.stdout.splitlines() if " | " in line]
    assert shown == [
        "        1 | FROM python:3.12.3-slim",
        "  >     2 | ENV API_TOKEN=[hidden]",
        "        3 | USER 10001:10001",
        "        4 | RUN a && \\",
    ]
