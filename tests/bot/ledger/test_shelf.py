"""What the ledger knows of a change for its page, on both databases."""

from bot.ledger import Ledger
from tests.bot.ledger.given import A, B, C, change, push
from tests.databases import Open


def reviewed(ledger: Ledger, head: str, report: bytes = b"report") -> None:
    ledger.remember(push(head))
    lease = ledger.lease(change(), "me", 60)
    assert lease is not None
    lease.attempt(head)
    lease.done(head, "passed", b"{}", report)


def test_a_change_that_nobody_knows(ledger: Ledger) -> None:
    assert ledger.look(change()) is None


def test_a_change_that_waits(ledger: Ledger) -> None:
    ledger.remember(push(A))
    shelf = ledger.look(change())
    assert shelf is not None
    assert (shelf.review, shelf.past) == (None, ())
    assert (shelf.now.waits, shelf.now.runs, shelf.now.head) == (True, False, A)


def test_a_run_says_how_far_it_is(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = ledger.lease(change(), "me", 60)
    assert lease is not None
    lease.attempt(B)  # the forge's word, not the payload's
    lease.tell("3/7 tofu plan prod/eu, 41 s")
    shelf = ledger.look(change())
    assert shelf is not None
    assert shelf.now.runs
    assert (shelf.now.progress, shelf.now.head) == ("3/7 tofu plan prod/eu, 41 s", B)
    lease.release()
    shelf = ledger.look(change())
    assert shelf is not None
    assert (shelf.now.runs, shelf.now.progress) == (False, "")


def test_the_next_run_does_not_begin_where_a_dead_one_was(open_ledger: Open) -> None:
    ledger = open_ledger()
    ledger.remember(push(A))
    lost = ledger.lease(change(), "me", 0.01)
    assert lost is not None
    lost.tell("checking out")
    again = None
    while again is None:
        again = ledger.lease(change(), "another", 60)
    shelf = ledger.look(change())
    assert shelf is not None
    assert shelf.now.progress == ""


def test_reviews_newest_first_and_each_by_head_or_number(ledger: Ledger) -> None:
    for head, report in ((A, b"one"), (B, b"two"), (A, b"three")):
        reviewed(ledger, head, report)
    shelf = ledger.look(change())
    assert shelf is not None
    assert shelf.review is not None
    assert [kept.report for kept in shelf.past] == [b"three", b"two", b"one"]
    assert shelf.review.report == b"three"

    def found(which: str) -> bytes | None:
        looked = ledger.look(change(), which)
        assert looked is not None
        return looked.review.report if looked.review else None

    assert (found(A), found(B), found(C)) == (b"three", b"two", None)
    assert found(str(shelf.past[2].number)) == b"one"
    assert found("999999999999999999") is None


def test_a_number_of_another_changes_review_is_not_found(ledger: Ledger) -> None:
    reviewed(ledger, A)
    ledger.remember(push(A, change=change(2)))
    first = ledger.look(change())
    assert first is not None
    other = ledger.look(change(2), str(first.past[0].number))
    assert other is not None
    assert other.review is None


def test_a_list_has_the_start_of_each_report_only(ledger: Ledger) -> None:
    reviewed(ledger, A, b"x" * 100_000)
    shelf = ledger.look(change())
    assert shelf is not None
    assert shelf.review is not None
    assert len(shelf.past[0].report) == 4096
    assert len(shelf.review.report) == 100_000


def test_what_was_given_up_says_why(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = ledger.lease(change(), "me", 60)
    assert lease is not None
    lease.attempt(A)
    lease.bury("it crashed")
    shelf = ledger.look(change())
    assert shelf is not None
    assert (shelf.now.dead, shelf.now.waits, shelf.now.runs) == ("it crashed", False, False)
