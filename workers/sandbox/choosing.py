"""Choose the way, once in a process: the first that passes the self-test."""

from functools import cache
from pathlib import Path

from workers.sandbox.starting import run
from workers.sandbox.terms import Missing, Refused, Way

_chosen: list[Way | Refused] = []


def use(mode: str) -> None:
    """Choose for this process; what is refused is told by ``current``."""
    try:
        chosen: Way | Refused = way(mode)
    except Refused as refusal:
        chosen = refusal
    _chosen[:] = [chosen]


def current() -> Way:
    """The way chosen for this process. Raises Refused, with the reason, where there is none."""
    if not _chosen:
        raise Refused("no sandbox was chosen for this process")
    if isinstance(_chosen[0], Refused):
        raise Refused(*_chosen[0].args)
    return _chosen[0]


@cache
def way(mode: str) -> Way:
    """The way that a mode (auto, bubblewrap, sandlock, off) means. Raises Refused."""
    if mode == Way.OFF:
        return Way.OFF
    faults = self_test(Way.BUBBLEWRAP)
    if faults:
        raise Refused("; ".join(faults))
    return Way.BUBBLEWRAP


@cache
def self_test(way: Way) -> list[str]:
    """What a program could do in the sandbox and must not; empty where it holds."""
    try:
        ran = run(["/bin/true"], work=Path("/usr/share"), way=way)
    except (Refused, Missing) as error:
        return [str(error)]
    return [] if ran.exit == 0 else [ran.stderr.decode(errors="replace").strip()]
