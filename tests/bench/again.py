"""A second review of the same files, from what the first one kept, against one that keeps nothing.

Every file counts as new in both, and each suggestion is proven: what is saved is the judging.
"""

import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.bench import given
from tests.bench.measure import rounds, spent
from tests.bench.row import Row, below

TITLE = "The same files again"

_REVIEW = [sys.executable, "-m", "bot.cli", "review", "--all", "--no-tools", "--format", "json"]


def rows(scratch: Path) -> Iterator[Row]:
    """The figures."""
    files = {**dict(given.scanned("k8s")), **dict(given.scanned("dockerfile"))}
    folder = given.written(scratch / "files", files)
    kept = {**os.environ, "REDLINE_CACHE_DIR": str(scratch / "cache")}
    spent(_REVIEW, folder, kept)
    programs = {
        "again": partial(spent, _REVIEW, folder, kept),
        "anew": partial(spent, _REVIEW, folder),
    }
    ran = rounds(programs, most=7, seconds=60)
    what = f"CPU of a review of {len(files)} files from what was kept, to one that judges them"
    yield below(what, ran.ratio("again", "anew"), 0.5, ran.words("again", "anew"))
