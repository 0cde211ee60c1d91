"""The way without an App: a plain token, commit statuses instead of check runs."""

from collections.abc import Iterator

import pytest

from tests.line.invariants import rows
from tests.line.server import eventually
from tests.line.world import World


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("token"), app=False) as made:
        made.learn()
        yield made


def test_the_main_story(plain: World) -> None:
    repo = plain.repo()
    pull = plain.open(repo, "broken")
    plain.stands(pull, "broken")
    states = [one.state for one in repo.statuses(pull.head)]
    assert states[0] == "pending"
    assert states[-1] == "failure"
    plain.push(pull, "fixed")
    plain.stands(pull, "mended")
    shown = len(repo.statuses(pull.head))
    comment = pull.comment("ada", "/recheck")
    eventually(lambda: plain.reactions(pull, comment) == ["+1"], "the command is answered")
    eventually(lambda: len(repo.statuses(pull.head)) >= shown + 2, "it runs again")
    plain.stands(pull, "mended")
    assert repo.checks(pull.head) == []


def test_superseded(plain: World) -> None:
    repo = plain.repo()
    pull = plain.open(repo, "broken")
    old = pull.head
    eventually(lambda: rows(repo, old), "the review begins")
    frozen = eventually(lambda: plain.redline.family("workers.child"), "its child")
    for one in frozen:
        one.suspend()
    new = plain.push(pull, "half")
    ended = ("completed", "cancelled", f"superseded by {new[:7]}")
    eventually(lambda: rows(repo, old)[-1:] == [ended], "the old status ends", 10)
    plain.stands(pull, "half")
