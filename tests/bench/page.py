"""The page of all figures, docs/benchmarks.md."""

import os
import platform
from collections.abc import Iterator, Sequence
from types import ModuleType

from tests.bench.row import Row

_HEAD = """\
# Benchmarks

`make bench` measures on the machine that it runs on; this page was written by
`python -m tests.bench --write docs/benchmarks.md`. Programs that are compared run in turns, one
right after the other, and what is shown is the median of their ratios: times differ from machine
to machine, ratios much less. A figure in **bold** is out of its aim.
"""
_SIGN = {True: "", False: "**", None: ""}


def page(measured: Sequence[tuple[ModuleType, Sequence[Row]]]) -> str:
    """The page as Markdown."""
    parts = [_HEAD, f"Measured on {_machine()}.\n"]
    for benchmark, rows in measured:
        parts += [f"## {benchmark.TITLE}\n", *_words(benchmark), *_table(rows)]
    return "\n".join(parts)


def _machine() -> str:
    version = platform.python_version()
    cores = os.cpu_count()
    return f"{cores} cores, shared with other programs, Python {version}, {platform.system()}"


def _words(benchmark: ModuleType) -> Iterator[str]:
    """What the module says of itself."""
    yield f"{(benchmark.__doc__ or '').strip()}\n"


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield "| what | figure | aim | how |\n|---|---|---|---|"
    for row in rows:
        sign = _SIGN[row.met]
        yield f"| {row.what} | {sign}{row.figure}{sign} | {row.aim} | {row.how} |"
    yield ""
