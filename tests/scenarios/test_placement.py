"""Where a comment stands: the first step of the ladder that holds; nothing is dropped."""

from collections.abc import Mapping

import pytest

from rules.finding import Finding, Location, Side
from tests.scenarios.forges import Files
from tests.scenarios.stage import found
from tests.scenarios.world import World, places, summary, text

LONG = text(80)
CHANGED = text(80, l7="seven")
SHORTER = "".join(f"line {number}\n" for number in range(1, 80) if number not in (20, 21))
CAUSE = Location("values.yaml", 3)

# before, after, what is found, where its thread stands ("far" is the file where lines are not had)
Step = tuple[Files, Files, Finding, tuple[str, int | None, str]]
STEPS: Mapping[str, Step] = {
    "1 a changed line of it": (
        {"a.yaml": LONG},
        {"a.yaml": CHANGED},
        found("root", "a.yaml", 40, block=(5, 45)),
        ("a.yaml", 7, "head"),
    ),
    "2 a removed line of it": (
        {"a.yaml": LONG},
        {"a.yaml": SHORTER},
        found("destroyed", "a.yaml", 21, base=True, name="aws_db_instance.main"),
        ("a.yaml", 21, "base"),
    ),
    "2 a removed line, where the file is gone": (
        {"a.yaml": LONG, "b.yaml": LONG},
        {"a.yaml": None},
        found("destroyed", "a.yaml", 30, base=True, name="aws_db_instance.main"),
        ("a.yaml", 30, "base"),
    ),
    "3 an unchanged line of its block in a hunk": (
        {"a.yaml": LONG},
        {"a.yaml": CHANGED},
        found("root", "a.yaml", 30, block=(9, 40)),
        ("a.yaml", 10, "head"),
    ),
    "4 what caused it, in another file": (
        {"a.tf": LONG, "values.yaml": text()},
        {"values.yaml": text(l3="replicas: 0")},
        found("destroyed", "a.tf", 30, name="aws_db_instance.main", cause=CAUSE),
        ("values.yaml", 3, "head"),
    ),
    "4 a line that was taken away caused it": (
        {"a.tf": LONG, "values.yaml": text()},
        {"values.yaml": text().replace("line 3\n", "")},
        found("destroyed", "a.tf", 30, name="main", cause=Location("values.yaml", 3, Side.BASE)),
        ("values.yaml", 3, "base"),
    ),
    "5 the file, or any line of it": (
        {"a.yaml": LONG},
        {"a.yaml": CHANGED},
        found("root", "a.yaml", 60),
        ("a.yaml", None, "far"),
    ),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_the_ladder(world: World, step: Step) -> None:
    before, after, finding, (path, line, side) = step
    page = world.given(before, after)
    world.stage.finds(finding)
    assert world.reviewed(page).state == "failure"
    if side == "far":
        side, line = ("head", 60) if world.forge.takes_any_line else ("file", None)
    assert places(page.threads()) == [(path, line, side)]
    assert page.notified == (2 if side == "file" else 1), "no review takes a comment on a file"


def test_where_the_cause_is_elsewhere_the_resource_is_named(world: World) -> None:
    before, after, finding, _ = STEPS["4 what caused it, in another file"]
    page = world.given(before, after)
    world.stage.finds(finding)
    world.work()
    words = page.threads()[0].words
    assert "`aws_db_instance.main`" in words
    assert "This line causes it; it is at" in words
    assert "`a.tf:30`" in words


def test_6_a_row_where_no_file_of_the_change_has_it(world: World) -> None:
    page = world.given({"a.tf": LONG, "values.yaml": text()}, {"values.yaml": text(l3="x")})
    world.stage.finds(found("destroyed", "a.tf", 30, name="aws_db_instance.main"))
    assert world.reviewed(page).state == "failure", "the gate does not depend on places"
    assert page.threads() == []
    (row,) = [line for line in summary(page).splitlines() if "aws_db_instance.main" in line]
    assert f"/{page.head}/a.tf#L30" in row


def test_on_both_sides_of_a_renamed_file(world: World) -> None:
    page = world.given({"old.yaml": LONG}, {"old.yaml": None, "new.yaml": SHORTER + "more\n"})
    world.stage.finds(
        found("root", "new.yaml", 78), found("destroyed", "old.yaml", 20, base=True, name="x")
    )
    world.work()
    assert sorted(places(page.threads())) == [("new.yaml", 20, "base"), ("new.yaml", 78, "head")]


def test_all_steps_at_once_are_one_message(world: World) -> None:
    steps = [step for name, step in STEPS.items() if name[0] in "1234" and "gone" not in name]
    before: dict[str, str | None] = {}
    after: dict[str, str | None] = {}
    findings = []
    for number, (old, new, finding, _) in enumerate(steps):
        folder = f"s{number}/"
        before |= {folder + path: body for path, body in old.items()}
        after |= {folder + path: body for path, body in new.items()}
        findings.append(moved(finding, folder))
    page = world.given(before, after)
    world.stage.finds(*findings)
    world.work()
    assert len(places(page.threads())) == len(steps)
    assert page.notified == 1


def moved(finding: Finding, folder: str) -> Finding:
    """The same in another folder."""
    where, cause = finding.location, finding.cause
    return found(
        next(kind for kind in ("root", "destroyed") if kind in finding.rule),
        folder + where.path,
        where.line,
        base=where.side is Side.BASE,
        block=where.block,
        name=folder + finding.address,
        cause=cause and Location(folder + cause.path, cause.line, cause.side),
    )
