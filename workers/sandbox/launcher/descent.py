"""The processes that descend from this one, wherever they went.

All of /proc is read as bytes: a codec that is not loaded yet may lie where nobody cannot read it.
"""

import ctypes
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


def adopt() -> None:
    """What a descendant leaves behind becomes a child of this process, so that it can be found."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def processes() -> Iterator[Path]:
    """The folder of every process that can be seen."""
    return (entry for entry in Path("/proc").iterdir() if entry.name.isdecimal())


def children() -> Iterator[int]:
    """The ids of this process's children, adopted ones too."""
    ours = str(os.getpid()).encode()
    for process in processes():
        with suppress(OSError):  # it has ended since
            if (process / "stat").read_bytes().rpartition(b")")[2].split()[1] == ours:
                yield int(process.name)


def end_strays() -> None:
    """Kill and collect children until none is left."""
    with suppress(ChildProcessError):
        while True:
            if not os.waitpid(-1, os.WNOHANG)[0]:  # looking through /proc is for when there are any
                for stray in children():
                    os.kill(stray, signal.SIGKILL)
                os.waitpid(-1, 0)


def tasks_of_user() -> int:
    """How many threads run under this process's user id: what RLIMIT_NPROC counts."""
    ours = b"\nUid:\t%d\t" % os.getuid()
    count = 0
    for process in processes():
        with suppress(OSError):
            status = (process / "status").read_bytes()
            if ours in status:
                count += int(status.partition(b"\nThreads:\t")[2].split(maxsplit=1)[0])
    return count


def open_files() -> Iterator[Path]:
    """The descriptors of all processes that this one may look at."""
    for process in processes():
        with suppress(OSError):
            yield from (process / "fd").iterdir()
