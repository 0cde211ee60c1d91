"""A review in a real child process, which may die, hang, flood and lie."""

import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from bot.change import Change
from bot.review import Outcome, StageResult
from tests.workers.conftest import Make
from workers import parent
from workers.checkout import CheckoutError, Unreachable, fetched
from workers.parent import Event, Program, Wishes
from workers.pipe import Ended, Started
from workers.project import STAGE_NAMES

CHILD = Path(__file__).with_name("faulty_child.py")
Run = Callable[..., dict[str, StageResult]]


def program(fault: str, folder: Path) -> Program:
    argv = (sys.executable, "-I", str(CHILD), fault, str(folder))
    return Program(argv, ("fine", "faulty"))


@pytest.fixture
def change(given_change: Make) -> Change:
    return given_change({"a": "1\n"}, {"a": "2\n", "b\n\udcff": "3\n"})


@pytest.fixture
def run(change: Change, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Review the change with a child of this fault; afterwards nothing of it is left."""

    def review(
        fault: str, progress: Callable[[Event | None], None] = lambda _: None, **wishes: float
    ) -> dict[str, StageResult]:
        with fetched(change, "", tmp_path / "state", local=True) as checkout:
            wanted = Wishes(**{"stage_seconds": 30, "review_seconds": 30, **wishes})  # type: ignore[arg-type]
            results = parent.run(checkout, wanted, progress, program(fault, tmp_path))
        assert [result.stage for result in results] == ["fine", "faulty"]
        return {result.stage: result for result in results}

    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    others = set(below())  # such as a database that other tests use
    yield review
    assert not set(below()) - others
    assert not [one for one in psutil.process_iter(["cmdline"]) if one.info["cmdline"] == SLEEP]
    assert not list((tmp_path / "tmp").iterdir())


def below() -> list[psutil.Process]:
    """What runs below this process; what has ended and is only not yet taken away is nothing."""
    every = psutil.Process().children()
    return [one for one in every if one.status() != psutil.STATUS_ZOMBIE]


SLEEP = ["/bin/sleep", "1234"]


def test_a_child_that_does_its_work(run: Run) -> None:
    events: list[Event | None] = []
    results = run("fine", events.append)
    assert [result.outcome for result in results.values()] == [Outcome.PASSED] * 2
    assert [(one.location.path, one.message) for one in results["fine"].findings] == [
        ("a", "320a"),
        ("b\n\udcff", "330a"),
    ]
    assert [type(event) for event in events if event] == [Started, Started, Ended, Ended]


def test_a_stage_that_crashes_is_unchecked_without_its_words(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    results = run("crashes")
    assert results["fine"].outcome is Outcome.PASSED
    assert results["faulty"].outcome is Outcome.UNCHECKED
    assert results["faulty"].reason == "faulty crashed: ValueError"
    assert "ValueError < crash" in caplog.text
    assert "a-secret" not in caplog.text


def test_a_stage_that_gives_its_reason(run: Run) -> None:
    assert run("unchecked")["faulty"].reason == "no such tool"


def test_a_stage_that_uses_up_memory_is_unchecked(run: Run) -> None:
    results = run("uses up")
    assert results["fine"].outcome is Outcome.PASSED
    assert results["faulty"].reason == "faulty crashed: MemoryError"


def test_a_stage_over_its_limit_is_unchecked_and_others_go_on(run: Run) -> None:
    results = run("hangs", stage_seconds=0.5)
    assert results["fine"].outcome is Outcome.PASSED
    assert results["faulty"].outcome is Outcome.UNCHECKED
    assert results["faulty"].reason == "it took longer than 0.5 s"


def test_a_child_that_is_stuck_is_killed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parent, "_GRACE", 0.2)
    results = run("holds", stage_seconds=0.3)
    assert results["faulty"].outcome is Outcome.UNCHECKED
    assert "longer than 0.3 s" in results["faulty"].reason


def test_a_review_over_its_limit_ends_with_what_it_has(run: Run) -> None:
    results = run("hangs", review_seconds=1.5)
    assert results["fine"].outcome is Outcome.PASSED
    assert results["faulty"].reason == "the review took longer than 1.5 s"


def test_a_child_that_is_killed_leaves_what_it_had_found(run: Run, tmp_path: Path) -> None:
    def kill(event: Event | None) -> None:
        if isinstance(event, Ended):
            deadline = time.monotonic() + 10
            while not (tmp_path / "pid").exists():
                assert time.monotonic() < deadline
            os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)

    results = run("hangs", kill)
    assert results["fine"].outcome is Outcome.PASSED
    assert len(results["fine"].findings) == 2
    assert results["faulty"].outcome is Outcome.UNCHECKED
    assert results["faulty"].reason == "the process that reviews has died"


@pytest.mark.parametrize("fault", ["leaves", "absent"])
def test_a_child_that_leaves(run: Run, fault: str) -> None:
    results = run(fault)
    assert results["faulty"].outcome is Outcome.UNCHECKED
    assert results["faulty"].reason == "the process that reviews has died"


@pytest.mark.parametrize(
    "fault",
    [
        "garbage",
        "another commit",
        "a folder of another commit",
        "another file",
        "an option",
        "another stage",
        "a stage twice",
        "a tree's file",
    ],
)
def test_a_child_that_talks_nonsense(run: Run, fault: str) -> None:
    results = run(fault)
    assert results["fine"].outcome is Outcome.PASSED
    assert results["faulty"].outcome is Outcome.UNCHECKED
    assert "nonsense" in results["faulty"].reason


@pytest.mark.parametrize("fault", ["silent", "deaf", "odd paths"])
def test_a_child_that_neither_speaks_nor_listens(run: Run, fault: str) -> None:
    results = run(fault, review_seconds=1)
    assert results["fine"].outcome is Outcome.PASSED
    assert results["faulty"].reason == "the review took longer than 1 s"


def test_what_a_tool_prints_disturbs_nothing(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    assert len(run("noise")["faulty"].findings) == 2
    assert r"\x1b[31mend" in caplog.text
    assert len(caplog.text) < 10_000


def test_the_child_has_nothing_of_ours(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDLINE_GITHUB_TOKEN", "a-secret")
    monkeypatch.setenv("PYTHONPATH", "/nonexistent")
    notes = run("reports")["faulty"].notes
    assert notes[:4] == ("{}", "dumpable 0", "core (0, 0)", f"data {4 << 30}")
    assert "a-secret" not in "".join(notes)
    assert notes[-1].startswith(f"scratch {tempfile.gettempdir()}/redline-child-")


def test_a_tool_that_the_child_started_dies_with_it(run: Run) -> None:
    assert run("starts", review_seconds=1)["faulty"].outcome is Outcome.UNCHECKED


def test_what_progress_raises_ends_the_review(run: Run) -> None:
    class Superseded(Exception):
        pass

    def tell(event: Event | None) -> None:
        if event is None:
            raise Superseded

    with pytest.raises(Superseded):
        run("hangs", tell)


def test_a_file_that_is_not_to_be_had_ends_the_review(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise Unreachable("the forge did not answer")

    monkeypatch.setattr(parent._Conversation, "_blobs", gone)
    with pytest.raises(CheckoutError):
        run("fine")


def test_more_files_than_are_reviewed_start_no_child(given_change: Make, tmp_path: Path) -> None:
    large = given_change({"x": "x\n"}, {f"{n}.yaml": "x\n" for n in range(3001)})
    absent = Program(("/nonexistent",))
    with fetched(large, "", tmp_path, local=True) as checkout:
        results = parent.run(checkout, Wishes(), lambda _: None, absent)
    assert [result.stage for result in results] == list(STAGE_NAMES)
    assert {result.outcome for result in results} == {Outcome.UNCHECKED}
    assert {result.reason for result in results} == {
        "the change has 3,001 files; at most 3,000 are reviewed"
    }


ALONE = """
import sys
from pathlib import Path
from workers import parent
from workers.checkout import local
argv = (sys.executable, "-I", sys.argv[2], "starts", sys.argv[3])
with local(Path(sys.argv[1]), None, "change") as checkout:
    program = parent.Program(argv, ("fine", "faulty"))
    parent.run(checkout, parent.Wishes(), lambda _: None, program)
"""


def test_the_child_dies_with_its_parent(change: Change, tmp_path: Path) -> None:
    forge = change.clone_url.removeprefix("file://")
    argv = [sys.executable, "-c", ALONE, forge, str(CHILD), str(tmp_path)]
    with subprocess.Popen(argv) as above:
        deadline = time.monotonic() + 20
        while not (tmp_path / "pid").exists():
            assert time.monotonic() < deadline
            assert above.poll() is None
        below = psutil.Process(int((tmp_path / "pid").read_text()))
        above.kill()
    assert not psutil.wait_procs([below], timeout=10)[1]
    for one in psutil.process_iter(["cmdline"]):
        if one.info["cmdline"] == SLEEP:
            one.kill()  # without a sandbox nothing ends it: that is why tools run in one


def test_the_stages_are_named_as_they_are_shown(change: Change, tmp_path: Path) -> None:
    with fetched(replace(change), "", tmp_path / "state", local=True) as checkout:
        results = parent.run(checkout, Wishes(), lambda _: None)
    assert [result.stage for result in results] == list(STAGE_NAMES)
    assert {result.outcome for result in results} == {Outcome.NOT_NEEDED}


@pytest.fixture(autouse=True)
def _warnings(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
