"""What a hostile file would try from inside a sandbox: a program of its own, for the self-test.

    python -I -S abuse.py list|fill|flood

``targets.json`` beside it names what to try it on (selftest.py writes it). ``list`` prints, as
JSON, each attempt that succeeded; ``fill`` writes more than is allowed, ``flood`` prints it.
"""

import ctypes
import json
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

_SEIZE, _NEW_USERS = 0x4206, 0x10000000

Attempt = tuple[str, Callable[[], object]]


def attempts(targets: dict[str, Any]) -> None:
    """Try everything; what raises OSError was refused."""
    every = [*_files(targets), *_processes(targets), *_network(targets), *_limits(targets)]
    sys.stdout.write(json.dumps([name for name, attempt in every if _succeeds(attempt)]))


def fill(targets: dict[str, Any]) -> None:
    """Write twice what is allowed, in files that are each allowed, one of them deleted."""
    folder = Path(os.environ["TMPDIR"])
    deleted = (folder / "deleted").open("wb")
    (folder / "deleted").unlink()
    deleted.write(bytes(targets["disk"] // 2))
    for number in range(3):
        (folder / str(number)).write_bytes(bytes(targets["disk"] // 2))
    time.sleep(1)
    sys.stdout.write("filled")


def flood(_targets: dict[str, Any]) -> None:
    """Print without end, from a process that has left the group."""
    if os.fork():
        time.sleep(60)
    os.setsid()
    while True:
        os.write(1, bytes(1 << 16))


def _succeeds(attempt: Callable[[], object]) -> bool:
    with suppress(OSError, MemoryError):
        return bool(attempt())
    return False


def _files(targets: dict[str, Any]) -> Iterator[Attempt]:
    for path in targets["secrets"]:
        yield f"read {path}", Path(path).read_bytes
    mine = targets["mine"]
    yield f"truncate {mine}", lambda: _done(os.truncate, mine, 0)
    yield f"truncate {mine} by opening it", partial(os.open, mine, os.O_RDONLY | os.O_TRUNC)
    yield f"change the mode of {mine}", lambda: _done(os.chmod, mine, 0o640)
    for path in (targets["place"], "/usr/share", "/etc", "/dev/shm", "."):  # noqa: S108
        yield f"write to {path}", partial(_write, Path(path, targets["nonce"]))
    yield "write a sysctl", lambda: os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY)
    yield "mount", lambda: _other(lambda: _libc().mount(b"x", b"/", b"tmpfs", 0, None) == 0)


def _processes(targets: dict[str, Any]) -> Iterator[Attempt]:
    victim, nonce = targets["victim"], targets["nonce"].encode()
    yield "see other processes", lambda: nonce in Path(f"/proc/{victim}/cmdline").read_bytes()
    yield "trace a process", lambda: _other(lambda: _libc().ptrace(_SEIZE, victim, 0, 0) == 0)
    yield "limit a process", lambda: resource.prlimit(victim, resource.RLIMIT_CPU, (60, 60))
    yield "slow a process down", lambda: _done(os.setpriority, os.PRIO_PROCESS, victim, 19)
    yield "make a user namespace", lambda: _other(lambda: _libc().unshare(_NEW_USERS) == 0)
    yield "inherit an environment", lambda: targets["nonce"] in os.environ.values()
    for process in (1, os.getppid(), victim, targets["asker"]):
        yield f"read the environment of process {process}", partial(_environment, process)
    if victim not in (1, os.getpid(), os.getppid()):
        yield "signal a process", lambda: os.kill(victim, signal.SIGTERM)  # seen from outside


def _network(targets: dict[str, Any]) -> Iterator[Attempt]:
    yield "connect over TCP", lambda: _connect(socket.AF_INET, tuple(targets["tcp"]))
    yield "connect to a unix socket", lambda: _connect(socket.AF_UNIX, targets["unix"])
    yield "connect to an abstract socket", lambda: _connect(socket.AF_UNIX, targets["abstract"])
    yield "send over UDP", lambda: _send(tuple(targets["udp"]))  # seen from outside


def _limits(targets: dict[str, Any]) -> Iterator[Attempt]:
    much = 2 * targets["memory"]
    yield "take more memory than allowed", lambda: _other(lambda: len(b"x" * much) == much)
    yield "start more processes than allowed", lambda: _multiply(2 * targets["processes"])


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _other(attempt: Callable[[], object]) -> bool:
    """Try it in a process of its own, which may die of it."""
    child = os.fork()
    if child == 0:
        os._exit(0 if _succeeds(attempt) else 1)
    return os.waitpid(child, 0)[1] == 0


def _done(act: Callable[..., object], *arguments: object) -> bool:
    act(*arguments)
    return True


def _write(path: Path) -> bool:
    path.write_bytes(b"x")
    path.unlink()
    return True


def _environment(process: int) -> bool:
    read = Path(f"/proc/{process}/environ").read_bytes()
    return bool(read) and read != Path("/proc/self/environ").read_bytes()


def _connect(family: int, address: Any) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.settimeout(0.2)
        one.connect(address)
    return True


def _send(address: tuple[str, int]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"x", address)


def _multiply(most: int) -> bool:
    """Whether so many processes can be alive at once."""
    children: list[int] = []
    with suppress(OSError):
        while len(children) < most:
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return len(children) == most


if __name__ == "__main__":
    wanted = {"list": attempts, "fill": fill, "flood": flood}[sys.argv[1]]
    wanted(json.loads(Path("targets.json").read_bytes()))
