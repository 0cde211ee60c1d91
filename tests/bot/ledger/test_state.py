"""What the ledger tells of itself, and what it forgets."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bot.hooks.delivery import Wish
from bot.ledger import Gauges, Ledger
from tests.bot.ledger.given import A, B, change, comment, delivery, push
from tests.databases import Open

DAY = 86_400.0
Later = Callable[[float], None]


def test_gauges(ledger: Ledger, later: Later) -> None:
    assert ledger.gauges() == Gauges(0, 0, 0, 0, 0.0)
    ledger.remember(push(A, change=change(1)))
    later(100)
    ledger.remember(push(A, change=change(2)))
    ledger.remember(push(A, change=change(3)))
    ledger.remember(push(A, change=change(4)))
    ledger.remember(comment("/help", change=change(4)))
    dead = ledger.lease(change(3), "worker", 60)
    assert dead is not None
    dead.bury("crashed")
    assert ledger.lease(change(2), "worker", 60) is not None
    ledger.remember(delivery(Wish.CLOSE, change=change(4)))
    gauges = ledger.gauges()
    assert (gauges.waiting, gauges.running, gauges.dead, gauges.commands) == (1, 1, 1, 1)
    assert 100 < gauges.oldest_seconds < 160
    assert ledger.oldest_unreviewed() >= gauges.oldest_seconds


def test_processes_count_together(open_ledger: Open) -> None:
    ledgers = [open_ledger(), open_ledger()]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: ledgers[n % 2].count("reconciler_found"), range(40)))
    ledgers[0].count("other", 5)
    assert ledgers[1].counts() == {"reconciler_found": 40, "other": 5}


def test_what_is_old_is_forgotten_and_what_is_open_is_not(ledger: Ledger, later: Later) -> None:
    first = push(A, change=change(1))
    ledger.remember(first)
    ledger.remember(push(A, change=change(2)))
    ledger.remember(comment("/help", "5", change=change(1)))
    for number in (1, 2):
        lease = ledger.lease(change(number), "worker", 60)
        assert lease is not None
        lease.intend(["x"])
        lease.done(A, "passed", b"{}")
    ledger.forget(change(2))
    later(8 * DAY)
    ledger.prune()
    assert ledger.review(change(1)) == b"{}"
    assert ledger.remember(first), "its id is forgotten after a week"
    assert ledger.due(0)[0].task == "workers.tasks.command", "an open comment is not"
    assert [due for due in ledger.due(0) if due.queue == "review"] == [], "its head was reviewed"
    later(90 * DAY)
    ledger.prune()
    assert ledger.review(change(1)) is None
    assert ledger.believed_open() == [change(1)]
    ledger.remember(push(B, change=change(2)))
    assert ledger.believed_open() == [change(1), change(2)]


def test_the_newest_review_is_kept_beside_older_ones(ledger: Ledger) -> None:
    for head, body in ((A, b"one"), (B, b"\0two\xff")):
        ledger.remember(push(head))
        lease = ledger.lease(change(), "worker", 60)
        assert lease is not None
        lease.done(head, "passed", body)
    assert ledger.review(change()) == b"\0two\xff"
