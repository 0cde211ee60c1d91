"""The second way: Landlock and seccomp, set up by sandlock. It needs no namespaces."""

import atexit
import importlib.util
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from workers.sandbox.plain import environment
from workers.sandbox.preparing import NOBODY, drops
from workers.sandbox.terms import Job, Refused

_NEWEST = 1 << 16  # the Landlock version to use at most: tests pretend to be on older kernels,
_WATCHED = True  # and in containers where sandlock cannot watch
_READ = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"),
    *("/etc/alternatives", "/etc/ld.so.cache", "/etc/ssl/certs", "/etc/ssl/openssl.cnf"),
    *("/dev/zero", "/dev/random", "/dev/urandom"),
)


def start(job: Job) -> "_Confined":
    """Start the program. Raises Refused where sandlock or the kernel cannot do it."""
    names = {str(one.name): str(one.source) for one in job.programs}
    limits = job.limits
    order = {
        "argv": [names.get(word, word) for word in job.argv],
        "work": str(job.work),
        "scratch": str(job.scratch),
        "read": [*filter(os.path.exists, _READ), str(job.work), *names.values()],
        "env": environment(str(job.scratch)),
        "memory": limits.memory,
        "processes": limits.processes,
        "disk": limits.disk,
        "landlock": _NEWEST,
        "watched": _WATCHED,
    }
    return _Confined(order)


class _Confined:
    """A program that the launcher watches over."""

    escapes = False

    def __init__(self, order: dict[str, Any]):
        self.stdout, out = os.pipe()
        self.stderr, err = os.pipe()
        self._control, theirs = socket.socketpair()
        with theirs:
            try:
                _launcher.send([out, err, theirs.fileno()])
            finally:
                os.close(out)
                os.close(err)
        with suppress(BrokenPipeError):  # the answer will say so
            self._control.sendall(json.dumps(order).encode() + b"\n")

    def kill(self) -> None:
        """The launcher sees our side close, and ends everything."""
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)

    def wait(self, seconds: float) -> tuple[int, bool]:
        """Its exit and whether a signal ended it. Raises TimeoutError, and Refused."""
        answer = self._answer(time.monotonic() + seconds)
        if "refused" in answer:
            raise Refused(f"sandlock: {answer['refused']}")
        signal = answer["signal"]
        return (128 + signal, True) if signal else (answer["exit"], False)

    def _answer(self, deadline: float) -> dict[str, Any]:
        text = b""
        while not text.endswith(b"\n"):
            if not select.select([self._control], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError
            try:
                data = self._control.recv(1 << 16)
            except ConnectionResetError:
                data = b""
            if not data:
                raise Refused("sandlock: the process that watches over programs has died")
            text += data
        answer: dict[str, Any] = json.loads(text)
        return answer

    def close(self) -> None:
        """Let go of its output and of the launcher."""
        os.close(self.stdout)
        os.close(self.stderr)
        self._control.close()


class _Launcher:
    """One launcher for this process: it takes 0.1 s to start, a run through it 10 ms."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def send(self, descriptors: list[int]) -> None:
        """Hand over the descriptors of a run; a launcher that was killed is replaced."""
        with self._lock:
            if self._socket is None or self._owner != os.getpid():
                self._start()
            assert self._socket is not None
            try:
                socket.send_fds(self._socket, [b"1"], descriptors)
            except OSError:
                self._stop()
                self._start()
                socket.send_fds(self._socket, [b"1"], descriptors)

    def _start(self) -> None:
        package = importlib.util.find_spec("sandlock")
        if package is None or package.origin is None:
            raise Refused("the package sandlock is not installed")
        folder = str(Path(package.origin).parent.parent)
        program = str(Path(__file__).with_name("launcher"))
        user = str(NOBODY) if drops() else "-"
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", program, folder, str(theirs.fileno()), user],
                cwd="/",
                env={"HOME": "/"},  # sandlock asks for one, and a numeric user may have none
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._owner = os.getpid()

    def _stop(self) -> None:
        if self._socket is not None and self._process is not None and self._owner == os.getpid():
            self._socket.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
        self._socket = None

    def stop(self) -> None:
        """End it; the next run starts another."""
        with self._lock:
            self._stop()


_launcher = _Launcher()
atexit.register(_launcher.stop)
