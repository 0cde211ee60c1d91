"""A caller that is killed leaves nothing behind."""

import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from workers.sandbox import Refused, Way, explain, run, sandlock, self_test

CALLER = """
import sys
from pathlib import Path
from workers.sandbox import Way, run, sandlock
sandlock._WATCHED = sys.argv[4] == "watched"
run(["sh", "-c", sys.argv[3]], work=Path(sys.argv[1]), way=Way(sys.argv[2]))
"""


def marked(mark: str) -> list[int]:
    """Processes, other than the caller, that have the mark in their arguments."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        words = process.info["cmdline"] or []
        if any(mark in word for word in words) and CALLER not in words:
            found.append(process.info["pid"])
    return found


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.mark.parametrize("watched", ["watched", "unwatched"])
def test_nothing_outlives_a_killed_caller(way: Way, watched: str, work: Path) -> None:
    if way is not Way.SANDLOCK and watched != "watched":
        pytest.skip("bubblewrap has one form")
    mark = f"mark-{uuid.uuid4()}"
    script = f": {mark}; setsid sh -c ': {mark}; sleep 97; :' & sleep 98; :"
    caller = subprocess.Popen([sys.executable, "-c", CALLER, str(work), way, script, watched])
    try:
        until(lambda: len(marked(mark)) >= 2, "the program never started")
    finally:
        caller.send_signal(signal.SIGKILL)
        caller.wait()
    until(lambda: not marked(mark), "the program outlived its caller")


@pytest.mark.parametrize("watched", [True, False])
def test_a_killed_supervisor_leaves_nothing(
    watched: bool, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if self_test(Way.SANDLOCK):
        pytest.skip(explain(Way.SANDLOCK))
    monkeypatch.setattr(sandlock, "_WATCHED", watched)
    mark = f"mark-{uuid.uuid4()}"
    script = f": {mark}; setsid sh -c ': {mark}; sleep 97; :' & sleep 98; :"
    with ThreadPoolExecutor() as pool:
        ran = pool.submit(run, ["sh", "-c", script], work=work, way=Way.SANDLOCK)
        until(lambda: len(marked(mark)) >= 2, "the program never started")
        assert sandlock._launcher._process is not None
        [supervisor] = psutil.Process(sandlock._launcher._process.pid).children()
        supervisor.kill()
        with pytest.raises(Refused, match="has died"):
            ran.result(20)
    until(lambda: not marked(mark), "the program outlived its supervisor")


def test_a_killed_launcher_is_replaced(work: Path) -> None:
    if sandlock._launcher._process is None:
        run(["true"], work=work, way=Way.SANDLOCK)
    process = sandlock._launcher._process
    if process is None:
        pytest.skip("sandlock does not work here")
    process.kill()
    process.wait()
    assert run(["true"], work=work, way=Way.SANDLOCK).exit == 0
