"""What people let pass: how it weighs in a review, and how it reads."""

import json
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.change import Diff
from bot.formats.json import document
from bot.markdown.status import annotations, title
from bot.markdown.wanted import wanted
from bot.pardon import (
    DESTROYED,
    Acknowledgement,
    Allowance,
    Author,
    Said,
    Stated,
    followed,
    pardons,
    waiting,
)
from bot.review import (
    Action,
    Effect,
    Outcome,
    Pardon,
    PardonKind,
    Review,
    StageResult,
    Written,
    digest,
)
from bot.told import read
from rules.finding import Family, Finding, Severity
from rules.gate import Gate, OnUnchecked
from rules.profile import Profile
from tests.bot.given import change, diff, finding, result, unchecked, warning

KEY = b"k" * 32
ROOT, LATEST = finding(), warning("floating-image", "apps/web.yaml", 3)
LOST = finding("destroyed-resource", "main.tf", 4, name="gone", family=Family.DESTRUCTION,
               address="aws_db_instance.main", project="prod")  # fmt: skip
EFFECT = Effect(
    "prod", "aws_db_instance.main", "aws_db_instance", Action.REPLACE, "delete-create", ("a", "b")
)
ALLOWED = Pardon(PardonKind.ALLOW, "ada", "it is `old` | @org/team", "2027-01-31")
ACCEPTED = Pardon(PardonKind.ACKNOWLEDGE, "mona", "moved by hand")


def passed(finding_: Finding, pardon: Pardon, *more: StageResult, gate: Gate = Gate()) -> Review:  # noqa: B008
    results = (result(finding_), *more)
    return Review(change(), results, gate, {finding_.identity: pardon})


def test_a_stage_says_what_of_it_was_let_pass() -> None:
    have = wanted(passed(ROOT, ACCEPTED, result(LATEST, stage="hadolint")), Diff(), KEY)
    said = have.status.summary
    assert "- `kubernetes-rules`: failed, 1 finding, 1 let pass, " in said
    assert "- `hadolint`: passed, 1 finding, 0.4 s" in said
    light = wanted(passed(LATEST, ALLOWED), Diff(), KEY).status.summary
    assert "<summary>1 allowed</summary>" in light


WRITTEN = Written(ROOT.identity, "a lab", "2027-01-31")


@pytest.mark.parametrize(
    ("written", "author", "want"),
    [
        (WRITTEN, Author("ann"), Pardon(PardonKind.ALLOW, "ann", "a lab", "2027-01-31", True)),
        (WRITTEN, Author("ann", True), Pardon(PardonKind.ALLOW, "ann", "a lab", "2027-01-31")),
        (WRITTEN, Author(), Pardon(PardonKind.ALLOW, "", "a lab", "2027-01-31", True)),
        (replace(WRITTEN, brought=False), Author("ann"),
         Pardon(PardonKind.ALLOW, "", "a lab", "2027-01-31")),
    ],
)  # fmt: skip
def test_an_exception_in_the_file(written: Written, author: Author, want: Pardon) -> None:
    results = (replace(result(ROOT), written=(written,)),)
    assert pardons(results, Gate(), Said("2026-11-24"), author) == {ROOT.identity: want}
    assert waiting(results, Gate()) is written.brought


def test_an_exception_to_what_only_warns_holds_at_once() -> None:
    written = Written(LATEST.identity, "built nightly")
    results = (replace(result(LATEST), written=(written,)),)
    (found,) = pardons(results, Gate(), Said("2026-11-24"), Author("ann")).values()
    assert found == Pardon(PardonKind.ALLOW, "ann", "built nightly")
    assert not waiting(results, Gate())
    assert waiting(results, Gate(block_on=Severity.WARNING))


def test_an_exception_to_what_was_there_before_is_none() -> None:
    old = replace(ROOT, new=False)
    results = (replace(result(old), written=(WRITTEN,)),)
    assert pardons(results, Gate(), Said("2026-11-24")) == {}
    assert not waiting(results, Gate())


def test_what_people_said_comes_before_what_the_file_says() -> None:
    results = (replace(result(ROOT), written=(WRITTEN,)),)
    agreed = Allowance(ROOT.identity, ROOT.rule, "", "mona", "fine", blocking=True)
    (found,) = pardons(results, Gate(), Said("2026-11-24", (agreed,)), Author("ann")).values()
    assert found == Pardon(PardonKind.ALLOW, "mona", "fine")


@pytest.mark.parametrize(
    "other",
    [
        replace(EFFECT, project="dev"),
        replace(EFFECT, address="aws_db_instance.other"),
        replace(EFFECT, type="aws_rds_cluster"),
        replace(EFFECT, action=Action.DESTROY),
        replace(EFFECT, order="create-delete"),
        replace(EFFECT, replace_paths=("a",)),
        replace(EFFECT, opened=("0.0.0.0/0",)),
    ],
)
def test_each_part_of_an_effect_is_in_its_digest(other: Effect) -> None:
    assert digest([EFFECT]) != digest([other])
    assert digest([EFFECT]) != digest([EFFECT, other])


