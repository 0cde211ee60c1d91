"""Webhooks come twice, five times at once, out of order, or not at all."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx

from tests.fakes.outbox import Delivery
from tests.line.contents import CONTENTS
from tests.line.invariants import rows
from tests.line.server import eventually
from tests.line.world import World, Worlds, by_forge, seeds, together


def deliveries(world: World, pull: Any) -> list[Delivery]:
    """The webhooks about this change itself, the oldest first."""
    every = [one for one in list(world.fake.hooks.log) if one.event == world.there.event]
    key = "pull_request" if "pull_request" in every[0].payload else "object_attributes"
    return [one for one in every if one.payload[key]["id"] == pull.state.id]


@contextmanager
def held(*worlds: World) -> Iterator[None]:
    """Webhooks stay where they are for as long as the block runs."""
    for world in worlds:
        world.fake.hooks.hold()
    try:
        yield
    finally:
        for world in worlds:
            world.fake.hooks.release(shuffle=True)
            world.fake.hooks.settle()


def test_five_times_at_once_and_out_of_order(by_turns: Worlds) -> None:
    """Three pushes, each webhook five times, all mixed: one review, of the newest head."""

    def scenario(seed: int) -> None:
        world = by_turns(seed)

        def send(one: Delivery) -> int:
            headers = world.fake.hooks.headers(one)
            answer = httpx.post(world.redline.hook, content=one.body, headers=headers, timeout=30)
            return answer.status_code

        repo, last = world.repo(), [*CONTENTS][seed % 3]
        pull = world.open(repo, "broken")
        world.push(pull, "half")
        world.push(pull, last)
        every = deliveries(world, pull) * 5
        random.Random(seed).shuffle(every)
        with ThreadPoolExecutor(5) as pool:
            answers = list(pool.map(send, every))
        assert (answers.count(202), answers.count(200)) == (3, 12)
        world.stands(pull, last)
        assert len(rows(repo, pull.head)) == 1, "one review"

    with held(by_turns(0), by_turns(1)):
        together(scenario, seeds())


def test_doubled_and_late(world: World) -> None:
    """All webhooks twice, in any order, while people push: the newest head is reviewed."""
    hooks = world.fake.hooks
    hooks.double = 1.0
    hooks.hold()
    try:
        pulls = [world.open(world.repo(), "half") for _ in seeds()]
        for content in ("broken", "half"):
            for pull in pulls:
                world.push(pull, content)
        hooks.release(shuffle=True)
        for pull in pulls:
            world.stands(pull, "half")
    finally:
        hooks.double = 0.0


def test_a_lost_webhook(by_turns: Worlds) -> None:
    """The walk finds what no webhook told of: an opened change, a push, and a command."""

    def scenario(seed: int) -> None:
        world = by_turns(seed)
        known, hooks = random.Random(seed).random() < 0.5, world.fake.hooks
        hooks.lose = 0.0
        repo = world.repo()
        if not known:
            hooks.lose = 1.0
        pull = world.open(repo, "half")
        world.stands(pull, "half")
        hooks.lose = 1.0
        world.push(pull, "broken")
        world.stands(pull, "broken")
        world.close()

    world = by_turns(0)
    try:
        by_forge(scenario, seeds())
        world.fake.hooks.lose = 1.0
        pull = world.open(world.repo(), "broken")
        world.stands(pull, "broken")
        comment = pull.comment("ada", "/recheck")
        eventually(lambda: "+1" in world.reactions(pull, comment), "the lost command is obeyed")
    finally:
        for seed in (0, 1):
            by_turns(seed).fake.hooks.lose = 0.0
