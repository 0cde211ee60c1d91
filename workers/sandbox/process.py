"""A process of our own, and what it keeps to itself."""

import ctypes
import os
import resource
from contextlib import suppress
from pathlib import Path

_PR_SET_DUMPABLE = 4
_EXPENDABLE = 500  # of 1000: when memory runs out, this process goes before a database or a broker


def undumpable() -> None:
    """Keep others of the same user from reading this process's memory and environment.

    Raises OSError where the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def bounded(memory: int) -> None:
    """Limit this process, and what it starts, to ``memory`` bytes each, without core dumps."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    allowed = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, hard))
    with suppress(OSError):  # a courtesy to the rest of the machine, not a boundary
        Path("/proc/self/oom_score_adj").write_text(str(_EXPENDABLE), encoding="ascii")
