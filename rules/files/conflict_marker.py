"""conflict-marker."""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.finding import Blocks, Problem, Severity, named
from rules.rule import rule
from rules.subjects.text import Text

BAD = """
  ==> web.yaml <==
  apiVersion: v1
  kind: ConfigMap
  metadata:
> <<<<<<< HEAD
    name: web
  =======
    name: website
  >>>>>>> rename-web
"""
BAD_THREE_WAYS = """
  ==> main.tf <==
  resource "aws_s3_bucket" "logs" {
> <<<<<<< ours
    bucket = "logs-a"
  ||||||| 1a2b3c4
    bucket = "logs"
  =======
    bucket = "logs-b"
  >>>>>>> theirs
  }
"""
GOOD_MENDED = """
  ==> web.yaml <==
  apiVersion: v1
  kind: ConfigMap
  metadata:
    name: web
"""
GOOD_UNDERLINES = """
  ==> deploy.sh <==
  #!/bin/sh
  cat <<EOF
  Deploy
  =======
  EOF
"""
GOOD_WITHIN_A_VALUE = """
  ==> web.yaml <==
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: how-to-merge}
  data:
    help: |
      <<<<<<< HEAD
      yours
      =======
      theirs
      >>>>>>> branch
"""
GOOD_LONGER_LINES = """
  ==> Makefile <==
  # <<<<<<<<<<<<<<
  # ==============
  # >>>>>>>>>>>>>>
"""
GOOD_NOT_IN_ORDER = """
  ==> main.tf <==
  >>>>>>> theirs
  =======
  <<<<<<< ours
"""
GOOD_SHOWN_BY_A_SCRIPT = """
  ==> test.sh <==
  cat > expected <<'END'
  <<<<<<< HEAD
  yours
  =======
  theirs
  >>>>>>> branch
  END
"""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A conflict that a merge left: its lines, and what it calls the two sides."""

    first: int
    last: int
    ours: str
    theirs: str


@rule(
    Severity.BLOCKING,
    blocks=Blocks.NEW,
    bad=[BAD, BAD_THREE_WAYS],
    good=[
        GOOD_MENDED,
        GOOD_UNDERLINES,
        GOOD_WITHIN_A_VALUE,
        GOOD_LONGER_LINES,
        GOOD_NOT_IN_ORDER,
        GOOD_SHOWN_BY_A_SCRIPT,
    ],
)
def conflict_marker(text: Text) -> Iterator[Problem]:
    """A merge left its conflict in the file.

    Both sides stand in it, one after the other, and the lines between are of no language: the
    apply, the build or the pipeline that reads the file fails, or takes the side that stands last.

    Fix: choose what should stand there, and take the markers away.
    """
    for conflict in conflicts(text.lines) if "<<<<<<<" in text.text else ():
        yield Problem(
            text.at(conflict.first, conflict.last),
            f"A merge left its conflict here{_between(conflict)}: whatever reads this file fails,"
            " or takes the side that stands last.",
            detail="conflict",
            fix="Choose what should stand there, and take the three markers away.",
            covers=(("unreadable-file", text.path),),
        )


def _between(conflict: Conflict) -> str:
    sides = [named(each[:60]) for each in (conflict.ours, conflict.theirs) if each]
    return f", between {' and '.join(sides)}" if len(sides) == 2 else ""


def conflicts(lines: tuple[str, ...]) -> Iterator[Conflict]:
    """Each ``<<<<<<<``, ``=======`` and ``>>>>>>>`` in this order at the start of lines.

    What stands in a heredoc is shown by the script, not left by a merge.
    """
    start, middle, end_of_heredoc = 0, 0, ""
    last_of = {line.strip(): number for number, line in enumerate(lines, 1)}
    for number, line in enumerate(lines, 1):
        if end_of_heredoc:
            end_of_heredoc = "" if line.strip() == end_of_heredoc else end_of_heredoc
        elif _is_mark(line, "<"):
            start, middle = number, 0
        elif start and line == "=" * 7:
            middle = number
        elif middle and _is_mark(line, ">"):
            yield Conflict(start, number, lines[start - 1][8:].strip(), line[8:].strip())
            start = middle = 0
        elif not start and "<<" in line:
            name = _heredoc(line)
            end_of_heredoc = name if last_of.get(name, 0) > number else ""


def _is_mark(line: str, sign: str) -> bool:
    return line.startswith(sign * 7) and line[7:8] in ("", " ")


def _heredoc(line: str) -> str:
    """The word that ends the heredoc which begins on this line, ``""`` if there is none."""
    word = line.partition("<<")[2].removeprefix("-").strip().split(" ")[0].strip("'\"\\")
    return word if word.isidentifier() else ""
