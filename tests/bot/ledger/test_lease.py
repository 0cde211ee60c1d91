"""One run at a time, and none that goes on after its lease."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.change import Seen
from bot.hooks.delivery import Wish
from bot.ledger import Closed, Lease, Ledger, Lost, Recheck, Superseded
from tests.bot.ledger.given import A, B, C, change, delivery, push
from tests.databases import Open

Later = Callable[[float], None]


def take(ledger: Ledger, owner: str = "worker", seconds: float = 60) -> Lease:
    lease = ledger.lease(change(), owner, seconds)
    assert lease is not None
    return lease


def test_nothing_is_leased_that_nobody_wants(ledger: Ledger) -> None:
    assert ledger.lease(change(), "worker", 60) is None
    ledger.remember(push(A))
    take(ledger).done(A, "passed", b"{}")
    assert ledger.lease(change(), "worker", 60) is None


def test_of_eight_one_gets_it(open_ledger: Open) -> None:
    ledgers = [open_ledger(), open_ledger()]
    ledgers[0].remember(push(A))

    def try_(number: int) -> Lease | None:
        return ledgers[number % 2].lease(change(), f"worker-{number}", 60)

    with ThreadPoolExecutor(8) as pool:
        leases = [lease for lease in pool.map(try_, range(8)) if lease is not None]
    assert len(leases) == 1


def test_a_lapsed_lease_is_anyones_and_its_first_holder_is_fenced(
    ledger: Ledger, later: Later
) -> None:
    ledger.remember(push(A))
    first = take(ledger, "first")
    assert ledger.lease(change(), "second", 60) is None
    later(61)
    second = take(ledger, "second")
    assert second.fence > first.fence
    for write in (
        first.check,
        first.renew,
        first.announced,
        lambda: first.attempt(A),
        lambda: first.intend(["x"]),
        lambda: first.confirmed(["x"]),
        lambda: first.done(A, "failed", b"no"),
        lambda: first.bury("no"),
    ):
        with pytest.raises(Lost):
            write()
    first.fail("no")
    first.release()
    second.check()
    second.done(A, "passed", b"yes")
    assert ledger.review(change()) == b"yes"
    assert ledger.due(0) == []


def test_a_lapsed_lease_is_lost_even_if_nobody_took_it(ledger: Ledger, later: Later) -> None:
    ledger.remember(push(A))
    lease = take(ledger)
    later(61)
    with pytest.raises(Lost):
        lease.check()
    with pytest.raises(Lost):
        lease.renew()


def test_the_same_owner_does_not_hold_two(ledger: Ledger, later: Later) -> None:
    ledger.remember(push(A))
    first = take(ledger, "same")
    later(61)
    take(ledger, "same").check()
    with pytest.raises(Lost):
        first.check()


def test_a_renewed_lease_lives_on(ledger: Ledger, later: Later) -> None:
    ledger.remember(push(A))
    lease = take(ledger)
    for _ in range(3):
        later(40)
        lease.renew()
    lease.check()


def test_a_push_supersedes_and_the_next_run_serves_it(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = take(ledger)
    lease.check()
    ledger.remember(push(B))
    with pytest.raises(Superseded):
        lease.check()
    lease.release()
    take(ledger).check()


def test_another_base_supersedes(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = take(ledger)
    ledger.remember(delivery(Wish.AFRESH, A))
    with pytest.raises(Superseded):
        lease.check()


def test_a_close_ends_it(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = take(ledger)
    ledger.remember(delivery(Wish.CLOSE))
    with pytest.raises(Closed):
        lease.check()
    lease.done(A, "passed", b"{}")
    assert ledger.due(0) == []


def test_a_push_while_it_runs_is_left_to_do_after_it(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = take(ledger)
    ledger.remember(push(B))
    lease.done(A, "passed", b"{}")
    again = take(ledger)
    assert again.last() is not None
    again.done(B, "passed", b"{}")
    assert ledger.lease(change(), "worker", 60) is None


def test_a_recheck_does_not_stop_a_run_but_follows_it(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = take(ledger)
    assert ledger.want(change(), recheck=Recheck())
    lease.check()
    lease.done(A, "passed", b"{}")
    assert take(ledger).recheck


def test_two_hundred_rechecks_are_two_runs(ledger: Ledger, later: Later) -> None:
    ledger.remember(push(A))
    take(ledger).done(A, "passed", b"{}")
    runs = 0
    for _ in range(200):
        ledger.want(change(), recheck=Recheck())
        lease = ledger.lease(change(), "worker", 60)
        if lease is not None:
            runs += 1
            lease.done(A, "passed", b"{}")
    later(61)
    while (lease := ledger.lease(change(), "worker", 60)) is not None:
        runs += 1
        lease.done(A, "passed", b"{}")
    assert runs == 2


def test_a_recheck_of_what_waits_already_is_no_second_wish(ledger: Ledger) -> None:
    ledger.want(change(), recheck=Recheck())
    take(ledger).done(A, "passed", b"{}")
    ledger.remember(push(B))
    assert not ledger.want(change(), recheck=Recheck())
    lease = take(ledger)
    assert lease.recheck, "it did not put the push off, and is served by the same run"
    lease.done(B, "passed", b"{}")
    assert ledger.due(0) == []


def test_a_push_does_not_wait_for_the_recheck_s_turn(ledger: Ledger) -> None:
    ledger.remember(push(A))
    for _ in range(2):
        ledger.want(change(), recheck=Recheck())
        lease = ledger.lease(change(), "worker", 60)
        if lease is not None:
            lease.done(A, "passed", b"{}")
    assert ledger.lease(change(), "worker", 60) is None
    ledger.remember(push(B))
    take(ledger)


def test_the_reconciler_s_find_is_reviewed_whatever_we_believe(ledger: Ledger) -> None:
    assert ledger.want(change())
    assert not ledger.want(change()), "it is wanted already"
    lease = take(ledger)
    assert not ledger.want(change()), "it is being done"
    lease.check()
    lease.done(A, "passed", b"{}")
    assert ledger.want(change())
    assert take(ledger).recheck


def test_attempts_are_counted_by_head(ledger: Ledger) -> None:
    ledger.remember(push(A))
    for expected in (1, 2):
        lease = take(ledger)
        assert lease.attempt(A) == expected
        lease.fail("crashed")
    lease = take(ledger)
    assert lease.attempt(B) == 1
    assert lease.attempt(A) == 3


def test_an_attempt_counts_though_its_process_is_gone(ledger: Ledger, later: Later) -> None:
    ledger.remember(push(A))
    for expected in (1, 2, 3, 4):
        assert take(ledger).attempt(A) == expected
        later(61)


def test_a_run_that_was_told_to_wait_does_not_count(ledger: Ledger, later: Later) -> None:
    ledger.remember(push(A))
    lease = take(ledger)
    lease.attempt(A)
    lease.release(30)
    assert ledger.lease(change(), "worker", 60) is None
    later(31)
    assert take(ledger).attempt(A) == 1


def test_a_push_does_not_wait_for_what_it_replaces(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = take(ledger)
    ledger.remember(push(B))
    lease.fail("crashed", 300)
    take(ledger)


def test_a_dead_change_is_left_alone_until_someone_wishes(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = take(ledger)
    lease.attempt(A)
    lease.bury("it crashed three times")
    (dead,) = ledger.dead()
    assert (dead.change, dead.reason) == (change(), "it crashed three times")
    assert ledger.due(0) == []
    assert ledger.want(change(), recheck=Recheck())
    assert ledger.dead() == []
    assert take(ledger).attempt(A) == 1, "who asks gets three attempts more"


def test_a_status_that_was_left_open_is_remembered_beyond_a_recheck(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = take(ledger)
    lease.attempt(A)
    ledger.remember(push(B))
    lease.release()
    ledger.want(change(), recheck=Recheck())
    lease = take(ledger)
    assert lease.attempt(B) == 1
    assert lease.left(B) == [A]
    lease.ended(A)
    assert lease.left(B) == []


def test_the_reconciler_does_not_give_a_dead_change_new_attempts(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = take(ledger)
    lease.attempt(A)
    lease.bury("it crashed")
    assert ledger.want(change())
    assert take(ledger).attempt(A) == 2


def test_a_push_revives_the_dead(ledger: Ledger) -> None:
    ledger.remember(push(A))
    take(ledger).bury("it crashed")
    ledger.remember(push(B))
    assert ledger.dead() == []
    take(ledger)


def test_the_last_review_is_known(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = take(ledger)
    assert lease.last() is None
    lease.done(A, "failed", b"{}")
    ledger.remember(push(B))
    last = take(ledger).last()
    assert last is not None
    assert (last.head, last.outcome) == (A, "failed")


def test_intents_outlive_their_run(ledger: Ledger, later: Later) -> None:
    ledger.remember(push(A))
    lease = take(ledger)
    lease.intend(["x", "y"])
    lease.confirmed(["y"])
    later(61)
    lease = take(ledger)
    assert lease.recent(10) == {}
    recent = lease.recent(100)
    assert {subject: intent.confirmed for subject, intent in recent.items()} == {
        "x": False,
        "y": True,
    }
    assert 60 < recent["x"].age < 100
    lease.intend(["y"])
    assert not lease.recent(10)["y"].confirmed


def test_runs_that_lapsed_or_take_too_long_are_freed(ledger: Ledger, later: Later) -> None:
    for number in (1, 2, 3):
        ledger.remember(push(C, change=change(number)))
    lapsed = ledger.lease(change(1), "a", 60)
    later(100)
    hung = ledger.lease(change(2), "b", 1000)
    later(500)
    fresh = ledger.lease(change(3), "c", 60)
    assert lapsed is not None
    assert hung is not None
    assert fresh is not None
    assert sorted(one.number for one in ledger.expire(400)) == [1, 2]
    with pytest.raises(Lost):
        hung.check()
    fresh.check()
    assert ledger.expire(400) == []


def test_the_walk_finds_a_head_that_nobody_is_at(ledger: Ledger) -> None:
    assert ledger.find(Seen(change(), A), ledger.time())
    assert not ledger.find(Seen(change(), A), ledger.time()), "it is wanted now"
    take(ledger).done(A, "passed", b"{}")
    assert ledger.find(Seen(change(), A), ledger.time()), "the forge still shows no final status"


def test_the_walk_knows_what_ended_after_it_asked_the_forge(ledger: Ledger) -> None:
    began = ledger.time()
    ledger.remember(push(A))
    take(ledger).done(A, "passed", b"{}")
    assert not ledger.find(Seen(change(), A), began)


def test_the_walk_leaves_a_head_to_the_other_change_that_has_it(ledger: Ledger) -> None:
    ledger.remember(push(A))
    assert not ledger.find(Seen(change(2), A), ledger.time())
    lease = take(ledger)
    lease.attempt(A)
    assert not ledger.find(Seen(change(2), A), ledger.time()), "it is reviewed now"
    assert ledger.find(Seen(change(2), B), ledger.time())


def test_another_look_follows_the_run_that_is_on_its_way(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = take(ledger)
    ledger.look_again(change())
    ledger.look_again(change())
    lease.check()
    lease.done(A, "passed", b"{}")
    take(ledger).done(A, "passed", b"{}")
    assert ledger.due(0) == []
    ledger.forget(change())
    ledger.look_again(change())
    assert ledger.due(0) == []


def test_setbacks_in_a_row_are_counted_and_end_with_a_review(ledger: Ledger) -> None:
    ledger.remember(push(A))
    for expected in (1, 2):
        lease = take(ledger)
        lease.attempt(A)
        assert lease.setback() == expected
        lease.release()
    lease = take(ledger)
    assert lease.attempt(A) == 1, "they are not this head's fault"
    assert lease.left(B) == [A]
    lease.done(A, "passed", b"{}")
    ledger.remember(push(B))
    assert take(ledger).setback() == 1


def test_an_announced_head_is_one_that_was_left_open(ledger: Ledger) -> None:
    ledger.remember(push(A))
    lease = take(ledger)
    lease.announced(A)
    lease.release()
    ledger.remember(push(B))
    lease = take(ledger)
    assert lease.left(B) == [A]
    lease.ended(A)
    assert lease.left(B) == []
