"""The forge fails: before a write and after it, slowly, with old listings, with refusals."""

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.github.state import Installation
from tests.line.forges import ever
from tests.line.invariants import ours, rows, shown
from tests.line.server import eventually
from tests.line.world import World, seeds, together


@pytest.fixture
def faultless(either: World) -> Iterator[World]:
    """The world of each forge, whose faults end with the test."""
    yield either
    either.fake.faults.clear()


def test_a_third_of_all_calls_fail(faultless: World) -> None:
    """Half of them after they were carried out; git's own calls too."""
    world, there = faultless, faultless.there
    faults = world.fake.faults

    def scenario(seed: int) -> None:
        repo, chance = world.repo(), random.Random(seed)
        for call in there.calls:
            where = call.format(repository=repo.id, name=repo.full_name)
            for after in (True, False):
                status = chance.choice((500, 502, 503))
                faults.add(where, status=status, after=after, chance=0.15, times=None)
        pull = world.open(repo, "broken")
        world.stands(pull, "broken", within=180)
        world.push(pull, "fixed")
        world.stands(pull, "mended", within=180)

    for call in there.shared:
        faults.add(call, chance=0.15, times=None)
        faults.add(call, after=True, chance=0.15, times=None)
    together(scenario, seeds(5))


def test_no_answer_to_a_write_that_was_done(faultless: World) -> None:
    """502, a dropped connection, a time-out: at each write in turn, with listings that are late."""
    world, there = faultless, faultless.there

    def scenario(seed: int) -> None:
        what = ("status", "drop", "hang")[seed % 3]
        repo = world.repo()
        for number, write in enumerate((*there.writes, *there.edits)):
            if number % 4 == seed % 4:
                path = write.format(repository=repo.id, pull=1)
                faults.add(path, what=what, after=True, seconds=16, times=1)
        pull = world.open(repo, "broken")
        world.stands(pull, "broken", within=120)
        world.push(pull, "fixed")
        world.stands(pull, "mended", within=120)

    faults = world.fake.faults
    faults.stale(0.25, *there.listings)
    together(scenario, seeds(5))


def test_tokens_end_in_the_middle(world: World) -> None:
    """Each is renewed once, wherever that strikes: also the one that git has."""

    def scenario(seed: int) -> None:
        chance = random.Random(seed)
        pull = world.open(world.repo(), "broken")
        eventually(lambda: world.worker_of(pull) or world.idle(pull), "a review")
        for _ in range(3):
            world.fake.expire_tokens()
            time.sleep(chance.uniform(0, 0.4))
        world.stands(pull, "broken")
        world.push(pull, "half")
        world.stands(pull, "half")

    together(scenario, seeds(10))


def test_limits_are_kept(world: World) -> None:
    """The secondary limit and the hourly one: it waits as told, and others go on."""
    github, [app] = world.fake, world.there.keys

    def scenario(seed: int) -> None:
        owner = github.user(f"busy{seed}")
        granted = dict(app.installation.permissions)
        there = Installation(github.server.state.id(), app.state, owner, granted)
        github.server.state.installations[there.id] = there
        name = f"installation {there.id}"
        github.limits.exhaust(name, 3600)
        blocked = github.limits.budgets[name]
        if seed % 2:
            blocked.used = 0
            blocked.blocked_until = github.clock.now() + 4
        else:
            blocked.begun = github.clock.now() - 3600 + 4
        refused = len(github.refused)
        pull = world.open(world.repo(owner.login), "broken")
        other = world.open(world.repo(), "broken")
        world.stands(other, "broken")
        world.stands(pull, "broken")
        told = [one for one in github.refused[refused:] if one[1] == 403]
        assert len(told) < 12, f"asked again and again: {told}"

    together(scenario, seeds(6), at_once=1)


def halted(world: World, repo: Any) -> Any:
    """A change whose review waits for its first answer, which never comes."""
    where = world.there.writes[0].format(repository=repo.id, pull=1)
    fault = world.fake.faults.add(where, what="hang", after=True, seconds=1)
    pull = world.open(repo, "broken")
    eventually(lambda: fault.hits, "the review begins")
    return pull


def test_gone_in_the_middle(faultless: World) -> None:
    """Closed, merged, or the whole repository deleted: it ends without a last word."""
    world = faultless

    def scenario(seed: int) -> None:
        repo = world.repo()
        pull = halted(world, repo)
        (pull.close, pull.merge, repo.delete)[seed % 3]()
        eventually(lambda: world.idle(pull), "it ends")
        assert [body for body in ever(pull) if ours(pull, body)] == []
        assert pull.threads == []
        if seed % 3 != 2:
            ended = [("completed", "cancelled")]
            what = "its status ends"
            eventually(lambda: [row[:2] for row in rows(repo, pull.head)] == ended, what)

    together(scenario, seeds(15))


def test_a_review_that_is_refused(world: World) -> None:
    """One bad place refuses all of them: each is tried alone, and the refused one on its file."""

    def scenario(seed: int) -> None:
        repo = world.repo()
        where = f"POST */repositories/{repo.id}/pulls/1/reviews"
        refusals = 1 + seed % 2
        world.fake.faults.add(where, status=422, times=refusals, message="Unprocessable Entity")
        pull = world.open(repo, "broken")
        if refusals == 1:
            world.stands(pull, "broken")
            return
        eventually(
            lambda: world.idle(pull) and shown(pull, world.repo_of(pull)).conclusion, "it ends"
        )
        now, usual = shown(pull, world.repo_of(pull)).open, world.expected["broken"].open
        assert {mark for mark, _ in now} == {mark for mark, _ in usual}
        moved = now - usual
        assert [line for _, (_, line) in moved] == [None]

    together(scenario, seeds(6))
