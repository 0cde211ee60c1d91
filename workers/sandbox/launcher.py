"""The process that starts programs under sandlock: a program of its own, not a module of ours.

sandlock watches over a program from within the process that asks for it, and leaves grandchildren
behind when that process is killed (measured, 0.9.0). So this one stands between: it gets nothing
of ours (no environment, no memory, one socket), forks once a run, and ends the run when the
socket to the asker closes, however that came about.

    python -I -S launcher.py FOLDER-OF-SANDLOCK SOCKET USER|-

SOCKET brings one message a run, with three descriptors: stdout, stderr, and the run's control
socket. There comes the job, a line of JSON, and there goes the answer, another.
"""

import ctypes
import importlib
import json
import os
import resource
import select
import signal
import socket
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

_PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 4, 36
_LOOK = 0.1  # seconds between two looks at what a run has written
_SCOPED = 6  # the Landlock version from which signals and abstract sockets stay inside
_UNSCOPED = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
             "pidfd_send_signal", "socket", "connect")  # fmt: skip


def main(folder: str, descriptor: str, user: str) -> None:
    """Serve until the asker is gone."""
    sys.path.append(folder)
    sandlock = importlib.import_module("sandlock")
    if user != "-":
        _become(int(user))
    _adopt()
    runs: set[int] = set()
    signal.signal(signal.SIGCHLD, lambda *_: _reap(runs))
    with socket.socket(fileno=int(descriptor)) as asker:
        while True:
            message, descriptors, _, _ = socket.recv_fds(asker, 1, 3)
            if not message:
                return
            child = os.fork()
            if child == 0:
                asker.close()
                _run(sandlock, *descriptors)
            runs.add(child)
            for each in descriptors:
                os.close(each)


def _become(user: int) -> None:
    """Give up root for good. sandlock reads the memory of its children: that needs dumpable."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)


def _adopt() -> None:
    """What a killed run leaves behind becomes a child of ours, so that it can be found."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _reap(runs: set[int]) -> None:
    """Collect runs that have ended; one that was killed may have left its program behind."""
    with suppress(ChildProcessError):
        while child := os.waitpid(-1, os.WNOHANG)[0]:
            runs.discard(child)
            for stray in set(_children()) - runs:
                os.kill(stray, signal.SIGKILL)


def _children() -> Iterator[int]:
    """The ids of this process's children, adopted ones too.

    Read as bytes: a codec that is not loaded yet may lie where nobody cannot read it.
    """
    ours = str(os.getpid()).encode()
    for process in _all():
        with suppress(OSError):  # it has ended since
            if (process / "stat").read_bytes().rpartition(b")")[2].split()[1] == ours:
                yield int(process.name)


def _all() -> Iterator[Path]:
    return (entry for entry in Path("/proc").iterdir() if entry.name.isdecimal())


def _run(sandlock: Any, stdout: int, stderr: int, control: int) -> None:
    """One run, in a process of its own; never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    _adopt()
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.close(stdout)
    os.close(stderr)
    with socket.socket(fileno=control) as asker:
        try:
            answer = _supervised(sandlock, asker)
        except Exception as error:  # noqa: BLE001 - whatever it is, the asker must hear it
            answer = {"refused": f"{type(error).__name__}: {error}"}
        _end_strays()
        with suppress(OSError):
            asker.sendall(json.dumps(answer).encode() + b"\n")
    os._exit(0)


def _supervised(sandlock: Any, asker: socket.socket) -> dict[str, Any]:
    """Start the program, watch it, and say how it ended."""
    with asker.makefile("rb") as lines:
        job = json.loads(lines.readline())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (job["disk"], job["disk"]))
    box = sandlock.Sandbox(**_policy(sandlock, job))
    silent, inherit = sandlock.StdioMode.NULL, sandlock.StdioMode.INHERIT
    process = box.popen(job["argv"], stdin=silent, stdout=inherit, stderr=inherit)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)  # so that the asker sees the end of the output when the program ends
    os.dup2(nothing, 2)
    over = os.eventfd(0)
    watcher = threading.Thread(target=_watch, args=(process, asker, job, over))
    watcher.start()
    result = process.wait()
    os.eventfd_write(over, 1)
    watcher.join()
    return {"exit": result.exit_code, "signal": result.signal, "reason": result.reason.name}


def _policy(sandlock: Any, job: dict[str, Any]) -> dict[str, Any]:
    """What the program may do; on an older kernel the system calls go that it cannot confine."""
    version = min(sandlock.landlock_abi_version(), job["landlock"])
    needs = {"FS_REFER": 2, "FS_TRUNCATE": 3, "NET_TCP": 4, "FS_IOCTL_DEV": 5}
    absent = [one for one in sandlock.Protection if needs.get(one.name, _SCOPED) > version]
    return {
        "fs_readable": job["read"],
        "fs_writable": [job["scratch"], "/dev/null"],
        "cwd": job["work"],
        "clean_env": True,
        "env": job["env"],
        "max_memory": job["memory"],
        "max_processes": job["processes"],
        "max_open_files": 1024,
        "extra_deny_syscalls": [] if version >= _SCOPED else _UNSCOPED,
        "disable": absent,
    }


def _watch(process: Any, asker: socket.socket, job: dict[str, Any], over: int) -> None:
    """End the program when the asker has closed its side, or when it has written too much."""
    scratch = Path(job["scratch"])
    while not (ready := select.select([asker.fileno(), over], [], [], _LOOK)[0]):
        if _written(scratch) > job["disk"]:
            break
    if over not in ready:
        process.kill()


def _written(scratch: Path) -> int:
    """Bytes on disk in the folder, and in files that were deleted and are still open."""
    sizes: dict[tuple[int, int], int] = {}
    for path in (*scratch.rglob("*"), *_open_files()):
        with suppress(OSError):
            one = path.stat() if path.parent.name == "fd" else path.lstat()
            if stat.S_ISREG(one.st_mode) and (one.st_nlink == 0 or path.parent.name != "fd"):
                sizes[one.st_dev, one.st_ino] = one.st_blocks * 512
    return sum(sizes.values())


def _open_files() -> Iterator[Path]:
    """The descriptors of all processes that we may look at: those of the run, and ours."""
    for process in _all():
        with suppress(OSError):
            yield from (process / "fd").iterdir()


def _end_strays() -> None:
    """Nothing of the run is left when the asker hears its end."""
    with suppress(ChildProcessError):
        while True:
            for stray in _children():
                os.kill(stray, signal.SIGKILL)
            os.waitpid(-1, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
