"""The hostile program is stopped where there is a sandbox, and succeeds where there is none."""

import subprocess
import sys
from pathlib import Path

import pytest

from workers.sandbox import Ended, Way, explain, run, sandlock, self_test, selftest

HADOLINT = Path(sys.prefix, "bin", "hadolint")
IN_DOCKER = """
from workers.sandbox import Way, self_test
from workers.sandbox.launcher import filtering
filtering.refuse(["pidfd_getfd", "kcmp", "process_madvise", "bpf", "userfaultfd"])
print(self_test(Way.SANDLOCK))
"""

REACHED_WITHOUT = {
    "see other processes",
    "trace a process",
    "connect over TCP",
    "connect to a unix socket",
    "connect to an abstract socket",
    "start more processes than allowed",
    "signal a process",
    "send over UDP",
    "fill the disk",
}


def test_a_way_that_holds_has_no_faults(way: Way) -> None:
    assert selftest.self_test(way) == []


def test_without_a_sandbox_everything_is_reached() -> None:
    """Else the test above would prove nothing."""
    reached = selftest.self_test(Way.OFF)
    assert set(reached) >= REACHED_WITHOUT
    for beginning in (
        "read ",
        "truncate ",
        "change the mode ",
        "write to ",
        "read the environment",
    ):
        assert [one for one in reached if one.startswith(beginning)], beginning


@pytest.fixture
def sandlocked() -> None:
    if self_test(Way.SANDLOCK):
        pytest.skip(explain(Way.SANDLOCK))


@pytest.mark.usefixtures("sandlocked")
@pytest.mark.parametrize("watched", [True, False])
@pytest.mark.parametrize("version", [2, 5, 99])
def test_sandlock_holds_on_older_kernels_and_unwatched(
    version: int, watched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian 12's kernel knows Landlock's version 2; Docker lets nobody watch."""
    monkeypatch.setattr(sandlock, "_NEWEST", version)
    monkeypatch.setattr(sandlock, "_WATCHED", watched)
    assert selftest.self_test(Way.SANDLOCK) == []


@pytest.mark.usefixtures("sandlocked")
def test_a_tool_works_unwatched(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandlock, "_WATCHED", False)
    ran = run([str(HADOLINT), "./Dockerfile"], work=work, way=Way.SANDLOCK)
    assert (ran.exit, ran.stderr, ran.ended) == (1, b"", Ended.EXITED)
    assert b"DL3006" in ran.stdout
    ran = run(["sh", "-c", "kill -9 $$"], work=work, way=Way.SANDLOCK)
    assert (ran.exit, ran.ended) == (137, Ended.SIGNALLED)


def test_a_seccomp_profile_without_pidfd_getfd_is_noticed() -> None:
    """As in Docker: the whole self-test, below a filter that refuses what Docker refuses."""
    ran = subprocess.run(
        [sys.executable, "-c", IN_DOCKER], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout in ("[]\n", "['this kernel has no Landlock']\n")