def test_a_digest_knows_no_order() -> None:
    several = [EFFECT, replace(EFFECT, project="dev"), replace(EFFECT, address="z")]
    assert len({digest(each) for each in permutations(several)}) == 1
    assert digest([replace(EFFECT, replace_paths=("b", "a"))]) == digest([EFFECT, EFFECT])


_TEXT = st.text("ab,[]\"'\\\0", max_size=4)
_EFFECTS = st.builds(
    Effect, _TEXT, _TEXT, _TEXT, st.sampled_from(Action), _TEXT, st.lists(_TEXT).map(tuple)
)


@given(st.lists(_EFFECTS, max_size=3), st.lists(_EFFECTS, max_size=3))
def test_unlike_effects_have_unlike_digests(one: list[Effect], other: list[Effect]) -> None:
    def sets(effects: list[Effect]) -> set[Effect]:
        return {
            replace(each, replace_paths=tuple(sorted(set(each.replace_paths)))) for each in effects
        }

    assert (digest(one) == digest(other)) == (sets(one) == sets(other))


def test_what_is_let_pass_does_not_count_and_stays() -> None:
    review = passed(ROOT, ALLOWED)
    assert (review.outcome, review.blocks) == (Outcome.PASSED, False)
    assert (review.findings, review.counted, review.blocking) == ((ROOT,), (), ())
    want = wanted(review, diff("apps/web.yaml"), KEY)
    assert len(want.groups) == 1
    assert want.threads == (), "nobody is told of it once more"
    assert want.status.green


def test_what_waits_still_counts() -> None:
    review = passed(ROOT, replace(ALLOWED, waits=True))
    assert review.blocks
    assert review.blocking == (ROOT,)
    summary = wanted(review, Diff(), KEY).summary(posted=False)
    assert summary is not None
    assert "waits for someone who may" in summary.body


TITLES = {
    "allowed": (passed(ROOT, ALLOWED), "0 blocking, 0 warnings, 1 allowed, 1 stage ran"),
    "acknowledged": (
        passed(LOST, ACCEPTED),
        "Acknowledged by @mona: moved by hand. 0 blocking, 0 warnings, 1 stage ran",
    ),
    "acknowledged, and something else blocks": (
        passed(LOST, ACCEPTED, result(ROOT)),
        "Blocks merge: 1 security. Acknowledged by @mona: moved by hand",
    ),
    "unchecked is let pass": (
        Review(change(), (result(), unchecked()), Gate(on_unchecked=OnUnchecked.ALLOW)),
        "NOT CHECKED: hadolint is not installed",
    ),
    "unchecked is let pass, and something blocks": (
        Review(change(), (result(ROOT), unchecked()), Gate(on_unchecked=OnUnchecked.ALLOW)),
        "Blocks merge: 1 security. NOT CHECKED: hadolint is not installed",
    ),
    "unchecked while observing": (
        Review(change(), (result(), unchecked()), Gate(Profile.OBSERVE)),
        "NOT CHECKED: hadolint is not installed",
    ),
    "a warning blocks": (
        Review(change(), (result(LATEST),), Gate(block_on=Severity.WARNING)),
        "Blocks merge: 1 floating-image",
    ),
    "paused": (
        Review(change(), (result(),), paused_by="eve"),
        "0 blocking, 0 warnings, 1 stage ran. Comments paused by @eve",
    ),
    "settings that nobody understands": (
        Review(change(), (result(),), remarks=("`.redline.yaml` cannot be read",)),
        "0 blocking, 0 warnings, 1 stage ran. .redline.yaml cannot be read",
    ),
}


@pytest.mark.parametrize(("review", "want"), TITLES.values(), ids=TITLES)
def test_titles(review: Review, want: str) -> None:
    assert title(review) == want
    assert wanted(review, Diff(), KEY).status.green is not review.blocks


def test_a_reason_is_shown_and_does_nothing() -> None:
    summary = wanted(passed(ROOT, ALLOWED), Diff(), KEY).summary(posted=False)
    assert summary is not None
    assert "**Redline: nothing blocks** · 1 allowed" in summary.body
    assert (
        "(allowed by `@ada` until 2027-01-31: it is `old` <code>&#124;</code> `@org/team`)"
        in summary.body
    )


def test_a_warning_that_blocks_has_a_thread_and_no_annotation() -> None:
    review = Review(change(), (result(LATEST),), Gate(block_on=Severity.WARNING))
    assert annotations(review) == ()
    assert len(wanted(review, diff("apps/web.yaml"), KEY).threads) == 1
    assert annotations(Review(change(), (result(LATEST),))) != ()


