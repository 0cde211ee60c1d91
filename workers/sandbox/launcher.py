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
import errno
import importlib
import json
import os
import resource
import select
import signal
import socket
import stat
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

_PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 4, 36
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 22, 38
_SOCKET = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}  # architecture, call
_LOOK = 0.1  # seconds between two looks at what a run has written
_SCOPED = 6  # the Landlock version from which signals and abstract sockets stay inside
# Landlock knows nothing of these, and files of ours may have the same owner as the program.
_UNKNOWN = ("chmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchownat", "file_setattr",
            "setxattr", "lsetxattr", "setxattrat", "removexattr", "lremovexattr",
            "removexattrat")  # fmt: skip
_UNSCOPED = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
             "pidfd_send_signal", "truncate")  # fmt: skip


def main(folder: str, descriptor: str, user: str) -> None:
    """Serve until the asker is gone."""
    sys.path.append(folder)
    sandlock = importlib.import_module("sandlock")
    if user != "-":
        _become(int(user))
    _adopt()
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


def _began(sandlock: Any, asker: socket.socket, runs: set[int]) -> bool:
    """Fork for one run; False where the asker is gone."""
    message, descriptors, _, _ = socket.recv_fds(asker, 1, 3)
    if message:
        child = os.fork()
        if child == 0:
            asker.close()
            _run(sandlock, *descriptors)
        runs.add(child)
    for each in descriptors:
        os.close(each)
    return bool(message)


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
    """Collect what has ended; a run that was killed may have left its program behind."""
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
    signal.set_wakeup_fd(-1)
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
    version = min(sandlock.landlock_abi_version(), job["landlock"])
    if version < _SCOPED:
        _without_sockets()
    box = sandlock.Sandbox(**_policy(sandlock, job, version))
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


def _policy(sandlock: Any, job: dict[str, Any], version: int) -> dict[str, Any]:
    """What the program may do; on an older kernel the system calls go that it cannot confine."""
    needs = {"FS_TRUNCATE": 3, "NET_TCP": 4, "FS_IOCTL_DEV": 5}
    optional = [one for one in sandlock.Protection if one.name != "FS_REFER"]
    absent = [one for one in optional if needs.get(one.name, _SCOPED) > version]
    return {
        "fs_readable": job["read"],
        "fs_writable": [job["scratch"], "/dev/null"],
        "cwd": job["work"],
        "clean_env": True,
        "env": job["env"],
        "max_memory": job["memory"],
        "max_processes": job["processes"],
        "max_open_files": 1024,
        "extra_deny_syscalls": [*_UNKNOWN, *(_UNSCOPED if version < _SCOPED else ())],
        "disable": absent,
    }


def _without_sockets() -> None:
    """Take socket() from this process and all that it starts, before Landlock can confine it.

    A seccomp filter of seven instructions: another architecture or the x32 calls: refused; socket:
    refused; all else: allowed. sandlock itself answers socket() and so cannot be told to deny it.
    """
    architecture, number = _SOCKET[os.uname().machine]
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.EACCES
    program = [
        (0x20, 0, 0, 4),  # load the architecture
        (0x15, 0, 4, architecture),
        (0x20, 0, 0, 0),  # load the call's number
        (0x35, 2, 0, 0x40000000),
        (0x15, 1, 0, number),
        (0x06, 0, 0, allow),
        (0x06, 0, 0, refuse),
    ]
    code = b"".join(struct.pack("HBBI", *one) for one in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(_PR_SET_SECCOMP, 2, header):
        raise OSError(ctypes.get_errno(), "seccomp is not allowed here")


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
