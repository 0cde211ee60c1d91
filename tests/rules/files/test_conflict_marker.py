"""conflict-marker: three marks in order at the start of lines, and nothing that only shows them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.files.conflict_marker import conflict_marker, conflicts
from rules.finding import Finding
from rules.rule import judge
from rules.subjects.text import parse

CONFLICT = "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n"


def found(text: str, path: str = "main.tf") -> list[Finding]:
    return judge([conflict_marker], [parse(text, path)])


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        (CONFLICT, [(1, 5)]),
        (f"x\n{CONFLICT}y\n{CONFLICT}", [(2, 6), (8, 12)]),
        (CONFLICT.replace("\n", "\r\n"), [(1, 5)]),
        ("<<<<<<<\n=======\n>>>>>>>", [(1, 3)]),
        ("<<<<<<< a\n||||||| b\n=======\n>>>>>>> c\n", [(1, 4)]),
        ("<<<<<<< lost\nx\n" + CONFLICT, [(3, 7)]),
        ("<<<<<<< a\n=======\n=======\n>>>>>>> b\n", [(1, 4)]),
        ("echo $((1 << X))\n" + CONFLICT, [(2, 6)]),
        (f"cat <<END\nx\nEND\n{CONFLICT}", [(4, 8)]),
    ],
)
def test_a_conflict(text: str, blocks: list[tuple[int, int]]) -> None:
    said = found(text)
    assert [one.location.block for one in said] == blocks
    assert [one.location.line for one in said] == [first for first, _ in blocks]
    assert [one.ordinal for one in said] == list(range(len(blocks)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Title\n=======\n",
        "<<<<<<< HEAD\na\n",
        "=======\n<<<<<<< HEAD\n>>>>>>> other\n",
        " " + CONFLICT.replace("\n", "\n "),
        "<<<<<<<< a\n=======\n>>>>>>>> b\n",
        "<<<<<<< a\n========\n>>>>>>> b\n",
        f"cat <<'END'\n{CONFLICT}END\n",
    ],
)
def test_none(text: str) -> None:
    assert found(text) == []


def test_it_names_the_sides_and_says_it_better_than_a_file_that_cannot_be_read() -> None:
    (one,) = found(CONFLICT)
    assert "between `HEAD` and `other`" in one.message
    assert one.covers == (("unreadable-file", "main.tf"),)


PIECE = st.sampled_from(["<<<<<<<", "=======", ">>>>>>>", "|||||||", " a", "\n", "\r", "<<E", "E"])


@given(st.lists(PIECE, max_size=60).map("".join) | st.text(max_size=100))
def test_any_text_has_conflicts_on_lines_that_exist(text: str) -> None:
    lines = parse(text, "a").lines
    assert all(1 <= one.first < one.last <= len(lines) for one in conflicts(lines))


@pytest.mark.parametrize("piece", ["<<<<<<< a\n", "<<<<<<< a\n=======\n", "<<E\n", "=======\n"])
def test_time_is_linear(piece: str) -> None:
    lines = parse(piece * (1_000_000 // len(piece)), "a").lines
    start = time.process_time()
    list(conflicts(lines))
    assert time.process_time() - start < 3
