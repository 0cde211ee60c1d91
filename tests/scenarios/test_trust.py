"""Whose change may use credentials: who may write here, or what such a one let run, no further."""

import pytest

from bot.operator import Operator
from bot.settings import Settings
from tests.scenarios.forges import Files, Page
from tests.scenarios.world import World, text

BEFORE: Files = {"web.yaml": text()}
AFTER: Files = {"web.yaml": text(l7="changed")}


def opened(world: World, by: str) -> Page:
    """A change from a fork of this person's."""
    repository = world.forge.repository(BEFORE)
    fork = repository.fork(by)
    fork.push("patch", AFTER)
    return repository.open("patch", by=by, fork=fork)


def test_who_may_write_here_is_trusted_here(world: World) -> None:
    world.given(BEFORE, AFTER, by="ada")
    world.work()
    assert world.stage.trusted == [True]


def test_a_bot_that_the_operator_names(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no role here, as an App has none; what lies in a fork is nobody's all the same."""
    monkeypatch.setattr(Settings, "operator", Operator(trusted_bots=("Eve",)))
    world.given(BEFORE, AFTER, by="eve")
    opened(world, "eve")
    world.work()
    assert world.stage.trusted == [True, False]
    monkeypatch.setattr(Settings, "operator", Operator(trusted_bots=("eve[bot]",)))
    world.given(BEFORE, AFTER, by="eve")
    world.work()
    assert not world.stage.trusted[-1]


def test_nobody_is_trusted_for_what_lies_in_a_fork(world: World) -> None:
    """Others may push to a fork, whoever owns it."""
    opened(world, "eve")
    opened(world, "ada")
    world.work()
    assert world.stage.trusted == [False, False]


def test_a_commit_of_a_fork_that_a_writer_lets_run(world: World) -> None:
    page = opened(world, "eve")
    world.work()
    page.comment("eve", f"/redline run {page.head}")
    page.comment("ada", f"/redline run {page.head[:12]}")
    world.work()
    assert True not in world.stage.trusted
    page.comment("ada", f"/redline run {page.head}")
    world.work()
    assert world.stage.trusted[-1]
    page.push({"web.yaml": text(l7="worse")})
    world.work()
    assert not world.stage.trusted[-1]
