"""Each status ends, whatever becomes of the worker, the webhook or the review."""

import importlib
import threading

import pytest

from bot.reconcile import tend, walk
from tests.scenarios.forges import Shown
from tests.scenarios.stage import found
from tests.scenarios.world import World, text

BEFORE, AFTER = {"web.yaml": text()}, {"web.yaml": text(l7="seven")}
ROOT = found("root", "web.yaml", 7)


class Killed(BaseException):
    """The worker's process is gone: nothing catches this."""


def kill(_number: int) -> None:
    raise Killed


def test_a_killed_worker_s_run_is_freed_and_finished(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(ROOT)
    world.stage.meanwhile = kill
    world.hear()
    with pytest.raises(Killed):
        world.review(page.id)
    assert world.status(page).state == "running"
    world.stage.meanwhile = lambda number: None
    assert not world.due(), "its lease holds"
    assert tend(world.ledger, 0.0) == 1
    assert world.reviewed(page).state == "failure"
    assert (len(page.threads()), page.notified) == (1, 1)


def test_killed_after_it_had_posted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(ROOT)
    world.hear()
    with monkeypatch.context() as patch:
        patch.setattr("workers.run.Run._conclude", lambda *args: kill(0))
        with pytest.raises(Killed):
            world.review(page.id)
    assert len(page.threads()) == 1
    tend(world.ledger, 0.0)
    assert world.reviewed(page).state == "failure"
    assert (len(page.threads()), page.notified) == (1, 1)


def test_what_fails_three_times_is_given_up_aloud(world: World) -> None:
    page = world.given(BEFORE, AFTER)

    def crash(_number: int) -> None:
        raise RuntimeError("a fault of ours")

    world.stage.meanwhile = crash
    shown = world.reviewed(page)
    assert shown.state == "failure"
    assert shown.title.startswith("Could not check: the review crashed (RuntimeError)")
    assert (world.stage.runs, page.threads(), page.notified) == (3, [], 0)
    world.stage.meanwhile = lambda number: None
    page.comment("ada", "/recheck")
    assert world.reviewed(page).state == world.forge.skips


def test_a_lost_webhook_is_found_by_the_walk(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.forge.deliveries()  # and nobody hears of them
    world.stage.finds(ROOT)
    stop, ours = threading.Event(), importlib.import_module("workers.app").forge(world.forge.name)
    walk(world.ledger, ours, 0.0, stop)
    assert world.reviewed(page).state == "failure"
    runs = world.stage.runs
    walk(world.ledger, ours, 0.0, stop)
    world.work()
    assert world.stage.runs == runs, "what has a final status is left alone"


def test_the_head_of_a_superseded_run_ends_though_nobody_told_of_the_push(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    old = page.head
    world.stage.finds(ROOT)
    world.stage.meanwhile = lambda number: (page.push({"b.yaml": "b\n"}), None)[1]
    world.hear()
    world.review(page.id)
    world.stage.meanwhile = lambda number: None
    assert world.reviewed(page).state == "failure"
    assert world.status(page, old) == Shown("cancelled", f"superseded by {page.head[:7]}")
    assert len(page.threads()) == 1
