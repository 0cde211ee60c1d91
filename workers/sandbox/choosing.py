"""Choose the way, once in a process: the first that passes the self-test."""

import threading
from functools import cache

from workers.sandbox import selftest
from workers.sandbox.terms import Refused, Way

AUTO = (Way.BUBBLEWRAP, Way.SANDLOCK)
_mode: list[str] = []
_testing = threading.Lock()


def use(mode: str) -> None:
    """Say once, at the process's start, which mode holds; it is tested when first needed."""
    _mode[:] = [mode]


def current() -> Way:
    """The way chosen for this process. Raises Refused, with the reason, where there is none."""
    if not _mode:
        raise Refused("no sandbox was chosen for this process")
    return way(_mode[0])


def way(mode: str) -> Way:
    """The way that a mode means: "auto", or a way's name. Raises Refused, with each reason."""
    if mode == Way.OFF:
        return Way.OFF
    wanted = AUTO if mode == "auto" else (Way(mode),)
    reasons = []
    for one in wanted:
        faults = self_test(one)
        if not faults:
            return one
        reasons.append(f"{one}: {', '.join(faults)}")
    raise Refused("; ".join(reasons))


@cache
def _tested(way: Way) -> tuple[str, ...]:
    return tuple(selftest.self_test(way))


def self_test(way: Way) -> list[str]:
    """What a program could do in the sandbox and must not, tried once in a process."""
    with _testing:  # stages run side by side; the second waits for what the first finds
        return list(_tested(way))
