"""A child with stages that go wrong: ``faulty_child.py FAULT FOLDER DESCRIPTOR``.

It is started as the real one is, and differs in its stages alone, or in what it says.
"""

import ctypes
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.review import Outcome, StageResult
from rules.finding import Finding, Location, Severity
from workers import child
from workers.pipe import AskMarked, Ended, Find, ListFolder, Pipe, Read, Started, Task
from workers.project import Judged, Project, Unchecked
from workers.step import Step
from workers.touched import always

FINE, FAULTY = "fine", "faulty"
FAULT, FOLDER, DESCRIPTOR = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])


@dataclass
class Stage:
    NAME: str
    run: Callable[[Project], Judged]


def fine(project: Project) -> Judged:
    """One finding for each file."""
    files = project.tree.read(project.paths)
    return Judged(
        tuple(
            Finding("rule", Severity.WARNING, Location(path, 1), data.hex(), "", path, "")
            for path, data in files.items()
        )
    )


def hang(_project: Project) -> Judged:
    threading.Event().wait()
    return Judged()


def marked(what: Callable[[Project], Judged]) -> Callable[[Project], Judged]:
    """Say first, to those who watch the folder, that it has begun."""

    def run(project: Project) -> Judged:
        (FOLDER / "pid.new").write_text(str(os.getpid()))
        (FOLDER / "pid.new").rename(FOLDER / "pid")
        return what(project)

    return run


def hold(_project: Project) -> Judged:
    """Never let another thread of this process run."""
    re.fullmatch(r"(a|a)*b", "a" * 100)
    return Judged()


def start(_project: Project) -> Judged:
    subprocess.Popen(["/bin/sleep", "1234"])
    return hang(_project)


def crash(_project: Project) -> Judged:
    raise ValueError("a-secret")


def use_up(_project: Project) -> Judged:
    return Judged(notes=("x" * (16 << 30),))


def report(_project: Project) -> Judged:
    """What this process is like."""
    libc = ctypes.CDLL(None)
    return Judged(
        notes=(
            repr({name: value for name, value in os.environ.items() if name != "LC_CTYPE"}),
            f"dumpable {libc.prctl(3, 0, 0, 0, 0)}",
            f"core {resource.getrlimit(resource.RLIMIT_CORE)}",
            f"data {resource.getrlimit(resource.RLIMIT_DATA)[0]}",
            f"scratch {tempfile.gettempdir()}",
        )
    )


def noise(project: Project) -> Judged:
    os.write(1, b"a-secret\n" * 100_000)
    os.write(2, b"\x1b[31mend")
    return fine(project)


def leave(_project: Project) -> Judged:
    os._exit(3)


def unchecked(_project: Project) -> Judged:
    raise Unchecked("no such tool")


STAGES = {
    "fine": fine,
    "hangs": marked(hang),
    "holds": hold,
    "starts": marked(start),
    "crashes": crash,
    "uses up": use_up,
    "reports": report,
    "noise": noise,
    "leaves": leave,
    "unchecked": unchecked,
}


def speak(fault: str) -> None:
    """Say what no child says."""
    pipe = Pipe(DESCRIPTOR)
    task: Task = pipe.receive(Task)
    sha = "1234567890" * 4
    pipe.send(Started(FINE, ""))
    pipe.send(Ended(StageResult(FINE, "", Outcome.PASSED)))
    said = {
        "another commit": Find(sha, ("a",)),
        "a folder of another commit": ListFolder(sha, "a"),
        "another file": Read((sha,)),
        "an option": Read(("--batch-all-objects",)),
        "another stage": Started("unheard", ""),
        "a stage twice": Ended(StageResult(FINE, "", Outcome.FAILED)),
        "odd paths": AskMarked(("../../etc/passwd", "/etc/passwd", "a\0b", "", "a", "./a")),
        "a tree's file": Read((task.head,)),
    }
    if fault == "garbage":
        os.write(DESCRIPTOR, b"Traceback (most recent call last):\n" * 10)
    elif fault == "deaf":
        for _ in range(100):
            pipe.send(Read(tuple(file.new_sha for file in task.diff.files) * 1000))
    elif fault == "silent":
        pass
    else:
        pipe.send(said[fault])
    signal.pause()


if FAULT in STAGES:
    child.main(
        (
            Step(Stage(FINE, fine), "file", lambda _path, entry: entry.regular, always),
            Step(Stage(FAULTY, STAGES[FAULT]), "file", lambda _path, entry: entry.regular, always),
        )
    )
elif FAULT == "absent":
    sys.exit(1)
else:
    speak(FAULT)
