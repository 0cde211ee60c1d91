"""Run git: an argument list, an environment of our own, a time limit."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from workers.checkout.terms import CheckoutError

ZERO = "0" * 40
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

# What a change may not turn on, and what git must not do behind our back.
SAFE = {
    "core.attributesFile": os.devnull,
    "core.bigFileThreshold": str(1 << 20),
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.symlinks": "false",
    "credential.helper": "",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "protocol.version": "2",
    "submodule.recurse": "false",
}


class Failed(CheckoutError):
    """git ended with an error; ``stderr`` is for telling errors apart, not for people."""

    def __init__(self, exit_code: int, stderr: bytes) -> None:
        super().__init__(f"git could not read the repository (exit {exit_code}): see `git fsck`")
        self.stderr = stderr


class TimedOut(Failed):
    """git did not end in time and was killed."""


class TooMuch(Exception):
    """git prints more than we are ready to read."""


def is_sha(text: str) -> bool:
    """Whether it is an object's name in full: nothing else may reach git's arguments."""
    return len(text) == 40 and all(sign in "0123456789abcdef" for sign in text)


def neutral() -> dict[str, str]:
    """An environment in which git reads no configuration but ours, and asks nobody."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }


@dataclass(frozen=True)
class Git:
    """git at one repository. ``config`` and ``environment`` come on top of the safe ones.

    Configuration is handed over in the environment: there it is no part of a process list.
    """

    repository: Path
    config: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    keep: Sequence[int] = ()  # descriptors that git holds as long as it lives: a lock

    def run(
        self,
        *argv: str,
        given: bytes = b"",
        seconds: float = 60,
        idle: Callable[[], None] = lambda: None,
    ) -> bytes:
        """What git prints. Raises Failed, TimedOut, and CheckoutError where git is missing.

        ``idle`` is called about once a second meanwhile; what it raises ends git.
        """
        process = self.start(*argv)
        try:
            out, err = _said(process, given, seconds, idle)
        finally:
            end(process)
        if process.returncode:
            raise Failed(process.returncode, err)
        return out

    @contextmanager
    def lines(self, *argv: str, most: int, seconds: float) -> Iterator[Iterator[bytes]]:
        """What git prints, line by line, without the ends of the lines.

        Raises TooMuch after ``most`` bytes, and Failed and TimedOut where the lines end early.
        """
        process = self.start(*argv)
        late = threading.Timer(seconds, end, [process])
        late.start()
        try:
            yield _capped(process, most)
        finally:
            late.cancel()
            late.join()
            end(process)

    def start(self, *argv: str) -> "subprocess.Popen[bytes]":
        """A git that is talked to; ``end`` it."""
        try:
            return subprocess.Popen(
                ["git", *argv],  # noqa: S607 - whichever git the operator has
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                pass_fds=self.keep,
            )
        except FileNotFoundError:
            raise CheckoutError("git is not installed (Debian: git)") from None

    def _environment(self) -> dict[str, str]:
        return {
            **neutral(),
            "GIT_DIR": str(self.repository),
            **self.environment,
            **configuration({**SAFE, **self.config}),
        }


def _said(
    process: "subprocess.Popen[bytes]", given: bytes, seconds: float, idle: Callable[[], None]
) -> tuple[bytes, bytes]:
    until, left = time.monotonic() + seconds, given or None
    while True:
        try:
            return process.communicate(left, timeout=max(0.0, min(1, until - time.monotonic())))
        except subprocess.TimeoutExpired:
            left = None  # it has been taken, and is not given twice
        if time.monotonic() >= until:
            raise TimedOut(-signal.SIGKILL, b"")
        idle()


def _capped(process: "subprocess.Popen[bytes]", most: int) -> Iterator[bytes]:
    assert process.stdout is not None
    for line in process.stdout:
        most -= len(line)
        if most < 0:
            raise TooMuch
        yield line.rstrip(b"\n")
    if process.wait():
        killed = process.returncode == -signal.SIGKILL
        raise (TimedOut if killed else Failed)(process.returncode, b"")


def configuration(config: Mapping[str, str]) -> dict[str, str]:
    """The environment that hands git this configuration."""
    variables = {"GIT_CONFIG_COUNT": str(len(config))}
    for number, (key, value) in enumerate(config.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill what is left of it and its helpers, and close its pipes."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()


def view(folder: Path, objects: Sequence[Path]) -> Path:
    """A bare repository that reads the objects of others and has nothing else of theirs.

    Reading through it obeys no configuration and no attributes of a repository, follows no
    replacements, and never fetches what a partial clone left out: it says "missing".
    """
    (folder / "objects" / "info").mkdir(parents=True, exist_ok=True)
    (folder / "refs").mkdir(exist_ok=True)
    (folder / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
    lines = b"".join(_quoted(path) + b"\n" for path in objects)
    (folder / "objects" / "info" / "alternates").write_bytes(lines)
    (folder / "HEAD").write_text("ref: refs/heads/none\n")
    return folder


def _quoted(path: Path) -> bytes:
    raw = os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + raw + b'"'
