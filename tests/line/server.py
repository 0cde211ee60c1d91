"""Redline's server as tests and the demo run it: real processes, real broker, short times."""

import os
import signal
import socket
import subprocess
import sys
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

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def hook(self) -> str:
        return f"{self.url}/webhooks/github"

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
        self.state.mkdir(parents=True, exist_ok=True)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.state),
            "REDLINE_STATE_DIR": str(self.state),
            "REDLINE_LISTEN": f"127.0.0.1:{self.port}",
            "REDLINE_GITHUB_WEBHOOK_SECRET": SECRET,
            "REDLINE_SECRET_KEY": KEY,
            **SHORT,
            **self.environment,
        }
        for command in self.commands:
            with self.log.open("ab") as log:
                self.processes.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "bot.cli", *command],
                        env=environment,
                        stdout=log,
                        stderr=log,
                    )
                )
        try:
            eventually(self.ready, f"redline is ready; its log: {self.log}", 120)
        except AssertionError:
            self.stop()
            raise

    def ready(self) -> bool:
        assert all(process.poll() is None for process in self.processes), self.log.read_text()
        try:
            return httpx.get(f"{self.url}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """End it as a service manager would; nothing of it may be left."""
        family = self.family()
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()
        _gone, left = psutil.wait_procs(family, 10)
        for one in left:
            one.kill()

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


def _line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
