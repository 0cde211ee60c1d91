"""Time to the first finding: one changed file among 10,000 against one among 100."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.bench import given
from tests.bench.measure import rounds, spent
from tests.bench.row import Row, below
from tests.repositories import Repository

TITLE = "A large repository"

_SMALL, _LARGE = 100, 10_000
_FINDING = re.compile(rb"^\S+:[0-9]+  (blocking|warning|info)  ")
_REVIEW = [sys.executable, "-m", "bot.cli", "review"]
_CHANGES = {"a Dockerfile": 1, "a manifest that runs one of the repository's images": 0}


def rows(scratch: Path) -> Iterator[Row]:
    """The figures."""
    made = {}
    for size in (_SMALL, _LARGE):
        made[size] = Repository.create(scratch / f"files-{size}")
        made[size].commit(given.infrastructure(size))
    for kind, number in _CHANGES.items():
        path, text = list(given.change(2).items())[number]
        for repository in made.values():
            repository.checkout()
            repository.git("status")  # else git reads again what it wrote in the same instant
            repository.write(path, text)
        yield from _row(kind, {size: one.path for size, one in made.items()})


def _row(kind: str, folders: dict[int, Path]) -> Iterator[Row]:
    programs = {
        str(size): partial(spent, _REVIEW, folder, line=_FINDING.match)
        for size, folder in folders.items()
    }
    ran = rounds(programs, most=12, seconds=30)
    for what, says in (("first", "time to the first finding"), ("cpu", "CPU of the whole review")):
        looked = replace(ran, what=what)
        large, small = str(_LARGE), str(_SMALL)
        label = f"{says} of {kind} among {_LARGE:,} files, to the same among {_SMALL}"
        yield below(label, looked.ratio(large, small), 1.3, looked.words(large, small))
