"""What a review comes to."""

from dataclasses import replace

import pytest

from bot.review import Outcome, Review, StageResult, said_once
from rules.finding import Location, Severity
from rules.profile import Profile
from tests.bot.given import change, finding, result, review, unchecked, warning

IDLE = result(outcome=Outcome.NOT_NEEDED)
OLD = replace(unchecked(), existing=True)

OUTCOMES: dict[str, tuple[tuple[StageResult, ...], Outcome]] = {
    "no stage at all": ((), Outcome.NOT_NEEDED),
    "nothing relevant": ((IDLE, IDLE), Outcome.NOT_NEEDED),
    "clean": ((IDLE, result()), Outcome.PASSED),
    "warnings": ((result(warning()),), Outcome.PASSED),
    "blocking": ((result(finding()), IDLE), Outcome.FAILED),
    "what was there before": ((result(finding(new=False)),), Outcome.PASSED),
    "unchecked": ((result(), unchecked()), Outcome.UNCHECKED),
    "unchecked and blocking": ((result(finding()), unchecked()), Outcome.FAILED),
    "unchecked at the merge base too": ((result(), OLD), Outcome.PASSED),
}


@pytest.mark.parametrize(("results", "want"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(results: tuple[StageResult, ...], want: Outcome) -> None:
    have = review(*results)
    assert have.outcome is want
    assert have.blocks == (want in (Outcome.FAILED, Outcome.UNCHECKED))


def test_observing_never_blocks() -> None:
    assert not review(result(finding()), profile=Profile.OBSERVE).blocks
    assert not review(unchecked(), profile=Profile.OBSERVE).blocks


def test_findings_are_the_new_ones_gravest_first() -> None:
    low, high, old = warning(), finding(), finding(name="old", new=False)
    have = review(result(low), result(old, high))
    assert have.findings == (high, low)
    assert have.existing == 1
    assert have.counts == {Severity.BLOCKING: 1, Severity.WARNING: 1}


def test_ids_are_longer_where_they_would_clash() -> None:
    seen: dict[str, str] = {}
    for number in range(100_000):
        one = finding(name=str(number))
        if one.id in seen:
            break
        seen[one.id] = str(number)
    pair = finding(name=seen[one.id]), one, finding(name="apart")
    ids = Review(change(), (result(*pair),)).ids
    assert sorted(map(len, ids.values())) == [4, 8, 8]
    assert len(set(ids.values())) == 3


def test_what_another_finding_says_better_is_dropped() -> None:
    user = replace(warning(), rule="named-user", location=Location("app/Dockerfile", 3))
    other = replace(user, location=Location("web/Dockerfile", 3))
    says = replace(finding(), covers=(("named-user", "app/Dockerfile"),))
    kept = said_once((result(says), result(user, other)))
    assert [each.findings for each in kept] == [(says,), (other,)]


@pytest.mark.parametrize(
    ("says", "kept"),
    [
        ("web", ["log", "web elsewhere"]),
        (None, ["web elsewhere"]),
        ("other", ["log", "web", "web elsewhere"]),
    ],
)
def test_in_its_own_file_a_finding_covers_its_subject_or_container(
    says: str | None, kept: list[str]
) -> None:
    one = replace(warning(), rule="missing-user-id", location=Location("pod.yaml", 3))
    web, log = (
        replace(one, address="a", container="web"),
        replace(one, address="a", container="log"),
    )
    elsewhere = replace(web, address="b")
    root = replace(finding(), address="a", container=says, location=Location("pod.yaml", 1))
    covering = replace(root, covers=(("missing-user-id", "pod.yaml"),))
    (after,) = said_once([result(log, web, elsewhere, covering)])
    names = {log: "log", web: "web", elsewhere: "web elsewhere"}
    assert [names[each] for each in after.findings if each in names] == kept


def test_an_old_finding_covers_no_new_one() -> None:
    user = replace(warning(), rule="named-user", location=Location("app/Dockerfile", 3))
    old = replace(finding(new=False), covers=(("named-user", "app/Dockerfile"),))
    kept = said_once((result(old), result(user)))
    assert kept[1].findings == (user,)
