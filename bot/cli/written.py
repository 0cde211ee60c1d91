"""What a review is written as, and where to: whole or not at all."""

import os
import stat
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from bot import VERSION
from bot.review import Review
from workers.checkout import Checkout, Sources

FORMS = ("json", "sarif", "junit", "codequality", "markdown", "html")
STDOUT = Path("-")


class WrongUse(Exception):
    """What was asked for contradicts itself; the text says how."""


@dataclass(frozen=True)
class Report:
    """A document to write; to ``STDOUT`` or to a file."""

    form: str
    path: Path = STDOUT

    @property
    def printed(self) -> bool:
        """Whether it goes to stdout."""
        return self.path == STDOUT


def asked(texts: Sequence[str]) -> list[Report]:
    """What ``--report FORMAT=FILE`` asks for. Raises WrongUse."""
    every = []
    for text in texts:
        form, equals, path = text.partition("=")
        if not equals or not path:
            raise WrongUse(f"--report {text}: write FORMAT=FILE, as in sarif=redline.sarif")
        if form not in FORMS:
            raise WrongUse(f"--report {text}: the formats are {', '.join(FORMS)}")
        every.append(Report(form, Path(path)))
    return every


def checked(reports: Sequence[Report]) -> None:
    """Raise WrongUse or OSError before the review, not after it, where one cannot be written."""
    places = [os.path.realpath(each.path) for each in reports if not each.printed]
    for place in places:
        if places.count(place) > 1:
            raise WrongUse(f"two reports would be written to {place}")
    if sum(each.printed for each in reports) > 1:
        raise WrongUse("two reports would be written to stdout: give one a file")
    for each in reports:
        if each.printed:
            continue
        if each.path.is_dir():
            raise WrongUse(f"{each.path}: this is a folder: name a file in it")
        if not _is_special(each.path):
            with _replacing(each.path, keep=False):
                pass


def write(report: Report, text: str) -> None:
    """To stdout, or to a file that has all of it or is what it was. Raises OSError."""
    if report.printed:
        if sys.stdout is not None:
            sys.stdout.write(text)
        return
    with _replacing(report.path) as stream:
        stream.write(text)


@contextmanager
def _replacing(path: Path, *, keep: bool = True) -> Iterator[TextIO]:
    """A stream whose text becomes the file's once all of it is there; not if ``keep`` is off."""
    target = Path(os.path.realpath(path))
    if _is_special(target):
        with target.open("w", encoding="utf-8", errors="backslashreplace") as own:
            yield own
        return
    beside = target.with_name(f".redline-{os.getpid()}-{threading.get_ident()}.part")
    try:
        with beside.open("x", encoding="utf-8", errors="backslashreplace") as new:
            yield new
        if keep:
            if target.exists():
                beside.chmod(stat.S_IMODE(target.stat().st_mode))
            beside.replace(target)
    except OSError as error:  # in the name of the file that was asked for
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        beside.unlink(missing_ok=True)


def _is_special(path: Path) -> bool:
    """A pipe or a device: nothing to replace, and to open one may take until someone reads."""
    return path.exists() and not path.is_file()


def document(review: Review, checkout: Checkout, form: str) -> str:
    """The review for a program, a browser or another tool."""
    from bot.formats import codequality, html, json, junit, markdown

    match form:
        case "json":
            return json.render(review, checkout.diff, VERSION)
        case "sarif":
            return _sarif(review, checkout)
        case "junit":
            return junit.render(review)
        case "codequality":
            return codequality.render(review, checkout.diff)
        case "markdown":
            return markdown.render(review)
        case _:
            return html.render(review, Sources(checkout).lines, VERSION)


def _sarif(review: Review, checkout: Checkout) -> str:
    from bot.cli.known import known
    from bot.formats import sarif

    names = {finding.rule for result in review.results for finding in result.findings}
    return sarif.render(sarif.Source(review, checkout.diff, known(names), VERSION))
