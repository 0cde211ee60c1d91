"""The counters of ``make bench`` that are cheap enough to be held in every test run."""

from pathlib import Path

from tests.bench import counters, given
from tests.bench.measure import Cost, Rounds


def test_a_larger_repository_costs_no_more_git_objects(tmp_path: Path) -> None:
    small, large = (
        counters.objects(given.changed(tmp_path / f"{size}", size, 5)) for size in (50, 1000)
    )
    assert small == large
    assert small["listing"] == 2  # head's and the merge base's trees, once each
    assert small["read"] > 5


def test_programs_are_counted_where_lines_are_cut_in_two() -> None:
    trace = """\
1 execve("/usr/bin/git", ["git"], 0x1 /* 2 vars */ <unfinished ...>
2 execve("/usr/bin/bwrap", ["bwrap"], 0x1 /* 2 vars */) = 0
1 <... execve resumed>)             = 0
3 execve("/usr/local/bin/git", ["git"], 0x1 /* 2 vars */) = -1 ENOENT (No such file or directory)
3 execve("/usr/bin/git", ["git"], 0x1 /* 2 vars */) = 0
"""
    assert counters.programs(trace) == {"git": 2, "bwrap": 1}


def test_files_of_the_change_and_of_git_are_none_outside_it(tmp_path: Path) -> None:
    folder = given.changed(tmp_path / "shop", 50, 5)
    inside = next(iter(given.change(5)))
    names = (inside, "services/service-00000/part_0.go", ".git/index", "services")
    trace = "".join(f'1 openat(AT_FDCWD, "{folder}/{name}", O_RDONLY) = 3\n' for name in names)
    assert counters.opened(trace, folder) == {"services/service-00000/part_0.go": 1}


def test_ratios_are_of_pairs_and_leave_out_what_idling_costs() -> None:
    costs = {
        "a": [Cost(4, 0), Cost(9, 0), Cost(30, 0)],
        "b": [Cost(2, 0), Cost(3, 0), Cost(3, 0)],
        "idle": [Cost(1, 0), Cost(1, 0), Cost(1, 0)],
    }
    ran = Rounds(costs)
    assert ran.ratio("a", "b") == 3
    assert ran.beyond({"a": "idle", "b": "idle"}).ratio("a", "b") == 4
