"""The hostile program is stopped where there is a sandbox, and succeeds where there is none."""

import pytest

from workers.sandbox import Way, sandlock, selftest

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


@pytest.mark.parametrize("version", [2, 4, 5])
def test_sandlock_holds_on_older_kernels(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian 12's kernel knows Landlock's version 2; what it lacks is taken by seccomp."""
    if selftest.self_test(Way.SANDLOCK):
        pytest.skip("sandlock does not work here")
    monkeypatch.setattr(sandlock, "_NEWEST", version)
    assert selftest.self_test(Way.SANDLOCK) == []
