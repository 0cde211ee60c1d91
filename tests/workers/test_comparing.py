"""What is new: told by identity, across renames and moved lines, never by a line alone."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.change import ChangedFile, Diff, FileStatus, Hunk
from rules.finding import Finding, Location, Severity, folder
from rules.rule import numbered
from workers.comparing import added, compared, head_line
from workers.project import Judged


def finding(path: str, line: int, detail: str = "a", address: str = "Pod//x") -> Finding:
    return Finding(
        rule="root-container",
        severity=Severity.BLOCKING,
        location=Location(path, line),
        message="",
        detail=detail,
        address=address,
        project=folder(path),
    )


def docker(path: str, line: int = 1) -> Finding:
    return finding(path, line, address=path)


def judged(*findings: Finding) -> Judged:
    subjects = frozenset((one.project, one.address) for one in findings)
    return Judged(tuple(numbered(findings)), subjects)


def file(old: str, new: str, *hunks: Hunk) -> ChangedFile:
    status = FileStatus.MODIFIED if old == new else FileStatus.RENAMED
    return ChangedFile(status, old, new, "1" * 40, "2" * 40, "100644", "100644", hunks)


def new(
    head: Sequence[Finding], base: Sequence[Finding], *files: ChangedFile
) -> list[tuple[int, int]]:
    """Line and ordinal of what is new."""
    found = compared(judged(*head), judged(*base), Diff(files))
    assert len({one.identity for one in found}) == len(found)
    assert len(found) == len(head)
    return [(one.location.line, one.ordinal) for one in found if one.new]


INSERTED = file("a.yaml", "a.yaml", Hunk(3, 3, "   +++++   "))


@pytest.mark.parametrize(
    ("head", "base", "files", "wanted"),
    [
        ([("a.yaml", 4)], [], [INSERTED], [(4, 0)]),
        ([("a.yaml", 4)], [("a.yaml", 4)], [INSERTED], []),
        ([("a.yaml", 400)], [("a.yaml", 4)], [INSERTED], []),
        ([], [("a.yaml", 4)], [INSERTED], []),
        # Two equals, one old: the one on the line that was left alone is the old one.
        ([("a.yaml", 7), ("a.yaml", 15)], [("a.yaml", 10)], [INSERTED], [(7, 1)]),
        ([("a.yaml", 2), ("a.yaml", 7)], [("a.yaml", 2)], [INSERTED], [(7, 1)]),
        ([("a.yaml", 1), ("a.yaml", 7)], [("a.yaml", 2)], [INSERTED], [(7, 1)]),
        (
            [("a.yaml", 7), ("a.yaml", 15), ("a.yaml", 25)],
            [("a.yaml", 10), ("a.yaml", 20)],
            [INSERTED],
            [(7, 2)],
        ),
        # The first of two is fixed: the other keeps its place.
        ([("a.yaml", 15)], [("a.yaml", 1), ("a.yaml", 10)], [INSERTED], []),
        ([("b.yaml", 4)], [("a.yaml", 4)], [file("a.yaml", "b.yaml")], []),
        ([("d/b.yaml", 4)], [("a.yaml", 4)], [file("a.yaml", "d/b.yaml")], []),
        ([("b.yaml", 4)], [("a.yaml", 4)], [INSERTED], []),
        ([("d/b.yaml", 4)], [("a.yaml", 4)], [INSERTED], [(4, 0)]),
        # Another file of the same folder was renamed: that says nothing of this one.
        ([("d/b.yaml", 4)], [("a.yaml", 4)], [file("c.yaml", "d/c.yaml")], [(4, 0)]),
        ([("a.yaml", 4)], [("a.yaml", 4)], [file("c.yaml", "d/c.yaml")], []),
    ],
    ids=[
        "added",
        "unchanged",
        "moved down",
        "removed",
        "an equal above",
        "an equal below",
        "in order where no line fits",
        "three of which two are old",
        "the first is fixed",
        "renamed",
        "renamed into another folder",
        "moved to another file",
        "moved to another folder",
        "a neighbour's rename",
        "unchanged beside a rename",
    ],
)
def test_what_is_new(
    head: list[tuple[str, int]],
    base: list[tuple[str, int]],
    files: list[ChangedFile],
    wanted: list[tuple[int, int]],
) -> None:
    one, other = ([finding(*each) for each in side] for side in (head, base))
    assert new(one, other, *files) == wanted


def test_other_details_are_other_findings() -> None:
    assert new([finding("a", 2, "b")], [finding("a", 1, "a")]) == [(2, 0)]


def test_a_line_that_was_left_alone_says_nothing_new() -> None:
    """A stage that another one is put before, or that loses its name, keeps its findings."""
    old = [finding("a.yaml", 10, "stage 0"), finding("a.yaml", 2, "stage 0 again")]
    head = [finding("a.yaml", 15, "stage 1"), finding("a.yaml", 5, "inserted")]
    assert new(head, old, INSERTED) == [(5, 0)]


def test_one_that_is_gone_excuses_one() -> None:
    head = [finding("a", 1, "b"), finding("a", 1, "c")]
    assert len(new(head, [finding("a", 1, "a")])) == 1


def test_a_line_that_says_something_else_now_is_new() -> None:
    other = replace(finding("a", 1, "b"), message="It runs as root.")
    assert new([other], [finding("a", 1, "a")]) == [(1, 0)]
    assert new([finding("a", 1, "b", "Pod//y")], [finding("a", 1, "a")]) == [(1, 0)]


def test_a_dockerfile_is_followed_by_its_name() -> None:
    moved = file("web/Dockerfile", "services/web/Dockerfile")
    assert new([docker("services/web/Dockerfile")], [docker("web/Dockerfile")], moved) == []
    assert new([docker("services/web/Dockerfile")], [docker("web/Dockerfile")]) == [(1, 0)]


def test_an_old_finding_keeps_its_ordinal() -> None:
    head = judged(finding("a.yaml", 7), finding("a.yaml", 15))
    base = judged(finding("a.yaml", 10))
    old = [one for one in compared(head, base, Diff((INSERTED,))) if not one.new]
    assert [one.identity for one in old] == [base.findings[0].identity]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [(1, 1), (2, 2), (3, 3), (5, 5), (6, 11), (8, 13), (9, 14), (100, 105)],
)
def test_lines_move_down(line: int, wanted: int) -> None:
    assert head_line(INSERTED, line) == wanted


@pytest.mark.parametrize(
    ("line", "wanted"),
    [(1, 1), (4, None), (5, None), (6, 5), (8, 7), (20, 19), (33, None), (34, 34), (50, 50)],
)
def test_lines_move_up_and_go(line: int, wanted: int | None) -> None:
    both = file("a", "a", Hunk(1, 1, "   --+   "), Hunk(30, 29, "   -++   "))
    assert head_line(both, line) == wanted


def test_what_the_change_adds() -> None:
    base = judged(finding("a/x.yaml", 1, address="Pod//old"), docker("a/Dockerfile"))
    head = judged(
        finding("b/x.yaml", 1, address="Pod//old"),
        finding("b/x.yaml", 1, address="Pod//new"),
        docker("b/Dockerfile"),
        docker("a/Dockerfile.two"),
    )
    renamed = Diff((file("a/x.yaml", "b/x.yaml"), file("a/Dockerfile", "b/Dockerfile")))
    assert added(head, base, renamed) == {("b", "Pod//new"), ("a", "a/Dockerfile.two")}
    assert added(head, base, Diff()) == head.subjects


def test_an_object_that_stays_and_is_copied_beside_a_rename_is_added() -> None:
    base = judged(finding("a/x.yaml", 1), finding("a/y.yaml", 1, address="Pod//y"))
    head = judged(
        finding("a/x.yaml", 1), finding("b/x.yaml", 1), finding("b/y.yaml", 1, address="Pod//y")
    )
    renamed = Diff((file("a/y.yaml", "b/y.yaml"),))
    assert added(head, base, renamed) == {("b", "Pod//x")}


def test_severities_and_places_are_kept() -> None:
    one = replace(finding("a", 1), severity=Severity.INFO)
    (found,) = compared(judged(one), Judged(), Diff())
    assert found == replace(one, new=True)
