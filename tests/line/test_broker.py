"""The queue is a hint: the broker is killed, frozen and emptied, and nothing is lost."""

import random
import shutil
from typing import Any

import httpx

from tests.line.server import eventually
from tests.line.test_kills import moment
from tests.line.world import World, Worlds, by_forge, seeds


def ready(world: World) -> int:
    return httpx.get(f"{world.redline.url}/readyz", timeout=30).status_code


def killed(world: World, _repo: Any) -> None:
    world.redline.part("valkey").kill()


def emptied(world: World, repo: Any) -> None:
    """It comes back without anything: the file that it would read is gone."""
    shutil.rmtree(world.redline.state / "broker" / "appendonlydir")
    killed(world, repo)


def frozen(world: World, repo: Any) -> Any:
    """Until it shows: webhooks are taken meanwhile as if it were there."""
    broker = world.redline.part("valkey")
    broker.suspend()
    try:
        eventually(lambda: ready(world) == 503, "the readiness shows it")
        already = len(world.fake.hooks.log)
        late = world.open(repo, "fixed")
        world.fake.hooks.settle()
        news = [one for one in world.fake.hooks.log[already:] if one.event == world.there.event]
        assert [one.status for one in news] == [202]
        assert max(one.seconds for one in news) < 3, "no webhook waits for the broker"
    finally:
        broker.resume()
    return late


def test_killed_emptied_and_frozen(by_turns: Worlds) -> None:
    def scenario(seed: int) -> None:
        world = by_turns(seed)
        fault = (killed, emptied, frozen)[seed % 3]
        repo = world.repo()
        pulls = [world.open(repo, content) for content in ("broken", "half")]
        moment(random.Random(seed), pulls, world)
        late = fault(world, repo)
        for pull, content in zip(pulls, ("broken", "half"), strict=True):
            world.stands(pull, content, within=120)
        if late is not None:
            world.stands(late, "fixed", within=120)
        assert eventually(lambda: ready(world) == 200, "all is well again")
        world.calm(seed)

    by_forge(scenario, seeds())
