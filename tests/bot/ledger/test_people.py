"""What people said: kept, weighed against what others said, and audited, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text

from bot.change import ChangeId, ForgeName, Kind, grouped
from bot.hooks.delivery import Wish
from bot.ledger import Entry, Lease, Ledger, Recheck
from bot.pardon import Acknowledgement, Allowance, Said
from tests.bot.ledger.given import A, B, change, delivery, push

DAY = 86_400.0
Later = Callable[[float], None]
GROUP = ChangeId(
    ForgeName.GITHUB, 7, Kind.MERGE_GROUP, ref=f"refs/heads/gh-readonly-queue/main/pr-1-{A}"
)
TRAIN = ChangeId(ForgeName.GITLAB, 7, Kind.MERGE_GROUP, ref="refs/merge-requests/12/train")


def entry(verb: str = "allow", who: str = "ada", of: ChangeId | None = None, **more: str) -> Entry:
    fields = {"comment": f"{verb} {who}", "role": "write", "answer": "done", "head": A} | more
    return Entry(of or change(), "org/infra", place=0, who=who, verb=verb, **fields)


def allowance(reason: str = "old", *, blocking: bool = True, until: str = "") -> Allowance:
    return Allowance("f" * 32, "root-container", "web.yaml:9", "ada", reason, until, blocking)


def accepted(
    reason: str = "known", digest: str = "d1", *, blocking: bool = True
) -> Acknowledgement:
    return Acknowledgement("destroyed", digest, "ada", reason, blocking)


@pytest.fixture
def people(ledger: Ledger) -> Ledger:
    for number in (1, 2):
        ledger.remember(push(A, change=change(number)))
    return ledger


def said(ledger: Ledger, of: ChangeId | None = None) -> Said:
    return ledger.people.said(of or change())


def reasons(ledger: Ledger, of: ChangeId | None = None) -> list[str]:
    have = said(ledger, of)
    allowed = [one.reason for one in have.allowances]
    return allowed + [one.reason for one in have.acknowledgements]


def test_nothing_was_said(people: Ledger) -> None:
    today = datetime.now(UTC).date().isoformat()
    assert said(people) == Said(today)
    assert said(people, change(99)) == Said(today)


def test_an_allowance_follows_in_its_change_only(people: Ledger) -> None:
    old, new = "f" * 32, "e" * 32
    people.people.allow(entry(), allowance(until="2030-01-31"), everywhere=True)
    for _ in range(2):
        people.people.follow(change(), {old: new, "d" * 32: "c" * 32})
    have = said(people).allowances
    assert {one.identity for one in have} == {old, new}
    assert {replace(one, identity="", at=0.0) for one in have} == {
        replace(allowance(until="2030-01-31"), identity="")
    }
    assert [one.identity for one in said(people, change(2)).allowances] == [old]
    assert len(list(people.people.audited())) == 1


def test_an_allowance_is_the_repository_s(people: Ledger) -> None:
    people.people.allow(entry(), allowance(), everywhere=True)
    people.people.allow(entry(who="eve"), allowance("mine", blocking=False), everywhere=False)
    assert reasons(people) == ["old", "mine"], "what lets most pass comes first"
    assert reasons(people, change(2)) == ["old"]
    assert reasons(people, change(1, repository=8)) == []
    first = said(people).allowances[0]
    assert first == replace(allowance(), at=first.at)
    assert first.at > 0


def test_the_last_word_holds_but_not_over_a_weightier_one(people: Ledger) -> None:
    allow = people.people.allow
    allow(entry(), allowance("first", blocking=False), everywhere=True)
    allow(entry(who="eve"), allowance("second", blocking=False), everywhere=True)
    assert reasons(people) == ["second"]
    allow(entry(who="mona"), allowance("third", until="2999-01-01"), everywhere=True)
    allow(entry(who="eve"), allowance("fourth", blocking=False), everywhere=True)
    assert reasons(people) == ["third"]
    allow(entry(who="ada"), allowance("fifth"), everywhere=True)
    assert reasons(people) == ["fifth"]
    assert len(list(people.people.audited())) == 3, "each comment once"


def test_a_day_lasts_until_it_is_over(people: Ledger) -> None:
    today = said(people).today
    have = said(people)
    assert have.holds(allowance(until=today))
    assert have.holds(allowance())
    assert not have.holds(allowance(until="2001-01-01"))


def test_an_acknowledgement_is_the_change_s(people: Ledger) -> None:
    people.people.acknowledge(entry("acknowledge"), accepted())
    people.people.acknowledge(entry("acknowledge", "mona"), accepted("more", "d2"))
    people.people.acknowledge(entry("acknowledge", "eve"), accepted("less", blocking=False))
    assert reasons(people) == ["known", "more"]
    assert reasons(people, change(2)) == []


def test_a_group_inherits_from_its_change(people: Ledger) -> None:
    people.people.acknowledge(entry("acknowledge"), accepted())
    people.people.allow(entry(), allowance("mine", blocking=False), everywhere=False)
    people.remember(push(B, change=GROUP))
    assert reasons(people, GROUP) == ["mine", "known"]
    assert said(people, GROUP).released == {}


@pytest.mark.parametrize(
    ("group", "number"),
    [
        (GROUP, 1),
        (TRAIN, 12),
        (change(), None),
        (ChangeId(ForgeName.GITHUB, 7, Kind.MERGE_GROUP, ref="refs/heads/main"), None),
        (ChangeId(ForgeName.GITHUB, 7, Kind.CHANGE, ref=GROUP.ref), None),
    ],
)
def test_the_change_of_a_group(group: ChangeId, number: int | None) -> None:
    have = grouped(group)
    assert (have and have.number) == number
    assert have is None or (have.forge, have.repository) == (group.forge, 7)


def test_pause_and_resume(people: Ledger) -> None:
    people.people.pause(entry("pause", "eve"))
    people.people.pause(entry("pause", "ada"))
    assert said(people).paused_by == "eve"
    assert said(people, change(2)).paused_by == ""
    people.people.resume(entry("resume"))
    people.people.resume(entry("resume"))
    assert said(people).paused_by == ""


def test_heads_are_released_one_by_one(people: Ledger) -> None:
    people.people.release(entry("run"))
    assert said(people).released == {A: "ada"}
    people.people.release(entry("run", "mona", head=B))
    people.people.withdraw(change(), B)
    assert said(people).released == {B: "mona"}


def test_the_audit_outlives_its_change(people: Ledger, later: Later) -> None:
    people.people.allow(entry(reason="=cmd", until="2027-01-31"), allowance(), everywhere=False)
    people.people.note(entry("help", "eve"))
    people.remember(delivery(Wish.CLOSE))
    later(100 * DAY)
    people.prune()
    (kept,) = people.people.audited()
    assert kept.entry == entry(reason="=cmd", until="2027-01-31")
    assert datetime.now(UTC).timestamp() - kept.at == pytest.approx(100 * DAY, abs=60)
    assert said(people).allowances == ()


def test_a_change_s_own_allowance_goes_with_it(
    people: Ledger, later: Later, database_url: str
) -> None:
    """SQLite gives the numbers of rows that are gone out again."""
    people.people.allow(entry(), allowance(), everywhere=True)
    people.people.allow(entry(of=change(2)), allowance("mine"), everywhere=False)
    people.remember(delivery(Wish.CLOSE, change=change(2)))
    later(100 * DAY)
    people.prune()
    engine = create_engine(database_url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT reason FROM allowances")).scalars().all()
    engine.dispose()
    assert rows == ["old"]


def test_the_audit_is_read_in_parts(people: Ledger) -> None:
    for number in range(1_001):
        people.people.note(entry("help", comment=str(number)))
    assert [one.entry.comment for one in people.people.audited()] == [str(n) for n in range(1_001)]
    assert people.people.asked(change(), "ada", 3600) == 1_001
    assert people.people.asked(change(), "eve", 3600) == 0
    assert people.people.asked(change(2), "ada", 3600) == 0


def leased(ledger: Ledger) -> Lease:
    lease = ledger.lease(change(), "worker", 60)
    assert lease is not None
    return lease


def test_credentials_are_for_those_who_may_use_them(people: Ledger) -> None:
    lease = leased(people)
    assert lease.keyed, "a push"
    lease.done(A, "passed", b"{}")
    people.want(change(), Recheck())
    lease = leased(people)
    assert not lease.keyed
    people.want(change(), Recheck(keyed=True, at_once=True))
    lease.done(A, "passed", b"{}")
    lease = leased(people)
    assert lease.keyed, "who came while it ran"
    lease.done(A, "passed", b"{}")
    people.want(change(), Recheck())
    people.remember(push(B))
    assert leased(people).keyed, "a push counts for all"


def test_a_decision_does_not_wait_for_the_next_recheck(people: Ledger) -> None:
    leased(people).done(A, "passed", b"{}")
    people.want(change(), Recheck())
    leased(people).done(A, "passed", b"{}")
    people.want(change(), Recheck())
    assert people.lease(change(), "worker", 60) is None, "rechecks lie a minute apart"
    people.want(change(), Recheck(at_once=True))
    assert people.lease(change(), "worker", 60) is not None


def test_the_review_that_was_there_then(people: Ledger, later: Later) -> None:
    for head, body in ((A, b"one"), (B, b"two")):
        people.remember(push(head))
        leased(people).done(head, "passed", body)
        later(100)
    assert people.review(change(), 50) == b"two"
    assert people.review(change(), 150) == b"one"
    assert people.review(change(), 250) is None
