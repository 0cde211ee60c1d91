"""A base that moved: which changes are looked at, when, and what that does to the rest."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.change import ChangeId, Kind
from bot.hooks.delivery import Delivery, Wish
from bot.ledger import Due, Lease, Ledger, Onto, Recheck
from bot.ledger.queue import ANNOUNCE, REVIEW
from tests.bot.ledger.given import A, B, C, change, delivery, push
from tests.databases import Open

Later = Callable[[float], None]
ONTO = Onto(base=C, merge_base=B)


def moved(branch: str = "main", repository: int = 7) -> Delivery:
    return delivery(Wish.BASE, B, change=None, branch=branch, repository_id=repository)


def leased(ledger: Ledger, number: int = 1) -> Lease:
    lease = ledger.lease(change(number), "worker", 60)
    assert lease is not None
    return lease


def reviewed(ledger: Ledger, number: int = 1, base: str = "main", head: str = A) -> None:
    ledger.remember(push(head, change=change(number)))
    lease = leased(ledger, number)
    lease.attempt(head, base)
    lease.done(head, "passed", b"{}", onto=ONTO)


def due(ledger: Ledger, task: str = REVIEW) -> list[int | str]:
    return [one.args[3] for one in ledger.due(0) if one.task == task]


@pytest.fixture
def ledger(open_ledger: Open) -> Ledger:
    return open_ledger(recheck_seconds=0)


def test_the_open_changes_onto_it_are_looked_at(ledger: Ledger) -> None:
    for number, base in enumerate(("main", "main", "release", "main"), 1):
        reviewed(ledger, number, base)
    ledger.remember(delivery(Wish.CLOSE, change=change(4)))
    assert ledger.concerns(moved())
    assert ledger.remember(moved())
    assert due(ledger) == [1, 2]
    lease = leased(ledger)
    assert (lease.glance, lease.recheck, lease.keyed) == (True, False, True)


def test_a_push_that_moves_nobodys_base_leaves_nothing(ledger: Ledger) -> None:
    reviewed(ledger)
    for nobodys in (moved("topic"), moved(repository=8), moved("mai")):
        assert not ledger.concerns(nobodys)
        ledger.remember(nobodys)
    assert ledger.due(0) == []


def test_a_group_of_a_merge_queue_is_left_alone(ledger: Ledger) -> None:
    group = ChangeId(change().forge, 7, Kind.MERGE_GROUP, ref="refs/heads/gh-readonly-queue/x")
    ledger.remember(push(A, change=group))
    lease = ledger.lease(group, "worker", 60)
    assert lease is not None
    lease.attempt(A, "main")
    lease.done(A, "passed", b"{}", onto=ONTO)
    assert not ledger.concerns(moved())
    ledger.remember(moved())
    assert ledger.due(0) == []


def test_what_was_given_up_is_not_tried_again(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = leased(ledger)
    lease.attempt(A, "main")
    lease.bury("it crashed")
    ledger.remember(moved())
    assert ledger.due(0) == []


def test_nothing_of_it_matters(ledger: Ledger) -> None:
    reviewed(ledger)
    ledger.remember(moved())
    lease = leased(ledger)
    last = lease.last()
    assert last is not None
    assert (last.head, last.onto) == (A, ONTO)
    lease.attempt(A, "main")
    lease.untouched(A, B)
    assert ledger.due(0) == []
    assert ledger.left(change()) == []
    ledger.remember(moved())
    last = leased(ledger).last()
    assert last is not None
    assert last.onto == replace(ONTO, base=B)


def test_many_moves_are_one_look(ledger: Ledger) -> None:
    reviewed(ledger)
    for _ in range(5):
        assert ledger.remember(moved())
    assert due(ledger) == [1]
    leased(ledger).untouched(A, B)
    assert ledger.due(0) == []


def test_a_run_at_the_head_goes_on_and_a_look_follows(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = leased(ledger)
    lease.attempt(A, "main")
    ledger.remember(moved())
    ledger.remember(moved())
    lease.check()
    lease.done(A, "passed", b"{}", onto=ONTO)
    assert leased(ledger).glance
    ledger.remember(moved())
    assert due(ledger) == []


def test_a_run_that_is_to_come_needs_no_look(ledger: Ledger) -> None:
    reviewed(ledger)
    ledger.remember(push(B))
    ledger.remember(moved())
    lease = leased(ledger)
    assert not lease.glance
    lease.done(B, "passed", b"{}", onto=ONTO)
    assert ledger.due(0) == []


@pytest.mark.parametrize("more", ["push", "recheck", "look_again", "find"])
def test_what_is_asked_for_meanwhile_is_more_than_a_look(ledger: Ledger, more: str) -> None:
    reviewed(ledger)
    ledger.remember(moved())
    if more == "push":
        ledger.remember(push(B))
    elif more == "recheck":
        assert ledger.want(change(), Recheck())
    elif more == "look_again":
        ledger.look_again(change())
    else:
        assert ledger.want(change())
    assert not leased(ledger).glance


def test_the_same_head_is_still_known(ledger: Ledger) -> None:
    reviewed(ledger)
    ledger.remember(moved())
    ledger.remember(push(A))
    assert leased(ledger).glance


def test_a_push_is_not_queued_behind_looks(ledger: Ledger) -> None:
    for number in range(1, 6):
        reviewed(ledger, number)
    ledger.remember(moved())
    ledger.remember(push(B, change=change(5)))
    assert due(ledger) == [5, 1]


def test_a_look_is_not_announced_and_counts_as_nothing_that_waits(
    open_ledger: Open, later: Later
) -> None:
    ledger = open_ledger(recheck_seconds=0)
    reviewed(ledger)
    ledger.remember(moved())
    later(30)
    assert due(ledger, ANNOUNCE) == []
    assert due(ledger) == [1]
    gauges = ledger.gauges()
    assert (gauges.waiting, gauges.oldest_seconds) == (0, 0)
    shelf = ledger.look(change())
    assert shelf is not None
    assert not shelf.now.waits


def test_hundreds_are_looked_at_one_after_another(open_ledger: Open, later: Later) -> None:
    """Fifteen in the time between two rechecks, and a second move puts nobody before them."""
    ledger = open_ledger(recheck_seconds=60)
    for number in range(1, 6):
        reviewed(ledger, number)
    ledger.remember(moved())
    assert due(ledger) == []
    later(6)
    assert due(ledger) == [1]
    leased(ledger, 1).untouched(A, B)
    ledger.remember(moved())
    later(6)
    assert due(ledger) == [2, 3]
    leased(ledger, 2).untouched(A, B)
    leased(ledger, 3).untouched(A, B)
    assert due(ledger) == []
    later(30)
    assert due(ledger) == [4, 5]
    for number in (4, 5, 1):
        leased(ledger, number).untouched(A, B)
    assert ledger.due(0) == []


def test_a_push_waits_for_no_look(open_ledger: Open) -> None:
    ledger = open_ledger(recheck_seconds=60)
    reviewed(ledger)
    ledger.remember(moved())
    ledger.remember(push(B))
    assert due(ledger) == [1]
    assert [one for one in ledger.due(0) if one.task == REVIEW] == [
        Due("review", REVIEW, ("github", 7, "change", 1, ""), wanted=3)
    ]
