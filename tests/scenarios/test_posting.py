"""Nothing twice and nothing lost: a forge that stores and fails, two workers, late listings."""

import os
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.scenarios.forges import Page
from tests.scenarios.stage import found
from tests.scenarios.world import World, text

BEFORE = {"a.yaml": text(), "b.yaml": text()}
AFTER = {"a.yaml": text(l7="7", l9="9"), "b.yaml": text(l3="3")}
ROOT, IAM = found("root", "a.yaml", 7), found("iam", "a.yaml", 9, name="role")
LATER = found("network", "b.yaml", 3, name="all")
FAILURES = ("500", "502", "hang", "drop")
SEEDS = range(int(os.environ.get("REDLINE_SEEDS", "3")))


def once_each(world: World, page: Page) -> None:
    """One open thread an identity, one summary, a final status."""
    open_ = [one.words.partition("\n")[0] for one in page.threads() if not one.over]
    assert len(open_) == len(set(open_)) == len(world.stage.results[0].findings), open_
    assert len(page.summaries()) == 1
    assert world.status(page).state == "failure"


@pytest.mark.parametrize("after", [True, False], ids=["stored", "not-stored"])
@pytest.mark.parametrize("how", FAILURES)
@pytest.mark.parametrize("what", ["threads", "status"])
def test_a_write_that_fails(world: World, what: str, how: str, after: bool) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(ROOT, IAM)
    world.forge.spoil(what, how, after=after)
    world.work()
    once_each(world, page)
    assert len(page.threads()) == 2
    assert page.notified == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_forge_that_fails_at_any_write(world: World, seed: int) -> None:
    chance = random.Random(seed)
    page = world.given(BEFORE, AFTER)
    for number, findings in enumerate(((ROOT, IAM), (ROOT,), (ROOT, LATER))):
        for how in FAILURES:
            world.forge.spoil("all", how, after=chance.random() < 0.7, chance=0.3, times=2)
        page.push({"c.yaml": f"{number}\n"})
        world.stage.finds(*findings)
        world.work()
        world.forge.heal()
    page.push({"c.yaml": "last\n"})
    world.work()
    once_each(world, page)
    assert len(page.threads()) == 3


@pytest.mark.parametrize("seed", SEEDS)
def test_two_workers_at_once(world: World, seed: int) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(ROOT, IAM)
    world.hear()
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(world.review, page.id) for _ in range(3)]:
            done.result()
    world.work()
    once_each(world, page)
    assert (len(page.threads()), page.notified) == (2, 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_listings_that_are_late(world: World, seed: int) -> None:
    chance = random.Random(seed)
    page = world.given(BEFORE, AFTER)
    world.forge.stale(0.15)
    for number, findings in enumerate(((ROOT,), (ROOT, IAM), (ROOT, IAM, LATER))):
        if chance.random() < 0.5:
            world.forge.spoil("threads", "502", after=True)
        page.push({"c.yaml": f"{number}\n"})
        world.stage.finds(*findings)
        world.work()
        page.comment("ada", "/recheck")
        world.work()
    world.forge.heal()
    once_each(world, page)
    assert len(page.threads()) == 3


def test_a_second_push_that_changes_no_finding_writes_no_content(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(ROOT, IAM)
    world.work()
    world.since(page)
    page.push({"c.yaml": "more\n"})
    world.work()
    assert world.since(page) == (0, 0)
