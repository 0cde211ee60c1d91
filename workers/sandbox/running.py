"""Follow a program that has started: read what it prints, end it at its limits."""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from workers.sandbox.terms import Ended, Limits, Ran, Refused

_GRACE = 5.0  # seconds in which everything must be gone after SIGKILL
_CHUNK = 1 << 16


class Running(Protocol):
    """A program under way, with the reading ends of its output."""

    stdout: int
    stderr: int
    escapes: bool  # whether what it started may outlive it

    def kill(self) -> None:
        """End it and all that it started, with SIGKILL."""

    def wait(self, seconds: float) -> tuple[int, bool]:
        """Its exit and whether a signal ended it. Raises TimeoutError."""

    def close(self) -> None:
        """Let go of its output."""


class Started:
    """A program that leads a process group of its own."""

    escapes = False

    def __init__(self, argv: Sequence[str], *, cwd: Path, env: dict[str, str], user: int | None):
        """Start it with nothing of ours: neither environment nor descriptors."""
        self._process = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self.stdout = self._process.stdout.fileno()
        self.stderr = self._process.stderr.fileno()

    def kill(self) -> None:
        """End the group. Not waited for yet, so that its id cannot be another's."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def wait(self, seconds: float) -> tuple[int, bool]:
        """Its exit."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
        return (128 - code, True) if code < 0 else (code, False)

    def close(self) -> None:
        """Let go of its output."""
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()


def follow(running: Running, limits: Limits) -> Ran:
    """Read until it has ended or must be ended. Raises Refused where it outlives SIGKILL."""
    start = time.monotonic()
    deadline = start + limits.seconds
    printed: dict[int, bytearray] = {running.stdout: bytearray(), running.stderr: bytearray()}
    try:
        cut = _read(running, printed, deadline, limits.output)
        code, signalled, late = _ended(running, deadline)
    except Refused as refusal:
        said = printed[running.stderr].decode(errors="replace").split("\n")[0]
        raise Refused(f"{refusal}: {said}" if said else str(refusal)) from None
    finally:
        running.close()
    ended = cut or (Ended.TIMED_OUT if late else Ended.SIGNALLED if signalled else Ended.EXITED)
    stdout, stderr = (bytes(text[: limits.output]) for text in printed.values())
    return Ran(code, stdout, stderr, time.monotonic() - start, ended)


def _read(
    running: Running, printed: dict[int, bytearray], deadline: float, most: int
) -> Ended | None:
    """Fill ``printed``; None when both pipes were closed by the program itself."""
    cut: Ended | None = None
    with selectors.DefaultSelector() as pipes:
        for pipe in printed:
            pipes.register(pipe, selectors.EVENT_READ)
        while pipes.get_map():
            for key, _ in pipes.select(max(0.0, deadline - time.monotonic())):
                _chunk(key.fd, printed, pipes, keep=cut is None)
            late = time.monotonic() >= deadline
            if cut and late and pipes.get_map():
                raise Refused("a program, or what it started, outlived SIGKILL")
            if cut is None and (late or sum(map(len, printed.values())) > most):
                cut = Ended.TIMED_OUT if late else Ended.OUTPUT_CUT
                running.kill()
                if running.escapes:
                    return cut
                deadline = time.monotonic() + _GRACE
    return cut


def _chunk(
    pipe: int, printed: dict[int, bytearray], pipes: selectors.BaseSelector, *, keep: bool
) -> None:
    """Read once; after a kill only to see the pipe's end, which proves that nobody is left."""
    data = os.read(pipe, _CHUNK)
    if not data:
        pipes.unregister(pipe)
    elif keep:
        printed[pipe] += data


def _ended(running: Running, deadline: float) -> tuple[int, bool, bool]:
    """Exit, whether a signal ended it, whether it went on, unheard, until the deadline."""
    try:
        return *running.wait(max(_GRACE, deadline - time.monotonic())), False
    except TimeoutError:
        running.kill()
        return *running.wait(_GRACE), True
