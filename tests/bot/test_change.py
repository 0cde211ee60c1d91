"""Where a comment goes: the ladder, step by step, and that no forge will refuse it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.change import Anchor, AnchorKind, ChangedFile, Diff, FileStatus, Hunk
from rules.finding import Location, Side
from tests.bot.given import changed_file

# The first hunk: merge base lines 10 to 15 (11 and 13 removed), head lines 10 to 15 (11, 12 added).
FILE = changed_file(
    FileStatus.MODIFIED, "web.yaml", hunks=(Hunk(10, 10, " -++ -  "), Hunk(40, 41, "   +  "))
)
BINARY = changed_file(FileStatus.MODIFIED, "logo.png")
GONE = changed_file(FileStatus.DELETED, "old.yaml", hunks=(Hunk(1, 0, "-" * 9),))
MOVED = changed_file(FileStatus.RENAMED, "new/a.tf", "a.tf", hunks=(Hunk(1, 1, "   - +"),))
BYTES = changed_file(FileStatus.ADDED, "caf\udce9.yaml", hunks=(Hunk(0, 1, "+++"),))
DIFF = Diff((FILE, BINARY, GONE, MOVED, BYTES))
HEAD, BASE = Side.HEAD, Side.BASE


def on(line: int, side: Side = HEAD, old: int | None = None, path: str = "web.yaml") -> Anchor:
    return Anchor(AnchorKind.LINE, path, line, side, old)


def at(line: int, side: Side, first: int, last: int) -> Location:
    return Location("web.yaml", line, side, (first, last))


CASES = {
    "its own changed line": (at(12, HEAD, 10, 16), on(12)),
    "its own line, unchanged but shown, before a changed one": (
        at(13, HEAD, 11, 16),
        on(13, old=12),
    ),
    "a changed line when its own is not shown": (at(50, HEAD, 44, 60), on(44)),
    "a removed line when none was added": (at(20, HEAD, 13, 20), on(13, BASE, 13)),
    "an unchanged line when nothing of it changed": (at(30, HEAD, 30, 41), on(41, old=40)),
    "nothing of its block: the file, with both numbers of its line": (
        at(25, HEAD, 24, 26),
        Anchor(AnchorKind.FILE, "web.yaml", 25, old_line=25),
    ),
    "its own removed line": (at(11, BASE, 10, 12), on(11, BASE, 11)),
    "a removed line of its block": (at(9, BASE, 8, 12), on(11, BASE, 11)),
    "an unchanged line of a block at base": (at(39, BASE, 38, 41), on(41, old=40)),
    "a deleted file": (Location("old.yaml", 4, BASE), on(4, BASE, 4, "old.yaml")),
    "a binary file": (Location("logo.png", 1), Anchor(AnchorKind.FILE, "logo.png")),
    "a file that did not change": (Location("x.yaml", 1), Anchor(AnchorKind.SUMMARY)),
    "a name that no API can say": (Location("caf\udce9.yaml", 1), Anchor(AnchorKind.SUMMARY)),
}


@pytest.mark.parametrize(("location", "want"), CASES.values(), ids=CASES)
def test_the_first_step_of_the_ladder_that_holds(location: Location, want: Anchor) -> None:
    have = DIFF.anchor(location)
    assert have == want
    assert DIFF.accepts(have)


CAUSE = Location("web.yaml", 12)
CAUSES = {
    "its own block before the cause": (at(50, HEAD, 44, 60), on(44)),
    "the cause before its own file": (at(25, HEAD, 24, 26), on(12)),
    "the cause where its file did not change": (Location("x.yaml", 1), on(12)),
}


@pytest.mark.parametrize(("location", "want"), CAUSES.values(), ids=CAUSES)
def test_what_made_it_happen_has_a_step_of_its_own(location: Location, want: Anchor) -> None:
    assert DIFF.anchor(location, CAUSE) == want


def test_a_line_that_the_diff_does_not_show_has_a_number_on_each_side() -> None:
    file = DIFF.by_new_path["web.yaml"]
    for old, new in ((1, 1), (25, 25), (200, 202)):
        assert (file.other(BASE, old), file.other(HEAD, new)) == (new, old)
    assert file.other(HEAD, 12) is None, "the diff shows it"


def test_a_removed_line_of_a_moved_file_stands_under_its_new_name() -> None:
    have = DIFF.anchor(Location("a.tf", 4, BASE))
    assert have == Anchor(AnchorKind.LINE, "new/a.tf", 4, BASE, 4, "a.tf")


def test_a_block_does_not_reach_for_what_stood_before_it() -> None:
    hunk = Hunk(10, 10, "   -   ")
    diff = Diff((changed_file(FileStatus.MODIFIED, "web.yaml", hunks=(hunk,)),))
    assert diff.anchor(at(30, HEAD, 13, 30)).side is HEAD
    assert diff.anchor(at(30, HEAD, 12, 30)).side is BASE


REFUSED = {
    "a line outside of the diff": on(25),
    "an unchanged line on the left": on(10, BASE),
    "a file that did not change": Anchor(AnchorKind.FILE, "x.yaml"),
    "the old name of a moved file": Anchor(AnchorKind.LINE, "a.tf", 4, BASE),
    "a name that no API can say": Anchor(AnchorKind.FILE, "caf\udce9.yaml"),
}


@pytest.mark.parametrize("anchor", REFUSED.values(), ids=REFUSED)
def test_what_a_forge_would_refuse(anchor: Anchor) -> None:
    assert not DIFF.accepts(anchor)


def test_a_file_knows_its_lines() -> None:
    assert FILE.added == {11, 12, 44}
    assert FILE.removed == {11, 13}
    assert FILE.gaps == ((11, 11), (13, 14))


@st.composite
def files(draw: st.DrawFn) -> ChangedFile:
    """A file of a diff, with hunks in order and apart."""
    status = draw(st.sampled_from(FileStatus))
    path = draw(st.sampled_from(["a", "b", "caf\udce9"]))
    old = draw(st.sampled_from(["c", "d"])) if status is FileStatus.RENAMED else path
    hunks, before, after = [], 1, 1
    for gap, kinds in draw(st.lists(st.tuples(st.integers(1, 9), st.text(" +-", min_size=1)))):
        hunks.append(Hunk(before + gap, after + gap, kinds))
        before += gap + len(kinds) - kinds.count("+")
        after += gap + len(kinds) - kinds.count("-")
    return changed_file(status, path, old, tuple(hunks))


@st.composite
def locations(draw: st.DrawFn) -> Location:
    line = draw(st.integers(1, 60))
    first, last = draw(st.integers(1, line)), draw(st.integers(line, 80))
    path = draw(st.sampled_from(["a", "b", "c", "d", "caf\udce9", "e"]))
    return Location(
        path, line, draw(st.sampled_from(Side)), draw(st.sampled_from([None, (first, last)]))
    )


@given(st.lists(files(), unique_by=lambda file: file.shown_path), st.lists(locations(), min_size=1))
def test_every_anchor_that_is_given_is_accepted(
    changed: list[ChangedFile], places: list[Location]
) -> None:
    diff = Diff(tuple(changed))
    for location in places:
        anchor = diff.anchor(location)
        assert diff.accepts(anchor)
        shown = diff.file(location.side, location.path)
        if shown and anchor.kind is AnchorKind.LINE and shown.shows(location.side, location.line):
            assert (anchor.side, anchor.line) == (location.side, location.line)
