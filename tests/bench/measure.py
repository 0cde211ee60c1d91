"""What programs cost, side by side: each round runs every one of them once.

Times differ from machine to machine and from minute to minute; what two programs cost one right
after the other does not. So ratios within a round are what is shown, and what is asked for.
"""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FEWEST = 5  # rounds, however long they take


class Broken(Exception):
    """A program that is measured did not do its work; the end of what it said."""


@dataclass(frozen=True)
class Cost:
    """What a program and all that it started took: seconds of CPU, seconds by the clock.

    ``first`` is the time until the first line that was waited for.
    """

    cpu: float
    wall: float
    first: float = 0.0


Program = Callable[[], Cost]


@dataclass(frozen=True)
class Rounds:
    """What each program cost in each round, by the program's name; ``what`` is looked at."""

    costs: Mapping[str, Sequence[Cost]]
    what: str = "cpu"

    def ratio(self, dear: str, cheap: str) -> float:
        """How many times the second the first costs: the median of the rounds."""
        pairs = zip(self._of(dear), self._of(cheap), strict=True)
        return statistics.median(one / other for one, other in pairs)

    def words(self, dear: str, cheap: str) -> str:
        """The two medians, and from how many pairs they are."""
        first, second = (1000 * statistics.median(self._of(name)) for name in (dear, cheap))
        return f"{first:,.0f} and {second:,.0f} ms, medians of {len(self._of(dear))} pairs"

    def beyond(self, base: Mapping[str, str]) -> "Rounds":
        """The same without what each program costs where it has nothing to do.

        ``base`` names, by program, the one that was run over nothing.
        """
        left = {
            name: [Cost(cost.cpu - idle.cpu, cost.wall - idle.wall) for cost, idle in pairs]
            for name, idle_name in base.items()
            for pairs in [list(zip(self.costs[name], self.costs[idle_name], strict=True))]
        }
        return Rounds(left, self.what)

    def _of(self, name: str) -> list[float]:
        return [getattr(cost, self.what) for cost in self.costs[name]]


def rounds(programs: Mapping[str, Program], *, most: int, seconds: float) -> Rounds:
    """Run all in turns, every other round the other way round.

    Ends after so many rounds, or earlier (after FEWEST) when the seconds are over.
    """
    end = time.monotonic() + seconds
    costs: dict[str, list[Cost]] = {name: [] for name in programs}
    for number in range(most):
        if number >= FEWEST and time.monotonic() > end:
            break
        for name in list(programs)[:: -1 if number % 2 else 1]:
            costs[name].append(programs[name]())
    return Rounds(costs)


def spent(
    argv: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    line: Callable[[bytes], object] | None = None,
) -> Cost:
    """Run a program to its end. Raises Broken where it ends with more than 1 (it found something).

    ``line`` says of a line of its output whether it is the one that is waited for.
    """
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            argv, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=said,
        )  # fmt: skip
        assert process.stdout is not None
        with process.stdout as out:
            seen = [time.perf_counter() - start for text in out if line is not None and line(text)]
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        if process.returncode not in (0, 1) or (line is not None and not seen):
            said.seek(0)
            raise Broken(f"{argv[0]} ended with {process.returncode}: {said.read()[-500:]!r}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, seen[0] if seen else 0.0)
