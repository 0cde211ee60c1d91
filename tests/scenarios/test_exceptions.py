"""Exceptions in the files: what blocks waits for someone who may allow it."""

from dataclasses import replace

import pytest

from bot.review import Written
from rules.finding import Location
from tests.scenarios.forges import Files, Page
from tests.scenarios.stage import found, ran
from tests.scenarios.world import World, summary, text

BEFORE: Files = {"web.yaml": text()}
AFTER: Files = {"web.yaml": text(l7="changed")}
ROOT = found("root", "web.yaml", 7)
LATEST = found("floating", "web.yaml", 9, blocks=False)


def opened(world: World, by: str, written: Written, *, fork: bool = False) -> Page:
    """A change with what blocks, and an exception in its file."""
    world.stage.results = (ran(ROOT, LATEST, written=(written,)),)
    if not fork:
        return world.given(BEFORE, AFTER, by=by)
    repository = world.forge.repository(BEFORE)
    theirs = repository.fork(by)
    theirs.push("patch", AFTER)
    return repository.open("patch", by=by, fork=theirs)


def test_what_warns_is_let_pass_at_once(world: World) -> None:
    world.stage.results = (ran(LATEST, written=(Written(LATEST.identity, "built nightly"),)),)
    page = world.given(BEFORE, AFTER)
    shown = world.reviewed(page)
    assert shown.state == "success"
    assert "0 warnings, 1 allowed" in shown.title


def test_what_blocks_waits_and_is_agreed_to_without_a_reason(world: World) -> None:
    page = opened(world, "ada", Written(ROOT.identity, "a lab", "2999-01-31"))
    assert world.reviewed(page).state == "failure"
    assert "(allowed by `@ada` until 2999-01-31, waits for someone who may: a lab)" in summary(page)
    page.comment("ada", f"/redline allow {ROOT.id}")
    assert world.reviewed(page).state == "failure"
    page.comment("mia", f"/redline allow {ROOT.id}")
    assert world.reviewed(page).state == "success"
    assert "(allowed by `@mia` until 2999-01-31: a lab)" in summary(page)


def test_what_was_agreed_to_follows_its_object(world: World) -> None:
    """From a file that is split into another, in this change only."""
    before = found("root", "all.yaml", 7, name="web")
    world.stage.finds(before)
    page = world.given({"all.yaml": text()}, {"all.yaml": text(l7="changed")})
    world.work()
    page.comment("mia", f"/redline allow {before.id} --reason a lab")
    assert world.reviewed(page).state == "success"
    page.push({"all.yaml": text(), "web/a.yaml": text(12)})
    world.stage.finds(replace(before, location=Location("web/a.yaml", 7), project="web"))
    assert world.reviewed(page).state == "success"
    page.push({"api/a.yaml": text(12)})
    copies = (replace(before, project=each) for each in ("web", "api"))
    world.stage.finds(*copies)
    assert world.reviewed(page).state == "failure", "a copy is another one"


def test_nobody_agrees_to_what_is_not_there(world: World) -> None:
    world.stage.finds(ROOT)
    page = world.given(BEFORE, AFTER)
    world.work()
    page.comment("mia", f"/redline allow {ROOT.id}")
    assert world.reviewed(page).state == "failure"


def test_who_may_allow_it_has_agreed_by_writing_it(world: World) -> None:
    page = opened(world, "olga", Written(ROOT.identity, "a lab"))
    assert world.reviewed(page).state == "success"


def test_but_not_in_a_fork_to_which_others_may_push(world: World) -> None:
    page = opened(world, "olga", Written(ROOT.identity, "a lab"), fork=True)
    assert world.reviewed(page).state == "failure"


def test_what_stood_there_holds_for_everybody(world: World) -> None:
    page = opened(world, "eve", Written(ROOT.identity, "a lab", brought=False), fork=True)
    assert world.reviewed(page).state == "success"
    assert "(allowed in the file: a lab)" in summary(page)


@pytest.mark.parametrize(("by", "state"), [("olga", "success"), ("ada", "failure")])
def test_a_queue_s_group_brings_what_its_change_brought(world: World, by: str, state: str) -> None:
    page = opened(world, by, Written(ROOT.identity, "a lab"))
    assert world.reviewed(page).state == state
    _group, head = world.repository.queue(page)
    world.work()
    assert world.repository.shown(head)[-1].state == state
