"""Run one program, in whichever way."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from workers.sandbox import bubblewrap, plain, sandlock
from workers.sandbox.preparing import prepared
from workers.sandbox.running import Running, follow
from workers.sandbox.terms import Job, Limits, Ran, Way

_STARTS: Mapping[Way, Callable[[Job], Running]] = {
    Way.BUBBLEWRAP: bubblewrap.start,
    Way.SANDLOCK: sandlock.start,
    Way.OFF: plain.start,
}


def run(
    argv: Sequence[str],
    *,
    work: Path,
    way: Way,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    programs: Sequence[Path] = (),
) -> Ran:
    """Run a program in the folder ``work``, which it may read and not write, without network.

    Name files relative to ``work``: where the program sees the folder depends on the way.
    ``programs`` are further files or folders that it may read and execute, under their own names.
    It may write to the folder that its TMPDIR names, and that goes with it.

    Raises Missing where the program or one of ``programs`` is not there, Refused where the way
    does not work.
    """
    with prepared(argv, work, limits, programs) as job:
        return follow(_STARTS[way](job), limits)
