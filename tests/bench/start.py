"""What `redline` costs before it does anything."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.bench.measure import rounds, spent
from tests.bench.row import Row
from tests.repositories import Repository

TITLE = "Start"


def rows(scratch: Path) -> Iterator[Row]:
    """The figures."""
    empty = Repository.create(scratch / "empty")
    empty.commit({"README.md": "nothing to review\n"})
    empty.checkout()
    python, redline = [sys.executable], [sys.executable, "-m", "bot.cli"]
    programs = {
        "python": partial(spent, [*python, "-c", "pass"], empty.path),
        "review": partial(spent, [*redline, "review"], empty.path),
        "child": partial(spent, [*python, "-I", "-c", "import workers.child"], empty.path),
        "version": partial(spent, [*redline, "--version"], empty.path),
    }
    ran = rounds(programs, most=12, seconds=20)
    for name, says in (
        ("review", "CPU of `redline review` of a change without files"),
        ("child", "CPU of the start of the process that a review runs in"),
        ("version", "CPU of `redline --version`"),
    ):
        ratio = ran.ratio(name, "python")
        what = f"{says}, to `python -c pass`"
        yield Row(what, f"{ratio:.1f} times", ran.words(name, "python"))
