"""The database is locked for a while: webhooks wait or are asked for again, reviews converge."""

import random
import sqlite3
import time
from contextlib import closing

from tests.line.contents import CONTENTS
from tests.line.test_kills import moment
from tests.line.world import World, seeds, together


def test_locked(world: World) -> None:
    def scenario(seed: int) -> None:
        chance = random.Random(seed)
        pulls = [world.open(world.repo(), content) for content in CONTENTS]
        moment(chance, pulls, world)
        with closing(sqlite3.connect(world.redline.state / "redline.db", timeout=30)) as locker:
            locker.execute("BEGIN EXCLUSIVE")
            pulls += [world.open(world.repo(), content) for content in CONTENTS]
            time.sleep(chance.choice((1.0, 4.0, 7.0)))
            locker.rollback()
        for pull, content in zip(pulls, [*CONTENTS] * 2, strict=True):
            world.stands(pull, content, within=120)

    together(scenario, seeds(5), at_once=1)
