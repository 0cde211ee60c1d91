"""Webhooks come twice, five times at once, out of order, or not at all."""

import random
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.fakes.github import PullRequest
from tests.fakes.outbox import Delivery
from tests.line.contents import CONTENTS
from tests.line.invariants import rows
from tests.line.server import eventually
from tests.line.world import World, seeds, together


def deliveries(world: World, pull: PullRequest) -> list[Delivery]:
    """The webhooks about this pull request itself, the oldest first."""
    every = [one for one in list(world.fake.hooks.log) if one.event == "pull_request"]
    return [one for one in every if one.payload["pull_request"]["id"] == pull.state.id]


def test_five_times_at_once_and_out_of_order(world: World) -> None:
    """Three pushes, each webhook five times, all mixed: one review, of the newest head."""
    hooks = world.fake.hooks

    def send(one: Delivery) -> int:
        answer = httpx.post(
            world.redline.hook, content=one.body, headers=hooks.headers(one), timeout=30
        )
        return answer.status_code

    def scenario(seed: int) -> None:
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

    hooks.hold()
    try:
        together(scenario, seeds())
    finally:
        hooks.release(shuffle=True)
        hooks.settle()


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


def test_a_lost_webhook(world: World) -> None:
    """The walk finds what no webhook told of: an opened change, a push, and a command."""
    hooks = world.fake.hooks

    def scenario(seed: int) -> None:
        known = random.Random(seed).random() < 0.5
        repo = world.repo()
        if not known:
            hooks.lose = 1.0
        pull = world.open(repo, "half")
        world.stands(pull, "half")
        hooks.lose = 1.0
        world.push(pull, "broken")
        world.stands(pull, "broken")

    try:
        together(scenario, seeds(), at_once=1)
        pull = world.open(world.repo(), "broken")
        world.stands(pull, "broken")
        comment = pull.comment("ada", "/recheck")
        eventually(lambda: "+1" in world.reactions(pull, comment), "the lost command is obeyed")
    finally:
        hooks.lose = 0.0
