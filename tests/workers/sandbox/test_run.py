"""What a program gets, what it may do, and how it ends."""

import shutil
import sys
import threading
from pathlib import Path

import pytest

from workers.sandbox import Ended, Limits, Missing, Ran, Way, run

HADOLINT = Path(sys.prefix, "bin", "hadolint")


def sh(script: str, work: Path, way: Way, limits: Limits = Limits()) -> Ran:  # noqa: B008
    return run(["sh", "-c", script], work=work, way=way, limits=limits)


def test_it_reads_the_folder_and_answers(work: Path, way: Way) -> None:
    ran = sh("cat ./Dockerfile; echo oops >&2; exit 3", work, way)
    assert (ran.exit, ran.stdout, ran.ended) == (3, b"FROM debian\n", Ended.EXITED)
    assert b"oops" in ran.stderr
    assert 0 < ran.seconds < 20


def test_it_is_nobody_with_an_empty_environment(
    work: Path, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDLINE_GITHUB_TOKEN", "secret")
    ran = sh("id -u; env", work, way)
    user, *variables = ran.stdout.decode().splitlines()
    assert user != "0"
    names = {line.partition("=")[0] for line in variables}
    assert names <= {"PATH", "HOME", "TMPDIR", "LANG", "PWD", "SHLVL", "OLDPWD", "_"}


def test_it_writes_to_its_own_folder_only_and_leaves_nothing(work: Path, way: Way) -> None:
    ran = sh('touch "$TMPDIR/x" && echo wrote; echo more >> Dockerfile; touch new', work, way)
    assert ran.stdout == b"wrote\n"
    assert [path.name for path in work.iterdir()] == ["Dockerfile"]
    assert (work / "Dockerfile").read_text(encoding="utf-8") == "FROM debian\n"


def test_a_real_tool(work: Path, way: Way) -> None:
    ran = run([str(HADOLINT), "--format", "json", "./Dockerfile"], work=work, way=way)
    assert ran.exit == 1
    assert b"DL3006" in ran.stdout


def test_a_tool_where_nobody_else_can_look(work: Path, way: Way, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(0o700)
    tool, config = closed / "tool", closed / "config"
    tool.write_text('#!/bin/sh\ncat "$1"\n', encoding="utf-8")
    tool.chmod(0o700)
    config.write_text("told\n", encoding="utf-8")
    ran = run([str(tool), str(config)], work=work, way=way, programs=[config])
    assert (ran.exit, ran.stdout) == (0, b"told\n")


def test_what_was_not_named_is_not_there(work: Path, way: Way, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret", encoding="utf-8")
    ran = sh(f"cat {tmp_path}/key", work, way)
    assert (ran.exit, ran.stdout) == (1, b"")


def test_links_out_of_the_folder_lead_nowhere(work: Path, way: Way, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret", encoding="utf-8")
    (work / "link").symlink_to(tmp_path / "key")
    (work / "up").symlink_to("../../../../../etc/shadow")
    ran = sh("cat link up", work, way)
    assert (ran.exit, ran.stdout) == (1, b"")


@pytest.mark.parametrize("name", ["no-such-program", "/nowhere/no-such-program"])
def test_a_missing_program_is_named(work: Path, way: Way, name: str) -> None:
    with pytest.raises(Missing, match="no-such-program"):
        run([name], work=work, way=way)


def test_the_time_limit_ends_the_whole_group(work: Path, way: Way) -> None:
    ran = sh("trap '' TERM; setsid sleep 51 & sleep 51", work, way, Limits(seconds=0.3))
    assert ran.ended is Ended.TIMED_OUT
    assert ran.seconds < 5


def test_a_program_that_closed_its_output_is_still_held_to_its_time(work: Path, way: Way) -> None:
    ran = sh("exec >&- 2>&-; sleep 0.4; exit 4", work, way)
    assert (ran.exit, ran.ended) == (4, Ended.EXITED)


def test_endless_output_is_cut_and_not_kept(work: Path, way: Way) -> None:
    ran = sh("setsid yes & yes >&2", work, way, Limits(output=100_000))
    assert ran.ended is Ended.OUTPUT_CUT
    assert len(ran.stdout) <= 100_000
    assert len(ran.stderr) <= 100_000


def test_a_signal_is_told(work: Path, way: Way) -> None:
    ran = sh("kill -9 $$", work, way)
    assert (ran.exit, ran.ended) == (137, Ended.SIGNALLED)


@pytest.mark.skipif(not shutil.which("python3", path="/usr/bin"), reason="no /usr/bin/python3")
def test_memory_and_processes_are_limited(work: Path, way: Way) -> None:
    limits = Limits(memory=64 << 20, processes=8)
    ran = run(
        ["python3", "-c", "print(len(bytearray(200 << 20)))"], work=work, way=way, limits=limits
    )
    assert ran.stdout == b""
    ran = sh("for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1 & done; echo all", work, way, limits)
    assert b"all" not in ran.stdout


def test_runs_at_once_do_not_mix(work: Path, way: Way) -> None:
    answers: dict[int, Ran] = {}

    def one(number: int) -> None:
        answers[number] = sh(f"echo {number}; exit {number}", work, way)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {n: (ran.exit, ran.stdout) for n, ran in answers.items()} == {
        n: (n, b"%d\n" % n) for n in range(8)
    }


def descriptors() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


def test_descriptors_are_given_back(work: Path, way: Way) -> None:
    sh("true", work, way)
    before = descriptors()
    for _ in range(5):
        sh("true", work, way)
    assert descriptors() == before


def test_off_keeps_the_limits(work: Path) -> None:
    ran = sh("env; sleep 51", work, Way.OFF, Limits(seconds=0.3))
    assert ran.ended is Ended.TIMED_OUT
    assert b"REDLINE" not in ran.stdout
    assert b"HOME=" in ran.stdout
