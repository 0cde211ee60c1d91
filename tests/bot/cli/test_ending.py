"""How a review in a terminal ends when it is told to, or cannot say what it found."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.repositories import Repository

BAD = "FROM python:3.12.3-slim\nENV API_TOKEN=sk_live_8f2b61c09d4e7a35\n"
REDLINE = [sys.executable, "-m", "bot.cli"]
REVIEW = [*REDLINE, "review", "--no-tools"]
PRINTING = {
    "review": REVIEW,
    "review as json": [*REVIEW, "--format", "json"],
    "rules": [*REDLINE, "rules"],
    "one rule": [*REDLINE, "rules", "named-user"],
    "doctor": [*REDLINE, "doctor"],
}
SLOW_GIT = """\
#!/bin/sh
case "$*" in *merge-base*) touch "$REACHED"; exec sleep 60;; esac
exec {git} "$@"
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository.create(tmp_path / "shop")
    made.commit({"README.md": "shop\n"})
    (made.path / "Dockerfile").write_text(BAD)
    return made


def environment(**more: str) -> dict[str, str]:
    not_kept = ("REDLINE_", "PYTHON")  # PYTHONUNBUFFERED would hide what happens at the exit
    kept = {name: value for name, value in os.environ.items() if not name.startswith(not_kept)}
    return kept | more


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_behind(
    sign: signal.Signals, repository: Repository, tmp_path: Path
) -> None:
    reached, folder, scratch = tmp_path / "reached", tmp_path / "bin", tmp_path / "scratch"
    folder.mkdir()
    scratch.mkdir()
    (folder / "git").write_text(SLOW_GIT.format(git="/usr/bin/git"))
    (folder / "git").chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    process = subprocess.Popen(
        REVIEW, cwd=repository.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(PATH=path, REACHED=str(reached), TMPDIR=str(scratch)), process_group=0,
    )  # fmt: skip
    while not reached.exists():
        assert process.poll() is None
        time.sleep(0.01)
    family = psutil.Process(process.pid).children(recursive=True)
    assert any("workers.child" in " ".join(one.cmdline()) for one in family)
    if sign is signal.SIGINT:
        os.killpg(process.pid, sign)  # as a terminal does
    else:
        process.send_signal(sign)
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout, stderr) == (128 + sign, "", "")
    assert psutil.wait_procs(family, 10)[1] == []
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("name", PRINTING)
def test_a_reader_that_is_gone_is_no_finding(name: str, repository: Repository) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        PRINTING[name], cwd=repository.path, stdout=writing, stderr=subprocess.PIPE,
        text=True, check=False, timeout=60, env=environment(),
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


def run(repository: Repository, *more: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*REVIEW, *more], cwd=repository.path, capture_output=True, text=True, check=False,
        timeout=60, env=environment(**env),
    )  # fmt: skip


@pytest.mark.parametrize("name", PRINTING)
def test_a_full_disk_is_said_in_a_line(name: str, repository: Repository) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            PRINTING[name], cwd=repository.path, stdout=full, stderr=subprocess.PIPE,
            text=True, check=False, timeout=60, env=environment(),
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, "redline: No space left on device\n")


@pytest.mark.parametrize("target", ["missing/review.json", "."])
def test_an_output_that_cannot_be_written_is_named(target: str, repository: Repository) -> None:
    done = run(repository, "--output", target)
    assert done.returncode == 2
    assert done.stderr.startswith(f"redline: {target}: ")
    assert done.stderr.count("\n") == 1


def test_an_output_is_kept_when_there_is_no_review(repository: Repository, tmp_path: Path) -> None:
    kept, new = tmp_path / "kept.json", tmp_path / "new.json"
    kept.write_text("of before")
    for target in (kept, new):
        done = run(repository, "--base", "nowhere", "--output", str(target))
        assert done.returncode == 2
    assert kept.read_text() == "of before"
    assert not new.exists()


def test_a_terminal_without_umlauts_shows_them_some_way(repository: Repository) -> None:
    (repository.path / "bär.Dockerfile").write_text(BAD)
    done = run(repository, PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert "b\\xe4r.Dockerfile:2" in done.stdout
    assert done.stderr == ""


def test_the_server_s_settings_hold_in_a_terminal_too(repository: Repository) -> None:
    wrong = run(repository, REDLINE_SANDBOX="sometimes", REDLINE_STAGE_SECONDS="soon")
    assert wrong.returncode == 2
    assert "REDLINE_SANDBOX" in wrong.stderr
    assert "REDLINE_STAGE_SECONDS" in wrong.stderr
    others = run(repository, REDLINE_STAGE_SECONDS="5", REDLINE_LEASE_SECONDS="soon")
    assert others.returncode == 1
    assert others.stderr == ""


def test_what_was_compared_is_said(repository: Repository) -> None:
    (repository.path / "README.md").write_text("shop\n")
    since = repository.git("rev-parse", "--short=7", "HEAD")
    assert f"(1 file changed since {since})" in run(repository).stdout
    (repository.path / "Dockerfile").unlink()
    assert f"(nothing differs from {since}; --base" in run(repository).stdout
    assert "(every file judged as new)" in run(repository, "--all").stdout


def test_no_sandbox_is_said(repository: Repository) -> None:
    argv = [word for word in REVIEW if word != "--no-tools"]
    done = subprocess.run(
        [*argv, "--format", "text"], cwd=repository.path, capture_output=True, text=True,
        check=False, timeout=60, env=environment(REDLINE_SANDBOX="off"),
    )  # fmt: skip
    assert "without a sandbox" in done.stdout
    assert "without a sandbox" not in run(repository, REDLINE_SANDBOX="off").stdout


def test_json_of_odd_names_can_be_read(repository: Repository) -> None:
    odd = os.fsdecode(b'a\xff"\n.Dockerfile')
    (repository.path / odd).write_text(BAD)
    told = json.loads(run(repository, "--format", "json").stdout)
    assert odd in {finding["path"] for finding in told["findings"]}
