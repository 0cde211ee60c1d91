"""Redline's server as tests and the demo run it: real processes, real broker, short times."""

import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import httpx
import psutil

SECRET = "a webhook secret of the tests"
KEY = "0123456789abcdef0123456789abcdef"
SHORT = {
    "REDLINE_FORGE_PACE_SECONDS": "0",
    "REDLINE_SETTLE_SECONDS": "0.3",
    "REDLINE_LEASE_SECONDS": "3",
    "REDLINE_RECONCILE_SECONDS": "1",
    "REDLINE_FORGE_WALK_SECONDS": "2",
    "REDLINE_RECHECK_SECONDS": "0",
    "REDLINE_LOG": "text",
}
T = TypeVar("T")
# Others that the tests themselves have running: the forge with its git, and a database.
_FORGE = re.compile(r"http-backend|upload-pack|tests\.fakes|resource_tracker|postgres")
_PR_SET_CHILD_SUBREAPER = 36
STARTED: set[int] = set()  # what the tests have started themselves


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def eventually(look: Callable[[], T], what: str, within: float = 60.0) -> T:
    """Wait for something to become true; its value."""
    end = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"not within {within:g} s: {what}"
        time.sleep(0.05)


@dataclass
class Redline:
    """``redline serve`` (or the parts named) as processes, with the environment of the tests."""

    state: Path
    environment: Mapping[str, str]
    commands: tuple[tuple[str, ...], ...] = (("serve",),)
    port: int = field(default_factory=free_port)
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    python: str = sys.executable
    temporary: Path = Path()
    left: list[str] = field(default_factory=list)
    forge: str = "github"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def hook(self) -> str:
        return f"{self.url}/webhooks/{self.forge}"

    @property
    def log(self) -> Path:
        return self.state / "log.txt"

    def __enter__(self) -> "Redline":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and wait until webhooks are taken."""
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.state.mkdir(parents=True, exist_ok=True)
        if not self.temporary.name:
            # Not below the test's own folder: a tool that runs as nobody must reach its files.
            self.temporary = Path(tempfile.mkdtemp(prefix="rl-"))
            self.temporary.chmod(0o711)
        for command in self.commands:
            self.run(*command)
        try:
            eventually(self.ready, f"redline is ready; its log: {self.log}", 120)
        except AssertionError:
            self.stop()
            raise

    def run(self, *command: str) -> "subprocess.Popen[bytes]":
        """Start one of its commands, with its log in the state folder."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.state),
            "TMPDIR": str(self.temporary),
            "REDLINE_STATE_DIR": str(self.state),
            "REDLINE_LISTEN": f"127.0.0.1:{self.port}",
            f"REDLINE_{self.forge.upper()}_WEBHOOK_SECRET": SECRET,
            "REDLINE_SECRET_KEY": KEY,
            **SHORT,
            **self.environment,
        }
        argv = [self.python, "-m", "bot.cli", *command]
        with self.log.open("ab") as log:
            self.processes.append(subprocess.Popen(argv, env=environment, stdout=log, stderr=log))
        STARTED.add(self.processes[-1].pid)
        return self.processes[-1]

    def ready(self) -> bool:
        assert all(process.poll() is None for process in self.processes), self.log.read_text()
        try:
            return httpx.get(f"{self.url}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """End it as a service manager would; ``left`` is what is still there afterwards."""
        family = self.family()
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        _gone, left = psutil.wait_procs([*family, *self.orphans()], 10)
        self.left += [" ".join(_line(one)) for one in left]
        for one in left:
            one.kill()
        self.processes.clear()
        if self.temporary.name:
            self.left += map(str, self.temporary.iterdir())
            shutil.rmtree(self.temporary)
            self.temporary = Path()

    def orphans(self) -> list[psutil.Process]:
        """What its killed processes have left: these become children of the tests."""
        found = []
        for one in psutil.Process().children():
            line = " ".join(_line(one))
            if line and one.pid not in STARTED and not _FORGE.search(line):
                found.append(one)
        return found

    def part(self, *words: str) -> psutil.Process:
        """The process of a part: of ``worker``, ``review`` the main one of the review queue."""
        roots = {process.pid for process in self.processes}
        found = [one for one in self.family(*words) if one.pid in roots or _parent(one) in roots]
        return found[0]

    def family(self, *words: str) -> list[psutil.Process]:
        """Its processes, whose command line has all of these words."""
        every = []
        for process in self.processes:
            try:
                root = psutil.Process(process.pid)
                every += [root, *root.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
        return [one for one in every if all(word in " ".join(_line(one)) for word in words)]


def _parent(process: psutil.Process) -> int:
    try:
        return process.ppid()
    except psutil.Error:
        return 0


def _line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
