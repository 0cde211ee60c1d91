"""Whether a way holds: a hostile program is run in it, and what it reached is listed."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workers.sandbox.preparing import NOBODY, drops, open_to_all
from workers.sandbox.starting import run
from workers.sandbox.terms import Ended, Limits, Missing, Ran, Refused, Way

_LIMITS = Limits(seconds=20, memory=128 << 20, output=64 << 10, processes=16, disk=4 << 20)
_LONGEST = 70
_SYSTEM_PYTHON = Path("/usr/bin/python3")


def self_test(way: Way) -> list[str]:
    """What a program could do in the sandbox and must not; empty where the way holds.

    Takes about 0.2 s. A way that does not start anything is one fault, with its reason.
    """
    try:
        with _trap() as trap:
            return [*_reached(trap, way), *_overrun(trap, way)]
    except (Refused, Missing) as reason:
        return [str(reason)]


@dataclass(frozen=True)
class _Trap:
    """Things within reach of any program that is not held: all are open to every user."""

    folder: Path
    nonce: str
    victim: subprocess.Popen[bytes]
    tcp: socket.socket
    udp: socket.socket
    unix: socket.socket
    abstract: socket.socket

    @property
    def targets(self) -> dict[str, Any]:
        """What the hostile program is told, so that only the sandbox stands in its way."""
        return {
            "nonce": self.nonce,
            "secrets": ["/etc/shadow", str(self.folder / "state" / "secret")],
            "mine": str(self.folder / "state" / "mine"),
            "place": str(self.folder / "state"),
            "tcp": self.tcp.getsockname(),
            "udp": self.udp.getsockname(),
            "unix": self.unix.getsockname(),
            "abstract": self.abstract.getsockname().decode(),
            "victim": self.victim.pid,
            "asker": os.getpid(),
            **{name: getattr(_LIMITS, name) for name in ("memory", "processes", "disk")},
        }


@contextmanager
def _trap() -> Iterator[_Trap]:
    nonce = f"{secrets.randbelow(10**16):016}"
    with ExitStack() as stack:
        made = tempfile.TemporaryDirectory(prefix="redline-test-", dir=_short())
        folder = Path(stack.enter_context(made))
        folder.chmod(0o755)
        state, work = folder / "state", folder / "work"
        state.mkdir()
        state.chmod(0o777)
        work.mkdir()
        for name in ("secret", "mine"):
            (state / name).write_text(nonce, encoding="ascii")
        if drops():
            os.chown(state / "mine", NOBODY, NOBODY)
        sockets = [stack.enter_context(one) for one in _listening(state, nonce)]
        trap = _Trap(folder, nonce, stack.enter_context(_victim(nonce)), *sockets)
        shutil.copy(Path(__file__).with_name("abuse.py"), work)
        (work / "targets.json").write_text(json.dumps(trap.targets), encoding="utf-8")
        yield trap


def _short() -> str | None:
    """A folder in which a socket's address fits into the 107 bytes that the kernel has for it."""
    return None if len(os.fsencode(tempfile.gettempdir())) < _LONGEST else "/tmp"  # noqa: S108


def _listening(state: Path, nonce: str) -> Iterator[socket.socket]:
    for family, kind, address in (
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        (socket.AF_UNIX, socket.SOCK_STREAM, str(state / "socket")),
        (socket.AF_UNIX, socket.SOCK_STREAM, f"\0redline-{nonce}"),
    ):
        one = socket.socket(family, kind)
        one.bind(address)
        one.setblocking(False)
        if kind is socket.SOCK_STREAM:
            one.listen()
        yield one
    (state / "socket").chmod(0o777)


@contextmanager
def _victim(nonce: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the user that tools run as, with a secret in its environment.

    It reads from a pipe that ends with us: it must not outlive us, however we are ended.
    """
    user = NOBODY if drops() else None
    with subprocess.Popen(
        ["/bin/cat", "-", nonce],
        env={"SECRET": nonce},
        cwd="/",
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        user=user,
        group=user,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _python() -> str:
    """An interpreter that the user which tools run as can read."""
    if _SYSTEM_PYTHON.exists():
        return str(_SYSTEM_PYTHON)
    if drops() and not open_to_all(Path(sys.base_prefix)):
        raise Refused("the self-test needs a Python that every user can read (Debian: python3)")
    return os.path.realpath(sys.executable)


def _hostile(trap: _Trap, way: Way, what: str) -> Ran:
    python = _python()
    programs = [] if python == str(_SYSTEM_PYTHON) else [Path(sys.base_prefix)]
    argv = [python, "-I", "-S", "abuse.py", what]
    limits = _LIMITS if what == "list" else replace(_LIMITS, processes=Limits().processes)
    return run(argv, work=trap.folder / "work", way=way, limits=limits, programs=programs)


def _reached(trap: _Trap, way: Way) -> Iterator[str]:
    ran = _hostile(trap, way, "list")
    if ran.exit:
        said = ran.stderr.decode(errors="replace").strip().splitlines() or [ran.ended]
        raise Refused(f"nothing can be started: {said[-1]}")
    yield from json.loads(ran.stdout)
    if trap.victim.poll() is not None:
        yield "signal a process"
    if _received(trap.udp):
        yield "send over UDP"


def _received(udp: socket.socket) -> bool:
    try:
        return bool(udp.recv(1))
    except BlockingIOError:
        return False


def _overrun(trap: _Trap, way: Way) -> Iterator[str]:
    if b"filled" in _hostile(trap, way, "fill").stdout:
        yield "fill the disk"
    if _hostile(trap, way, "flood").ended is not Ended.OUTPUT_CUT:
        yield "print without end"
