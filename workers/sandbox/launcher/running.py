"""One run, in a process of its own: start the program, watch it, say how it ended."""

import ctypes
import errno
import json
import os
import resource
import select
import socket
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from workers.sandbox.launcher import descent, filtering, landlock
    from workers.sandbox.launcher.confined import Confined
else:
    import descent
    import filtering
    import landlock
    from confined import Confined

_SOON, _LATER = 0.02, 0.1  # seconds between looks at what the program has written
_PIDFD_GETFD = 438  # the same number on every architecture
_FILES = 1024  # descriptors


class Program(Protocol):
    """What was started."""

    def kill(self) -> None:
        """End it."""

    def ended(self) -> tuple[int, int]:
        """Wait for its end: its exit, and the signal that ended it or 0."""


def run(sandlock: Any, stdout: int, stderr: int, control: int) -> None:
    """Do what the job on the control socket says, and answer; never returns."""
    os.setsid()
    descent.adopt()
    for ours, theirs in ((stdout, 1), (stderr, 2)):
        os.dup2(ours, theirs)
        os.close(ours)
    with socket.socket(fileno=control) as asker:
        try:
            answer = _followed(sandlock, asker)
        except Exception as error:  # noqa: BLE001 - whatever it is, the asker must hear it
            answer = {"refused": f"{type(error).__name__}: {error}"}
        descent.end_strays()
        with suppress(OSError):
            asker.sendall(json.dumps(answer).encode() + b"\n")
    os._exit(0)


def _followed(sandlock: Any, asker: socket.socket) -> dict[str, Any]:
    with asker.makefile("rb") as lines:
        job = json.loads(lines.readline())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (job["disk"], job["disk"]))
    version = min(landlock.version(), job["landlock"])
    program = _watched(sandlock, job, version) if _watchable(job) else Confined(job, version)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)  # so that the asker sees the end of the output when the program ends
    os.dup2(nothing, 2)
    over = os.eventfd(0)
    watcher = threading.Thread(target=_watch, args=(program.kill, asker, job, over))
    watcher.start()
    code, signal = program.ended()
    os.eventfd_write(over, 1)
    watcher.join()
    return {"exit": code, "signal": signal}


def _watchable(job: dict[str, Any]) -> bool:
    """Whether sandlock can watch: Docker's seccomp profile keeps pidfd_getfd from it (moby#45622).

    Confined does with Landlock alone then: it limits memory for each process, not for all.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall(_PIDFD_GETFD, -1, 0, 0)
    return bool(job["watched"]) and ctypes.get_errno() == errno.EBADF


class _Watched:
    """A program under sandlock."""

    def __init__(self, process: Any):
        self._process = process
        self.kill: Callable[[], None] = process.kill

    def ended(self) -> tuple[int, int]:
        result = self._process.wait()
        if result.reason.name == "EXITED":
            return result.exit_code, 0
        return 0, result.signal if result.signal > 0 else 9


def _watched(sandlock: Any, job: dict[str, Any], version: int) -> Program:
    """Start it. On an older kernel those system calls go that Landlock cannot confine there."""
    filtering.refuse(() if version >= landlock.SCOPED else ("socket",))
    signals = () if version >= landlock.SCOPED else (*filtering.SIGNALS, "truncate")
    box = sandlock.Sandbox(
        fs_readable=job["read"],
        fs_writable=[job["scratch"], "/dev/null"],
        cwd=job["work"],
        clean_env=True,
        env=job["env"],
        max_memory=job["memory"],
        max_processes=job["processes"],
        max_open_files=_FILES,
        extra_deny_syscalls=[*filtering.METADATA, *filtering.OTHERS, *signals],
        disable=_absent(sandlock, version),
    )
    silent, inherit = sandlock.StdioMode.NULL, sandlock.StdioMode.INHERIT
    return _Watched(box.popen(job["argv"], stdin=silent, stdout=inherit, stderr=inherit))


def _absent(sandlock: Any, version: int) -> list[Any]:
    """The protections that a version of Landlock lacks; sandlock wants to be told."""
    needs = {"FS_REFER": 0, "FS_TRUNCATE": 3, "NET_TCP": 4, "FS_IOCTL_DEV": 5}
    every = sandlock.Protection
    return [one for one in every if needs.get(one.name, landlock.SCOPED) > version]


def _watch(kill: Callable[[], None], asker: socket.socket, job: dict[str, Any], over: int) -> None:
    """End the program when the asker has closed its side, or when it has written too much."""
    scratch = Path(job["scratch"])
    pause = _SOON
    while not (ready := select.select([asker.fileno(), over], [], [], pause)[0]):
        if _written(scratch) > job["disk"]:
            break
        pause = min(2 * pause, _LATER)
    if over not in ready:
        kill()


def _written(scratch: Path) -> int:
    """Bytes on disk in the folder, and in files that were deleted and are still open."""
    sizes: dict[tuple[int, int], int] = {}
    for path in (*scratch.rglob("*"), *descent.open_files()):
        with suppress(OSError):
            one = path.stat() if path.parent.name == "fd" else path.lstat()
            if stat.S_ISREG(one.st_mode) and (one.st_nlink == 0 or path.parent.name != "fd"):
                sizes[one.st_dev, one.st_ino] = one.st_blocks * 512
    return sum(sizes.values())
