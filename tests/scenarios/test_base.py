"""The base moves: a change is reviewed again only where that may alter what is said of it."""

import pytest

from rules.config import NAME as SETTINGS
from tests.scenarios.forges import Page, Shown
from tests.scenarios.stage import found, ran
from tests.scenarios.world import World, places, summary, text
from workers.checkout import HeadGone

BEFORE = {"web/web.yaml": text(), "db/db.yaml": text(), "docs/readme.md": text()}
AFTER = {"web/web.yaml": text(l7="seven")}
ROOT = found("root", "web/web.yaml", 7)
OLD = found("root", "web/web.yaml", 7, new=False)
BLOCKED = "Blocks merge: 1 security"


def blocked(world: World, *, draft: bool = False) -> Page:
    """A change with one finding, reviewed."""
    page = world.given(BEFORE, AFTER, draft=draft)
    world.stage.finds(ROOT)
    assert world.reviewed(page).title == BLOCKED
    world.since(page)
    return page


def test_in_a_project_of_the_change(world: World) -> None:
    page = blocked(world)
    shown = page.history(page.head)
    world.repository.push("main", {"web/values.yaml": text()})
    assert world.reviewed(page).title == BLOCKED
    assert world.stage.runs == 2
    assert world.since(page) == (0, 0)
    assert page.history(page.head) == shown
    assert len(page.threads()) == 1


def test_elsewhere_nothing_happens(world: World) -> None:
    page = blocked(world)
    shown = page.history(page.head)
    world.repository.push("main", {"db/db.yaml": text(l2="2"), "web/notes.md": text()})
    world.work()
    world.repository.push("main", {"docs/readme.md": text(l2="2")})
    world.work()
    assert world.stage.runs == 1
    assert world.since(page) == (0, 0)
    assert page.history(page.head) == shown
    world.repository.push("main", {"web/web.yaml": text(l30="30")})
    world.work()
    assert world.stage.runs == 2


def test_what_all_go_by(world: World) -> None:
    page = blocked(world)
    for number, name in enumerate((SETTINGS, ".gitattributes"), 2):
        world.repository.push("main", {name: "# nothing\n"})
        world.work()
        assert world.stage.runs == number
    assert world.since(page) == (0, 0)


def test_what_the_base_now_has_is_not_new(world: World) -> None:
    """A change on top of another one, which is merged."""
    world.repository = world.forge.repository(BEFORE)
    world.repository.push("first", AFTER)
    world.repository.push("second", {"db/db.yaml": text(l3="3")}, start="first")
    first, second = world.repository.open("first"), world.repository.open("second")
    world.stage.finds(ROOT)
    assert world.reviewed(second).title == BLOCKED
    assert len(second.threads()) == 1
    runs = world.stage.runs
    world.since(second)
    world.stage.finds(OLD)
    first.merge()
    assert world.reviewed(second) == Shown("success", "0 blocking, 0 warnings, 1 stage ran")
    assert world.stage.runs == runs + 1
    assert places(second.threads()) == []
    assert second.notified == 1


def test_a_worse_review_tells_once(world: World) -> None:
    page = blocked(world)
    world.stage.finds(ROOT, found("privileged", "web/web.yaml", 7))
    world.repository.push("main", {"web/values.yaml": text()})
    assert world.reviewed(page).title == "Blocks merge: 2 security"
    assert world.since(page)[0] == 1
    assert "2 blocking" in summary(page)


def test_while_it_is_reviewed(world: World) -> None:
    """The run goes on to its end, and its base is compared with the new one afterwards."""
    page = world.given(BEFORE, AFTER)
    world.stage.finds(ROOT)

    def move(_number: int) -> None:
        if world.stage.runs == 1:
            world.repository.push("main", {"web/values.yaml": text()})
            world.hear()

    world.stage.meanwhile = move
    assert world.reviewed(page).title == BLOCKED
    assert world.stage.runs == 2
    assert "cancelled" not in [one.state for one in page.history(page.head)]
    assert page.notified == 1


def test_a_push_of_the_change_comes_first(world: World) -> None:
    page = blocked(world)
    world.repository.push("main", {"web/values.yaml": text()})
    page.push({"web/web.yaml": text(l7="8")})
    world.stage.results = (ran(),)
    assert world.reviewed(page).state == "success"
    assert world.stage.runs == 2


def test_a_draft(world: World) -> None:
    page = blocked(world, draft=True)
    assert page.threads() == []
    world.repository.push("main", {"web/values.yaml": text()})
    assert world.reviewed(page).title == BLOCKED
    assert world.stage.runs == 2
    assert (page.threads(), page.notified) == ([], 0)


def test_the_base_is_wound_back(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    first = world.repository.push("main", {"docs/readme.md": text(l2="2")})
    world.repository.push("main", {"docs/readme.md": text(l3="3")})
    world.work()
    world.since(page)
    runs = world.stage.runs
    world.repository.move("main", first)
    world.work()
    assert world.stage.runs == runs
    assert world.since(page) == (0, 0)


def test_what_was_compared_with_is_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In doubt the review is made."""

    def gone(*_args: object, **_further: object) -> None:
        raise HeadGone("a commit of the change is not at the forge any more")

    page = blocked(world)
    monkeypatch.setattr("workers.checkout.moved", gone)
    world.repository.push("main", {"docs/readme.md": text(l2="2")})
    world.work()
    assert world.stage.runs == 2
    assert world.since(page) == (0, 0)


def test_while_it_was_closed(world: World) -> None:
    page = blocked(world)
    page.close()
    world.work()
    world.repository.push("main", {"web/values.yaml": text()})
    world.work()
    assert world.stage.runs == 1
    page.reopen()
    world.work()
    assert world.stage.runs == 2
    page.close()
    page.reopen()
    world.work()
    assert world.stage.runs == 2


def test_a_branch_that_is_nobodys_base(world: World) -> None:
    page = blocked(world)
    world.forge.deliveries()
    world.repository.push("other", {"web/values.yaml": text()})
    world.repository.push("other", {"web/values.yaml": text(l2="2")})
    pushes = [one for one in world.forge.deliveries() if one.branch == "other"]
    assert len(pushes) == 1
    assert [world.ledger.concerns(one) for one in pushes] == [False]
    world.ledger.remember(pushes[0])
    assert world.due() == []
    assert world.since(page) == (0, 0)
