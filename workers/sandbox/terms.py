"""What is asked of a sandbox, and what comes of it."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Way(StrEnum):
    """How a program is kept apart from the machine."""

    BUBBLEWRAP = "bubblewrap"
    SANDLOCK = "sandlock"
    OFF = "off"


class Ended(StrEnum):
    """How a program came to its end."""

    EXITED = "exited"
    TIMED_OUT = "timed-out"
    SIGNALLED = "signalled"
    OUTPUT_CUT = "output-cut"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use: wall seconds, bytes of memory, output and disk, processes at once.

    ``memory`` holds for each process under bubblewrap and for all of them together under sandlock.
    """

    seconds: float = 60
    memory: int = 2 << 30
    output: int = 16 << 20
    processes: int = 64
    disk: int = 256 << 20


@dataclass(frozen=True, slots=True)
class Ran:
    """A program that has run. ``exit`` is 128 + the signal's number where a signal ended it."""

    exit: int
    stdout: bytes
    stderr: bytes
    seconds: float
    ended: Ended


@dataclass(frozen=True, slots=True)
class Shown:
    """A file or folder that the program may read and execute: where it lies, what it is called."""

    source: Path
    name: Path


@dataclass(frozen=True, slots=True)
class Job:
    """One run, prepared: all that is named in it can be read by the user it runs as.

    ``user`` is the id to change to, or None to stay. ``scratch`` is the folder that the program
    may write to where the way has no file system of its own.
    """

    argv: tuple[str, ...]
    work: Path
    scratch: Path
    programs: tuple[Shown, ...]
    limits: Limits
    user: int | None


class Refused(Exception):
    """No sandbox works here; the text is for people and names the layer that refuses."""


class Missing(Exception):
    """The program is not there; the text names it."""
