"""What the repository's own CI starts after the review: it must not let pass what blocks."""

import pytest

from tests.scenarios.forges import Page, Shown
from tests.scenarios.stage import found, ran
from tests.scenarios.world import World, text

BEFORE, AFTER = {"web.yaml": text()}, {"web.yaml": text(l7="seven")}
BLOCKS = found("floating", "web.yaml", 7)
BLOCKED = Shown("failure", "Blocks merge: 1 floating-image")


def blocked(world: World) -> Page:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(BLOCKS)
    assert world.reviewed(page) == BLOCKED
    world.since(page)
    return page


def test_the_status_is_there_too_and_nothing_is_reviewed_again(world: World) -> None:
    page = blocked(world)
    for _ in range(2):
        page.start_ci()
        assert world.reviewed(page) == BLOCKED
        assert page.held_back()
    assert world.stage.runs == 1
    assert world.since(page) == (0, 0)


def test_what_passed_passes(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.results = (ran(),)
    world.work()
    page.start_ci()
    assert world.reviewed(page) == Shown("success", "0 blocking, 0 warnings, 1 stage ran")
    assert not page.held_back()
    assert world.stage.runs == 1


def test_while_it_is_reviewed(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(BLOCKS)

    def start(_number: int) -> None:
        page.start_ci()
        world.hear()

    world.stage.meanwhile = start
    assert world.reviewed(page) == BLOCKED
    assert page.held_back()
    assert world.stage.runs == 1
    assert page.notified == 1


def test_where_the_review_is_not_kept_it_is_made_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = blocked(world)
    monkeypatch.setattr("workers.kept.status", lambda *_: None)
    page.start_ci()
    assert world.reviewed(page) == BLOCKED
    assert page.held_back()
    assert world.since(page) == (0, 0)


@pytest.mark.parametrize("how", ["500", "502", "drop"])
@pytest.mark.parametrize("after", [True, False], ids=["stored", "not-stored"])
def test_a_write_that_fails(world: World, how: str, after: bool) -> None:
    page = blocked(world)
    world.forge.spoil("status", how, after=after)
    page.start_ci()
    assert world.reviewed(page) == BLOCKED
    world.forge.heal()
    assert page.held_back()
    assert world.stage.runs == 1