def test_for_programs() -> None:
    results = (replace(result(ROOT, LOST), effects=(EFFECT,)),)
    given = {ROOT.identity: ALLOWED, LOST.identity: ACCEPTED}
    have = document(Review(change(), results, Gate(), given), Diff(), "1")
    assert [(each["allowed"], each["acknowledged"]) for each in have["findings"]] == [
        ({"by": "ada", "reason": ALLOWED.reason, "until": "2027-01-31", "waits": False}, None),
        (None, {"by": "mona", "reason": "moved by hand"}),
    ]
    counts = {"blocking": 0, "warning": 0, "info": 0, "existing": 0, "unchecked": 0}
    assert have["counts"] == counts | {"allowed": 1, "acknowledged": 1}
    assert (have["outcome"], have["blocks"]) == ("passed", False)
    assert have["effects"][0]["action"] == "replace"
    assert have["destroyed"] == Stated(results).destroyed
    assert have["gate"] == {"profile": "default", "block_on": "blocking", "on_unchecked": "block"}


def said(*every: Allowance | Acknowledgement) -> Said:
    return Said(
        "2026-11-24",
        tuple(each for each in every if isinstance(each, Allowance)),
        tuple(each for each in every if isinstance(each, Acknowledgement)),
    )


RESULTS = (replace(result(ROOT, LATEST, LOST), effects=(EFFECT,)),)
BOUND = Stated(RESULTS)

HOLDS: dict[str, Allowance | Acknowledgement] = {
    "an allowance": Allowance(ROOT.identity, "", "", "ada", "x", blocking=True),
    "on its last day": Allowance(ROOT.identity, "", "", "ada", "x", "2026-11-24", blocking=True),
    "of a warning": Allowance(LATEST.identity, "", "", "ada", "x"),
    "an effect": Acknowledgement(LOST.identity, digest([EFFECT]), "ada", "x", blocking=True),
    "words": Acknowledgement(ROOT.identity, BOUND.digest(ROOT), "ada", "x", blocking=True),
    "all destroyed": Acknowledgement(DESTROYED, BOUND.destroyed, "ada", "x", blocking=True),
}
LAPSED: dict[str, Allowance | Acknowledgement] = {
    "a day too late": Allowance(ROOT.identity, "", "", "ada", "x", "2026-11-23", blocking=True),
    "of a warning, by who may no more": Allowance(ROOT.identity, "", "", "ada", "x"),
    "another effect": Acknowledgement(LOST.identity, digest([]), "ada", "x", blocking=True),
    "accepted by who may not": Acknowledgement(LOST.identity, digest([EFFECT]), "ada", "x"),
    "others destroyed": Acknowledgement(DESTROYED, digest([EFFECT]), "ada", "x", blocking=True),
    "another place": Allowance("f" * 32, "", "", "ada", "x", blocking=True),
}


@pytest.mark.parametrize("one", HOLDS.values(), ids=HOLDS)
def test_what_holds(one: Allowance | Acknowledgement) -> None:
    assert len(pardons(RESULTS, Gate(), said(one))) == 1


@pytest.mark.parametrize("one", LAPSED.values(), ids=LAPSED)
def test_what_does_not_hold(one: Allowance | Acknowledgement) -> None:
    assert pardons(RESULTS, Gate(), said(one)) == {}


def test_what_was_there_before_needs_no_pardon() -> None:
    old = (result(replace(ROOT, new=False)),)
    assert pardons(old, Gate(), said(HOLDS["an allowance"])) == {}


def test_a_kept_review_is_read_whatever_its_paths() -> None:
    odd = finding(path="caf\udce9.yaml")
    body = json.dumps(document(Review(change(), (result(odd),)), Diff(), "1")).encode()
    told = read(body)
    assert told is not None
    assert [item.path for item in told.new] == ["caf\udce9.yaml"]
    for broken in (None, b"", b"{}", b"[1]", b'{"head": 1}'):
        assert read(broken) is None


IMAGE = finding("root-image", "a/Dockerfile", 1, address="a/Dockerfile", project="a")
RENAMED = finding("root-image", "b/Dockerfile", 1, address="b/Dockerfile", project="b")
TO_B = {"a/Dockerfile": "b/Dockerfile"}


@pytest.mark.parametrize(
    ("have", "renames", "want"),
    [
        ((RENAMED,), TO_B, {IMAGE.identity: RENAMED.identity}),
        ((RENAMED,), {}, {}),
        ((RENAMED,), {"c/Dockerfile": "b/Dockerfile"}, {}),
        ((IMAGE,), TO_B, {}),
        ((replace(RENAMED, new=False),), TO_B, {}),
        ((replace(RENAMED, detail="other"),), TO_B, {}),
    ],
    ids=["renamed", "no rename known", "another's", "still there", "not new", "another finding"],
)
def test_an_allowance_follows_its_finding(
    have: tuple[Finding, ...], renames: dict[str, str], want: dict[str, str]
) -> None:
    said = Said("2026-11-24", (Allowance(IMAGE.identity, IMAGE.rule, "", "mia", "known"),))
    assert followed([result(*have)], said, renames) == want


def test_what_is_allowed_under_its_new_name_follows_no_more() -> None:
    both = (Allowance(one.identity, one.rule, "", "mia", "known") for one in (IMAGE, RENAMED))
    assert followed([result(RENAMED)], Said("2026-11-24", tuple(both)), TO_B) == {}
