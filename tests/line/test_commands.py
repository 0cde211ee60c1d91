"""What people ask for in comments, on the whole line."""

import random
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from tests.line.forges import FORGES
from tests.line.forges import said as everything
from tests.line.invariants import ours, rows
from tests.line.server import eventually
from tests.line.test_kills import killed
from tests.line.world import World, seeds, together

RECHECK = {"REDLINE_RECHECK_SECONDS": "60", "REDLINE_WORKERS": "1"}


@pytest.fixture(scope="module", params=FORGES)
def patient(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A server for each forge that makes a minute pass between two rechecks of a change."""
    with World(tmp_path_factory.mktemp("patient"), RECHECK, forge=request.param) as made:
        yield made


def said(pull: Any) -> list[str]:
    """Our answers in words."""
    marks = [(ours(pull, body), body) for body, _place in everything(pull)]
    return [body for mark, body in marks if mark is not None and mark.kind == "answer"]


def runs(world: World, pull: Any) -> int:
    return len(rows(world.repo_of(pull), pull.head))


def test_who_may_recheck(either: World) -> None:
    """The author and who may triage; a stranger gets one polite reply, however often he asks."""
    world = either
    pull = world.open(world.repo(), "fixed", by="nina")
    world.stands(pull, "fixed")
    for number, login in enumerate(("nina", "tess"), 2):
        comment = pull.comment(login, "/recheck")
        eventually(lambda c=comment: world.reactions(pull, c) == ["+1"], f"{login} is obeyed")  # type: ignore[misc]
        eventually(lambda n=number: runs(world, pull) == n, "it runs")  # type: ignore[misc]
        world.stands(pull, "fixed")
    for login in ("eve", "eve", "rita"):
        comment = pull.comment(login, "/recheck")
        eventually(lambda c=comment: world.reactions(pull, c) == ["confused"], "refused")  # type: ignore[misc]
    assert len(said(pull)) == 1
    assert runs(world, pull) == 3


def test_what_is_not_asked(either: World) -> None:
    """Edited, quoted, fenced, looking alike, our own, on a closed change: nothing is done."""
    world = either
    repo = world.repo()
    pull = world.open(repo, "fixed")
    world.stands(pull, "fixed")
    edited = pull.comment("ada", "Looks good.")
    pull.edit("ada", edited, "/recheck")
    ignored = [
        pull.comment("ada", text)
        for text in (
            "> /recheck",
            "```\n/recheck\n```",
            "    /recheck",
            "<!--\n/recheck\n-->",
            "Please /recheck",
            "/recheck; id",
            "/recheck --config=x",
            "\u2215recheck",
        )
    ]
    ignored.append(pull.comment(world.there.bot, "/recheck"))
    closed = world.open(repo, "fixed")
    world.stands(closed, "fixed")
    closed.close()
    late = closed.comment("ada", "/recheck")
    helped = pull.comment("ada", "/redline help")
    eventually(lambda: world.reactions(pull, helped) == ["+1"], "what came last is answered")
    world.fake.hooks.settle()
    for comment in (edited, *ignored):
        assert "+1" not in world.reactions(pull, comment)
    assert world.reactions(closed, late) == []
    assert (runs(world, pull), runs(world, closed)) == (1, 1)
    assert len(said(pull)) == 1


def test_two_hundred_rechecks_and_cries_for_help(patient: World) -> None:
    """In a minute: two runs at most, and the table of commands once."""
    pull = patient.open(patient.repo(), "fixed")
    eventually(lambda: patient.idle(pull) and runs(patient, pull), "the review")
    comments = [pull.comment("ada", "/recheck") for _ in range(190)]
    comments += [pull.comment("rita", "/redline help") for _ in range(10)]
    patient.fake.hooks.settle()  # none waits yet where none has arrived
    eventually(lambda: patient.waiting_commands() == 0, "all are dealt with", 120)
    for comment in comments[::20]:
        assert patient.reactions(pull, comment) == ["+1"]
    assert runs(patient, pull) <= 1 + 2
    assert len(said(pull)) == 1
    row = patient.row(pull)
    assert row is not None
    assert row["not_before"] - row["rechecked_at"] <= 60.5


def test_killed_between_the_answer_and_the_ledger(world: World) -> None:
    """The one who is begun again finds the answer, or that there is none."""

    def scenario(seed: int) -> None:
        repo = world.repo()
        pull = world.open(repo, "fixed")
        world.stands(pull, "fixed")
        after = random.Random(seed).random() < 0.7
        where = f"POST */repositories/{repo.id}/issues/1/comments"
        fault = world.fake.faults.add(where, what="hang", after=after, seconds=20)
        comment = pull.comment("ada", "/redline help")
        eventually(lambda: fault.hits, "it is about to be answered")
        for one in quick(world):
            killed(one)
        eventually(lambda: world.reactions(pull, comment) == ["+1"], "it is answered")
        assert len(said(pull)) == 1

    together(scenario, seeds(5), at_once=1)


def quick(world: World) -> list[psutil.Process]:
    """The processes that deal with commands."""
    return world.redline.part("worker", "quick").children()


def test_a_forge_that_does_not_answer(world: World) -> None:
    """A command is not lost for that: it is tried until the forge answers, and answered once."""

    def scenario(seed: int) -> None:
        repo = world.repo()
        pull = world.open(repo, "fixed")
        world.stands(pull, "fixed")
        for after in (True, False):
            where = f"POST */repositories/{repo.id}/issues/*"
            world.fake.faults.add(where, after=after, times=1 + seed % 2)
        comment = pull.comment("eve", "/redline help")
        eventually(lambda: world.reactions(pull, comment) == ["+1"], "it is answered", 90)
        assert len(said(pull)) == 1

    together(scenario, seeds(10))
