"""Serve runs until the asker is gone.

    python -I -S launcher/ FOLDER-OF-SANDLOCK SOCKET USER|-

sandlock watches over a program from within the process that asks for it, and leaves grandchildren
behind when that process is killed (measured, 0.9.0). So this one stands between: it gets nothing
of ours (no environment, no memory, one socket), forks once a run, and ends the run when the
socket to the asker closes, however that came about.

SOCKET brings one message a run, with three descriptors: stdout, stderr, and the run's control
socket. There comes the job, a line of JSON, and there goes the answer, another.
"""

import ctypes
import importlib
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workers.sandbox.launcher import descent, running
else:
    import descent
    import running

_PR_SET_DUMPABLE = 4


def main(folder: str, descriptor: str, user: str) -> None:
    """Load all that a run needs, give up root, and wait for runs."""
    sys.path.append(folder)
    sandlock = importlib.import_module("sandlock")
    if user != "-":
        _become(int(user))
    descent.adopt()
    ended, tell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(tell)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    runs: set[int] = set()
    with socket.socket(fileno=int(descriptor)) as asker:
        while True:
            ready = select.select([asker.fileno(), ended], [], [])[0]
            if ended in ready:
                os.read(ended, 1 << 10)
                _reap(runs)
            if asker.fileno() in ready and not _began(sandlock, asker, runs):
                return


def _become(user: int) -> None:
    """Give up root for good. sandlock reads the memory of its children: that needs dumpable."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)


def _began(sandlock: Any, asker: socket.socket, runs: set[int]) -> bool:
    """Fork for one run; False where the asker is gone."""
    message, descriptors, _, _ = socket.recv_fds(asker, 1, 3)
    if message:
        child = os.fork()
        if child == 0:
            asker.close()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            running.run(sandlock, *descriptors)
        runs.add(child)
    for each in descriptors:
        os.close(each)
    return bool(message)


def _reap(runs: set[int]) -> None:
    """Collect what has ended; a run that was killed leaves its program to us, one by one."""
    left = False
    with suppress(ChildProcessError):
        while True:
            child, status = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                break
            left |= status != 0 or child not in runs
            runs.discard(child)
    for stray in set(descent.children()) - runs if left else ():
        os.kill(stray, signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
