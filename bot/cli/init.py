"""``redline init``: a first ``.redline.yaml``, and the job for the repository's CI."""

import stat
import sys
from collections.abc import Callable
from pathlib import Path

from bot import VERSION
from bot.cli.ending import WRONG_USE
from bot.cli.starter import Holding, Job, job, settings
from bot.cli.terminal import plain
from rules.config import NAME
from workers.checkout import CheckoutError, Listing, listing

_START = 1 << 16  # bytes that are read of a file


def begin(path: Path) -> int:
    """Write the file, where there is none, and print the job; the exit status."""
    try:
        here = listing(path)
    except CheckoutError as error:
        sys.stderr.write(f"redline: {error}\n")
        return WRONG_USE
    holding = Holding(here.files, _reader(here.top))
    said = holding.summary or "nothing yet that Redline judges"
    sys.stdout.write(f"{_written(here, holding)}: {plain(said)}\n")
    sys.stdout.write(_ask(job(here.remote, here.files, VERSION)))
    return 0


def _written(here: Listing, holding: Holding) -> str:
    file = here.top / NAME
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(settings(holding))
    except FileExistsError:
        return f"{NAME} is there and was left as it is. This repository holds"
    return f"Wrote {NAME}. This repository holds"


def _ask(found: Job | None) -> str:
    if found is None:
        return (
            "\nThe address of its remote does not say which forge it is on. docs/outputs.md has "
            "jobs for GitHub, GitLab and Jenkins.\n"
        )
    return (
        f"\nWhere the Redline server reviews it, nothing more is needed. Else put this into\n"
        f"{found.path}, with the image that `make image` builds:\n\n{found.text}"
    )


def _reader(top: Path) -> Callable[[str], bytes]:
    """How a file begins; nothing of a link, and of what cannot be read."""

    def start(path: str) -> bytes:
        try:
            file = top / path
            if not stat.S_ISREG(file.lstat().st_mode):
                return b""
            with file.open("rb") as stream:
                return stream.read(_START)
        except OSError:
            return b""

    return start
