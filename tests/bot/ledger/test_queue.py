"""What is due, in which order, and how much of one repository at once."""

from collections.abc import Callable

import pytest

from bot.hooks.delivery import Wish
from bot.ledger import Due, Ledger, arguments, change_id, queue
from tests.bot.ledger.given import A, B, change, comment, delivery, push
from tests.databases import Open

Later = Callable[[float], None]


@pytest.fixture(autouse=True)
def _slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time after which a status is announced does not pass while a test runs."""
    monkeypatch.setattr(queue, "ANNOUNCE_AFTER", 1000.0)


def tasks(dues: list[Due]) -> list[tuple[str, int]]:
    return [(due.task.rpartition(".")[2], int(due.args[3])) for due in dues]


def test_what_lies_in_the_queue_is_due_again_only_after_a_while(
    ledger: Ledger, later: Later
) -> None:
    ledger.remember(push(A))
    (due,) = ledger.due(30)
    ledger.queued(due)
    assert ledger.due(30) == []
    later(31)
    assert due in ledger.due(30)


def test_a_wish_that_comes_while_a_message_is_sent_is_due_all_the_same(ledger: Ledger) -> None:
    ledger.remember(push(A))
    (due,) = ledger.due(30)
    ledger.remember(push(B))
    ledger.queued(due)
    assert [one.wanted for one in ledger.due(30)] == [2]


def test_the_oldest_wish_goes_first(ledger: Ledger, later: Later) -> None:
    for number in (3, 1, 2):
        ledger.remember(push(A, change=change(number, repository=number)))
        later(0.1)
    assert tasks(ledger.due(0)) == [("review", 3), ("review", 1), ("review", 2)]


def test_a_push_does_not_lose_its_change_s_place(ledger: Ledger, later: Later) -> None:
    for number in (1, 2):
        ledger.remember(push(A, change=change(number, repository=number)))
        later(0.1)
    ledger.remember(push(B, change=change(1, repository=1)))
    assert tasks(ledger.due(0)) == [("review", 1), ("review", 2)]


def test_one_repository_has_two_places(ledger: Ledger, later: Later) -> None:
    for number in range(1, 6):
        ledger.remember(push(A, change=change(number)))
        later(0.01)
    ledger.remember(push(A, change=change(9, repository=8)))
    assert tasks(ledger.due(30)) == [("review", 1), ("review", 2), ("review", 9)]
    for due in ledger.due(30):
        ledger.queued(due)
    assert ledger.due(30) == [], "two of them wait in the queue"
    lease = ledger.lease(change(1), "worker", 60)
    assert ledger.due(30) == [], "one runs, one waits"
    assert lease is not None
    lease.done(A, "passed", b"{}")
    assert tasks(ledger.due(30)) == [("review", 3)]


def test_the_operator_may_give_a_repository_more_places(open_ledger: Open) -> None:
    ledger = open_ledger(per_repository=3)
    for number in range(1, 6):
        ledger.remember(push(A, change=change(number)))
    assert len(ledger.due(30)) == 3


def test_what_runs_is_not_due(ledger: Ledger, later: Later) -> None:
    ledger.remember(push(A))
    ledger.queued(ledger.due(30)[0])
    lease = ledger.lease(change(), "worker", 60)
    assert lease is not None
    assert ledger.due(0) == []
    later(61)
    assert tasks(ledger.due(300)) == [("review", 1)], "its worker died"


def test_a_run_that_fails_is_due_when_its_time_has_come(ledger: Ledger, later: Later) -> None:
    ledger.remember(push(A))
    lease = ledger.lease(change(), "worker", 60)
    assert lease is not None
    lease.attempt(A)
    lease.fail("crashed", 20)
    assert ledger.due(0) == []
    later(21)
    assert tasks(ledger.due(0)) == [("review", 1)]


def test_a_status_is_announced_if_the_review_does_not_begin_at_once(
    ledger: Ledger, later: Later
) -> None:
    ledger.remember(push(A))
    assert tasks(ledger.due(0)) == [("review", 1)]
    later(1001)
    dues = ledger.due(0)
    assert [(due.queue, *task) for due, task in zip(dues, tasks(dues), strict=True)] == [
        ("quick", "announce", 1),
        ("review", "review", 1),
    ]
    ledger.queued(dues[0])
    assert tasks(ledger.due(30)) == [("review", 1)]
    lease = ledger.lease(change(), "announcer", 60)
    assert lease is not None
    lease.announced()
    lease.release()
    assert tasks(ledger.due(0)) == [("review", 1)], "it was said, and the review is still due"
    ledger.remember(push(B))
    assert tasks(ledger.due(0)) == [("announce", 1), ("review", 1)]


def test_a_review_that_began_needs_no_announcement(ledger: Ledger, later: Later) -> None:
    ledger.remember(push(A))
    lease = ledger.lease(change(), "worker", 60)
    assert lease is not None
    lease.attempt(A)
    later(1001)
    assert tasks(ledger.due(0)) == [("review", 1)]


def test_comments_come_first(ledger: Ledger, later: Later) -> None:
    ledger.remember(push(A))
    later(1001)
    ledger.remember(comment("/recheck"))
    assert [due.queue for due in ledger.due(0)] == ["quick", "quick", "review"]
    first = ledger.due(0)[0]
    assert first.task == "workers.tasks.command"
    ledger.queued(first)
    assert first not in ledger.due(30)


def test_nothing_is_due_of_a_closed_change(ledger: Ledger) -> None:
    ledger.remember(push(A))
    ledger.forget(change())
    assert ledger.due(0) == []
    ledger.remember(push(A, change=change(2)))
    ledger.remember(delivery(Wish.CLOSE, change=change(2)))
    assert ledger.due(0) == []


def test_a_change_goes_through_a_message_and_back() -> None:
    assert change_id(list(arguments(change(5)))) == change(5)
