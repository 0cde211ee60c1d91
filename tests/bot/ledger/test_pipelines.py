"""A pipeline that began: which changes are looked at, and what else it may be for."""

from collections.abc import Callable

import pytest

from bot.change import ChangeId, Kind
from bot.hooks.delivery import Delivery, Wish
from bot.ledger import Lease, Ledger
from bot.ledger.queue import ANNOUNCE, REVIEW
from tests.bot.ledger.given import A, B, C, change, delivery, push
from tests.databases import Open

Later = Callable[[float], None]
TRAIN = ChangeId(change().forge, 7, Kind.MERGE_GROUP, ref="refs/merge-requests/1/train")


def begun(sha: str = A, of: ChangeId | None = None, repository: int = 7) -> Delivery:
    return delivery(Wish.PIPELINE, sha, change=of, repository_id=repository)


def leased(ledger: Ledger, of: ChangeId) -> Lease:
    lease = ledger.lease(of, "worker", 60)
    assert lease is not None
    return lease


def reviewed(ledger: Ledger, number: int = 1, head: str = A) -> None:
    ledger.remember(push(head, change=change(number)))
    leased(ledger, change(number)).done(head, "passed", b"{}")


def due(ledger: Ledger, task: str = REVIEW) -> list[int | str]:
    """The numbers of changes, the refs of groups."""
    return [one.args[3] or one.args[4] for one in ledger.due(0) if one.task == task]


@pytest.fixture
def ledger(open_ledger: Open) -> Ledger:
    return open_ledger(recheck_seconds=0)


def test_the_open_changes_at_its_commit_are_looked_at(ledger: Ledger) -> None:
    for number, head in enumerate((A, A, B, A), 1):
        reviewed(ledger, number, head)
    ledger.remember(delivery(Wish.CLOSE, change=change(4)))
    assert ledger.concerns(begun())
    assert ledger.remember(begun())
    assert (due(ledger), due(ledger, ANNOUNCE)) == ([1, 2], [])
    lease = leased(ledger, change(1))
    assert (lease.glance, lease.recheck) == (True, False)
    assert ledger.gauges().waiting == 0


def test_one_at_a_commit_of_no_change_leaves_nothing(ledger: Ledger) -> None:
    reviewed(ledger)
    for nobodys in (begun(C), begun(repository=8)):
        assert not ledger.concerns(nobodys)
        ledger.remember(nobodys)
    assert ledger.due(0) == []


def test_of_merged_results_or_of_a_train(ledger: Ledger) -> None:
    """Both stand at a commit of their own: the forge says which it is."""
    reviewed(ledger)
    assert ledger.concerns(begun(C, TRAIN))
    ledger.remember(begun(C, TRAIN))
    assert sorted(due(ledger), key=str) == [1, TRAIN.ref]
    assert not leased(ledger, TRAIN).glance
    assert leased(ledger, change()).glance


def test_at_a_change_s_own_head_it_is_no_train_s(ledger: Ledger) -> None:
    reviewed(ledger)
    ledger.remember(begun(A, TRAIN))
    assert due(ledger) == [1]


def test_of_a_change_that_nobody_knows(ledger: Ledger) -> None:
    ledger.remember(begun(A, TRAIN))
    assert due(ledger) == [TRAIN.ref]


def test_where_a_run_is_to_come_or_was_given_up_none_is_added(ledger: Ledger) -> None:
    ledger.remember(push(A))
    ledger.remember(begun())
    lease = leased(ledger, change())
    lease.done(A, "passed", b"{}")
    assert ledger.due(0) == []
    ledger.remember(push(B))
    leased(ledger, change()).bury("it crashed")
    ledger.remember(begun(B))
    assert ledger.due(0) == []


def test_a_run_that_is_at_it_goes_on_and_a_look_follows(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = leased(ledger, change())
    for _ in range(3):
        ledger.remember(begun())
    lease.check()
    lease.done(A, "passed", b"{}")
    assert due(ledger) == [1]
    leased(ledger, change()).untouched(A, C)
    assert ledger.due(0) == []


def test_not_at_once(open_ledger: Open) -> None:
    """The forge takes a moment to see it as the one that counts."""
    ledger = open_ledger(recheck_seconds=60)
    reviewed(ledger)
    ledger.remember(begun())
    assert due(ledger) == []
    ledger.remember(push(B))
    assert due(ledger) == [1]
