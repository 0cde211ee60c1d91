"""The fake's own reading of diffs, against what can be worked out without git."""

import itertools
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.diff import diff
from tests.fakes.git import Bare
from tests.fakes.github.anchors import faults, moved
from tests.fakes.github.pushing import Files
from tests.fakes.github.state import Place

COUNT = itertools.count()
WHO = ("ada", 1_700_000_000)
NEAR = 3

# an edit of a file of 30 different lines: which go, and after which others come in
EDIT = st.tuples(st.sets(st.integers(0, 29), max_size=5), st.sets(st.integers(0, 29), max_size=3))


def edited(lines: list[str], edit: tuple[set[int], set[int]]) -> list[tuple[str, str]]:
    """Rows of the edit: a sign and a line, every line unlike all others."""
    gone, after = edit
    rows = []
    for number, line in enumerate(lines):
        rows.append(("-" if number in gone else " ", line))
        if number in after:
            rows.append(("+", f"new {next(COUNT)}"))
    return rows


def kept(rows: list[tuple[str, str]]) -> list[str]:
    return [line for sign, line in rows if sign != "-"]


def visible(rows: list[tuple[str, str]]) -> set[str]:
    """Lines at head that the diff shows: added, or within three rows of a change."""
    changed = [at for at, (sign, _) in enumerate(rows) if sign != " "]
    return {
        line
        for at, (sign, line) in enumerate(rows)
        if sign != "-" and any(abs(at - other) <= NEAR for other in changed)
    }


def committed(git: Bare, lines: list[str], parent: str | None = None) -> str:
    text = "".join(f"{line}\n" for line in lines)
    return git.write([parent] if parent else [], {"f": text}, "x", WHO)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=EDIT, second=EDIT)
def test_visible_lines_and_where_they_go(
    tmp_path: Path, first: tuple[set[int], set[int]], second: tuple[set[int], set[int]]
) -> None:
    git = Bare.create(tmp_path / str(next(COUNT)))
    lines = [f"line {next(COUNT)}" for _ in range(30)]
    base = committed(git, lines)
    rows = edited(lines, first)
    head = committed(git, kept(rows), base)
    shown = {
        line
        for number, line in enumerate(kept(rows), 1)
        if not faults(diff(git, base, head), Place("f", line=number))
    }
    assert shown == visible(rows)
    later = kept(edited(kept(rows), second))
    newer = committed(git, later, head)
    for line in shown:
        number = kept(rows).index(line) + 1
        place = moved(git, Place("f", line=number), (base, head), (base, newer))
        seen = line in later and not faults(
            diff(git, base, newer), Place("f", line=later.index(line) + 1)
        )
        assert place.line == (later.index(line) + 1 if seen else None)


def test_removed_lines_are_on_the_left(tmp_path: Path) -> None:
    git = Bare.create(tmp_path / "git")
    base = committed(git, ["a", "b", "c"])
    head = committed(git, ["a", "c"], base)
    files = diff(git, base, head)
    left = [
        number for number in range(1, 5) if not faults(files, Place("f", "line", "LEFT", number))
    ]
    assert left == [2]


def test_strange_contents(tmp_path: Path) -> None:
    """No final newline, bytes that are no text, a link in place of a file, empty files."""
    git = Bare.create(tmp_path / "git")
    before: Files = {
        "end": "a\nb",
        "raw": b"\x00\xff" * 9,
        "type": "text\n",
        "empty": "",
        "cr": "a\rb\r\n",
    }
    after: Files = {
        "end": "a\nb\n",
        "raw": b"\x00\xfe" * 9,
        "type": "->end",
        "empty": None,
        "cr": "x\r\n",
    }
    base = git.write([], before, "x", WHO)
    head = git.write([base], after, "x", WHO)
    files = diff(git, base, head)
    statuses = {path: file.status for path, file in files.items()}
    assert statuses == {"end": "modified", "raw": "modified", "type": "changed", "empty": "removed",
                        "cr": "modified"}  # fmt: skip
    assert [row.sign for hunk in files["end"].hunks for row in hunk.rows] == [" ", "-", "+"]
    assert files["raw"].patch is None
    assert [row.new for hunk in files["cr"].hunks for row in hunk.rows if row.new] == [1]
