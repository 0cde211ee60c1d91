"""Processes are killed and frozen, at chosen writes and at any moment."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil

from tests.fakes.faults import Fault
from tests.line.server import eventually
from tests.line.world import World, Worlds, by_forge, seeds, together


def held(world: World, repo: Any, pattern: str, *, after: bool) -> Fault:
    """The next such write at its first change is carried out, or not, and no answer comes."""
    path = pattern.format(repository=repo.id, pull=1)
    fault: Fault = world.fake.faults.add(path, what="hang", after=after, seconds=30)
    return fault


def struck(world: World, pull: Any, fault: Fault) -> psutil.Process:
    """The process that waits for the answer that is held back."""
    eventually(lambda: fault.hits, f"the review comes to {fault.pattern}")
    worker = world.worker_of(pull)
    assert worker is not None
    return worker


def killed(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()


def test_killed_between_a_write_and_the_ledger(either: World) -> None:
    """At each write in turn, carried out or not: nothing is lost and nothing is made twice."""
    world, writes = either, either.there.writes

    def scenario(seed: int) -> None:
        chance = random.Random(seed)
        write, after = writes[seed % len(writes)], chance.random() < 0.75
        repo = world.repo()
        fault = held(world, repo, write, after=after)
        pull = world.open(repo, "broken")
        killed(struck(world, pull, fault))
        world.stands(pull, "broken")

    together(scenario, range(max(len(seeds(15)), len(writes))))


def test_killed_while_threads_end(either: World) -> None:
    """The fix's review is killed among its edits: each thread ends once."""
    world, edits = either, either.there.edits

    def scenario(seed: int) -> None:
        repo = world.repo()
        pull = world.open(repo, "broken")
        world.stands(pull, "broken")
        fault = held(world, repo, edits[seed % len(edits)], after=seed % 2 == 0)
        world.push(pull, "fixed")
        killed(struck(world, pull, fault))
        world.stands(pull, "mended")

    together(scenario, seeds(15))


def test_killed_at_any_moment(either: World) -> None:
    """The process of the pool, again and again, wherever it is."""
    world = either

    def scenario(seed: int) -> None:
        chance = random.Random(seed)
        pull = world.open(world.repo(), "broken")
        for _ in range(2):
            worker = eventually(lambda: world.worker_of(pull) or world.idle(pull), "a review")
            time.sleep(chance.uniform(0, 0.8))
            if isinstance(worker, psutil.Process):
                killed(worker)
        world.stands(pull, "broken")

    together(scenario, seeds(15))


def moment(chance: random.Random, pulls: list[Any], world: World) -> None:
    """Until at least one of them is under review, and then any time."""
    eventually(lambda: any(world.worker_of(pull) for pull in pulls), "a review begins")
    time.sleep(chance.uniform(0, 1.0))


def several(
    by_turns: Worlds, act: Callable[[World, random.Random, list[Any]], None], most: int = 10
) -> None:
    """For each seed: three changes are opened, and something is done to the server meanwhile."""

    def scenario(seed: int) -> None:
        world = by_turns(seed)
        repo = world.repo()
        pulls = [world.open(repo, content) for content in ("broken", "half", "fixed")]
        act(world, random.Random(seed), pulls)
        for pull, content in zip(pulls, ("broken", "half", "fixed"), strict=True):
            world.stands(pull, content)
        world.calm(seed)

    by_forge(scenario, seeds(most))


def test_the_whole_worker_is_killed(by_turns: Worlds) -> None:
    """It and its processes die at once; the supervisor starts another."""

    def act(world: World, chance: random.Random, pulls: list[Any]) -> None:
        moment(chance, pulls, world)
        worker = world.redline.part("worker", "review")
        pool = worker.children(recursive=True)
        worker.kill()
        _gone, left = psutil.wait_procs(pool, 5)
        assert left == [], "a worker's processes must not outlive it"

    several(by_turns, act)


def test_the_child_that_judges_is_killed(by_turns: Worlds) -> None:
    """What it had not reported is unchecked, and said so: a final status, which is not green."""

    def act(world: World, chance: random.Random, pulls: list[Any]) -> None:
        found = eventually(lambda: world.redline.family("workers.child"), "a child")
        time.sleep(chance.uniform(0, 0.1))
        killed(found[0])
        for pull in pulls:
            eventually(lambda p=pull: world.idle(p), "the review ends")  # type: ignore[misc]
            pull.comment("ada", "/recheck")

    several(by_turns, act)


def test_frozen_past_its_lease(by_turns: Worlds) -> None:
    """Another one takes over; the frozen one writes nothing any more when it wakes."""

    def act(world: World, chance: random.Random, pulls: list[Any]) -> None:
        moment(chance, pulls, world)
        workers = {pull.number: world.worker_of(pull) for pull in pulls}
        frozen = next((one for one in workers.values() if one), None)
        if frozen is None:
            return
        frozen.suspend()
        for pull in pulls:
            eventually(lambda p=pull: world.idle(p), "another process reviews")  # type: ignore[misc]
        frozen.resume()

    several(by_turns, act)


def test_told_to_end(by_turns: Worlds) -> None:
    """SIGTERM to the worker in the middle of reviews: they end or are begun again at once."""

    def act(world: World, chance: random.Random, pulls: list[Any]) -> None:
        moment(chance, pulls, world)
        worker = world.redline.part("worker", "review")
        worker.terminate()
        began = time.monotonic()
        worker.wait(15)
        assert time.monotonic() - began < 12

    several(by_turns, act)
