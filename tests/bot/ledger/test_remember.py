"""What deliveries leave in the ledger."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bot.change import ChangeId, ForgeName, Kind
from bot.hooks.delivery import Asked, Wish
from bot.ledger import Due, Ledger
from tests.bot.ledger.given import A, B, change, comment, delivery, push
from tests.databases import Open

REVIEW = "workers.tasks.review"


def reviews(ledger: Ledger) -> list[Due]:
    return [due for due in ledger.due(0) if due.task == REVIEW]


def review(ledger: Ledger, head: str, outcome: str = "passed") -> None:
    lease = ledger.lease(change(), "worker", 60)
    assert lease is not None
    lease.attempt(head)
    lease.done(head, outcome, b"{}")


def test_a_delivery_is_new_once(ledger: Ledger) -> None:
    first = push(A)
    assert ledger.remember(first) is True
    assert ledger.remember(first) is False
    assert reviews(ledger) == [
        Due("review", REVIEW, ("github", 7, "change", 1, ""), wanted=1),
    ]


def test_the_same_id_of_another_forge_is_another_delivery(ledger: Ledger) -> None:
    first = push(A)
    other = ChangeId(ForgeName.GITLAB, 7, number=1)
    assert ledger.remember(first)
    assert ledger.remember(push(A, id=first.id, forge=ForgeName.GITLAB, change=other))


def test_five_at_once_are_one(open_ledger: Open) -> None:
    ledgers = [open_ledger(), open_ledger()]
    same, together = push(A), threading.Barrier(5)

    def send(number: int) -> bool:
        together.wait()
        return ledgers[number % 2].remember(same)

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(send, range(5))) == [False, False, False, False, True]
    assert reviews(ledgers[0])[0].wanted == 1


def test_forty_different_ones_at_once_are_all_kept(open_ledger: Open) -> None:
    ledgers = [open_ledger(), open_ledger()]

    def send(number: int) -> bool:
        return ledgers[number % 2].remember(push(f"{number:040x}"))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(send, range(40)))
    assert reviews(ledgers[0])[0].wanted == 40


def test_one_head_under_a_new_id_is_not_reviewed_again(ledger: Ledger) -> None:
    ledger.remember(push(A))
    ledger.remember(push(A))
    assert reviews(ledger)[0].wanted == 1
    review(ledger, A)
    ledger.remember(push(A))
    assert reviews(ledger) == []


def test_a_push_back_to_a_head_that_was_reviewed_before_the_last_is_wanted(ledger: Ledger) -> None:
    ledger.remember(push(A))
    review(ledger, A)
    ledger.remember(push(B))
    review(ledger, B)
    ledger.remember(push(A))
    assert reviews(ledger)


def test_what_comes_late_supersedes_nothing(ledger: Ledger) -> None:
    ledger.remember(push(B, at=200.0))
    lease = ledger.lease(change(), "worker", 60)
    assert lease is not None
    ledger.remember(push(A, at=100.0))
    lease.check()
    lease.done(B, "passed", b"{}")
    assert reviews(ledger) == []


def test_a_late_push_does_not_open_a_closed_change(ledger: Ledger) -> None:
    ledger.remember(push(A, at=100.0))
    ledger.remember(delivery(Wish.CLOSE, at=300.0))
    ledger.remember(push(B, at=200.0))
    assert reviews(ledger) == []
    assert ledger.believed_open() == []


def test_a_reopened_change_is_wanted_if_it_was_not_finished(ledger: Ledger) -> None:
    ledger.remember(push(A))
    ledger.remember(delivery(Wish.CLOSE))
    ledger.remember(push(A))
    assert reviews(ledger)
    review(ledger, A)
    ledger.remember(delivery(Wish.CLOSE))
    ledger.remember(push(A))
    assert ledger.believed_open() == [change()]
    lease = ledger.lease(change(), "worker", 60)
    assert lease is not None
    assert lease.glance  # its base may have moved


def test_another_base_wants_the_same_head_again(ledger: Ledger) -> None:
    ledger.remember(push(A))
    review(ledger, A)
    ledger.remember(delivery(Wish.AFRESH, A))
    assert reviews(ledger)
    lease = ledger.lease(change(), "worker", 60)
    assert lease is not None
    assert lease.recheck


def test_a_merge_group_is_a_change_of_its_own(ledger: Ledger) -> None:
    group = ChangeId(
        ForgeName.GITHUB, 7, Kind.MERGE_GROUP, ref="refs/heads/gh-readonly-queue/main/pr-1"
    )
    ledger.remember(push(A, change=group))
    ledger.remember(push(A))
    assert sorted(due.args[2] for due in reviews(ledger)) == ["change", "merge-group"]


def test_a_button_is_a_command_at_each_open_change_at_its_head(ledger: Ledger) -> None:
    for number, head in ((1, A), (2, A), (3, B), (4, A)):
        ledger.remember(push(head, change=change(number)))
        lease = ledger.lease(change(number), "worker", 60)
        assert lease is not None
        lease.done(head, "passed", b"{}")
    ledger.remember(delivery(Wish.CLOSE, A, change=change(4)))
    asked = Asked("button 72d3162e", "ada", "/redline recheck")
    ledger.remember(delivery(Wish.COMMAND, A, change=None, asked=asked))
    claimed = [ledger.command(int(due.args[0])) for due in ledger.due(0) if due.queue == "quick"]
    assert [one and (one.change.number, one.author) for one in claimed] == [(1, "ada"), (2, "ada")]


def test_comments_are_kept_once(ledger: Ledger) -> None:
    ledger.remember(comment("/recheck", "17"))
    ledger.remember(comment("/recheck", "17"))
    ledger.remember(comment("/help", "18"))
    dues = ledger.due(0)
    assert [due.task for due in dues] == ["workers.tasks.command"] * 2
    stored = ledger.command(int(dues[0].args[0]))
    assert stored is not None
    assert (stored.change, stored.comment, stored.author, stored.text) == (
        change(), "17", "ada", "/recheck",
    )  # fmt: skip


def test_a_comment_is_claimed_by_one_and_finished_once(
    ledger: Ledger, later: Callable[[float], None]
) -> None:
    ledger.remember(comment("/recheck"))
    id_ = int(ledger.due(0)[0].args[0])
    assert ledger.command(id_) is not None
    assert ledger.command(id_) is None
    later(61)
    assert ledger.command(id_) is not None, "its worker died: another takes it"
    ledger.finished(id_)
    later(61)
    assert ledger.command(id_) is None
    assert ledger.due(0) == []


def test_a_comment_that_kills_its_worker_is_left_after_three_times(
    ledger: Ledger, later: Callable[[float], None]
) -> None:
    ledger.remember(comment("/recheck"))
    id_ = int(ledger.due(0)[0].args[0])
    for _ in range(3):
        assert ledger.command(id_) is not None
        later(61)
    assert ledger.due(0) == []
    assert ledger.command(id_) is None


def test_a_comment_that_is_put_back_counts_as_not_claimed(
    ledger: Ledger, later: Callable[[float], None]
) -> None:
    ledger.remember(comment("/recheck"))
    id_ = int(ledger.due(0)[0].args[0])
    for _ in range(5):
        stored = ledger.command(id_)
        assert stored is not None
        ledger.put_back(id_, 10)
        assert ledger.due(0) == []
        assert ledger.command(id_) is None
        later(11)
    assert stored is not None
    assert stored.age > 40
    assert ledger.due(0)


def test_text_that_is_hard_to_store_comes_back_as_it_was(ledger: Ledger) -> None:
    text = "/recheck \U0001f600 '; DROP TABLE changes; -- %s \u202e"
    ledger.remember(comment(text))
    stored = ledger.command(int(ledger.due(0)[0].args[0]))
    assert stored is not None
    assert stored.text == text
