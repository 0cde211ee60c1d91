"""What is kept of a review: everything that its page shows, bounded, and safe to show."""

from dataclasses import replace

import msgspec
import pytest

from bot.change import ForgeName
from bot.report import record as kept
from bot.report.making import record
from bot.report.record import LARGEST_HEAD, Offer, Unreadable, head, pack, unpack
from bot.review import Outcome, Pardon, PardonKind, Review
from rules.finding import Location, Severity, Side, Suggestion
from tests.bot.given import change, finding, result, review, unchecked, warning
from tests.bot.report.given import BASE, PRIVILEGED, full, full_record, old, source

HOSTILE = "<script>alert(1)</script>\u202e\n\x1b[31m" + "x" * 5_000 + "\udc80"


def test_the_gravest_comes_first_and_nothing_is_left_out() -> None:
    have = full_record()
    severities = [row.severity for row in have.findings]
    assert severities == sorted(severities, key=["blocking", "warning", "info"].index)
    assert len(have.findings) == 6
    assert (len(have.before), have.missing, have.missing_before) == (4, 0, 0)


def test_stages_stand_in_the_order_of_their_urgency() -> None:
    have = [(stage.name, stage.outcome) for stage in full_record().stages]
    assert have == [
        ("kubernetes-rules", "failed"),
        ("dockerfile-rules", "failed"),
        ("tofu-plan", "unchecked"),
        ("hadolint", "passed"),
        ("tofu-fmt", "not-needed"),
    ]


def test_the_line_that_is_meant_is_marked() -> None:
    row = next(row for row in full_record().findings if row.rule == "privileged-container")
    assert [(line.number, line.text.strip()) for line in row.excerpt if line.marked] == [
        (14, "privileged: true")
    ]
    assert [line.number for line in row.excerpt] == [11, 12, 13, 14, 15, 16, 17]


def test_an_excerpt_ends_with_its_file() -> None:
    last = replace(BASE, location=Location("services/web/Dockerfile", 8))
    behind = replace(BASE, location=Location("services/web/Dockerfile", 9), detail="behind")
    have = record(review(result(last, behind)), source, "1").findings
    assert [line.number for line in have[0].excerpt] == [5, 6, 7, 8]
    assert have[1].excerpt == ()


def test_links_lead_to_the_line_at_its_commit() -> None:
    removed = finding(line=3, side=Side.BASE, path="a b.yaml")
    url = record(review(result(removed)), source, "1").findings[0].url
    assert url == f"https://github.com/org/infra/blob/{'b' * 40}/a%20b.yaml#L3"


def test_no_secret_gets_in() -> None:
    text = unpack(pack(full_record()))
    assert b"9f86d081884c7d65" not in msgspec.json.encode(text)
    assert b"hunter2" not in msgspec.json.encode(text)


@pytest.mark.parametrize("rule", ["baked-secret", "secret-literal"])
def test_where_a_rule_found_a_secret_its_line_is_not_shown(rule: str) -> None:
    lines = ["a: 1", "  - name: GREETING", "    value: correct-horse", "b: 2"]
    found = replace(finding(rule, "pod.yaml", 3), location=Location("pod.yaml", 3, block=(2, 3)))
    (row,) = record(review(result(found)), lambda where: lines, "1").findings
    assert [line.text.strip() for line in row.excerpt] == ["a: 1", "[hidden]", "[hidden]", "b: 2"]


def test_a_file_of_secrets_is_not_shown_at_all() -> None:
    secret = finding("unreadable-file", "prod/.env", 1)
    have = record(review(result(secret)), lambda where: ["API=x", ""], "1")
    assert have.findings[0].excerpt == ()


def test_every_text_is_one_visible_line() -> None:
    hostile = replace(
        PRIVILEGED,
        rule=HOSTILE,
        message=HOSTILE,
        fix=HOSTILE,
        location=Location(HOSTILE, 1),
        project=HOSTILE,
    )
    stage = replace(
        result(hostile), stage=HOSTILE, project=HOSTILE, reason=HOSTILE, notes=(HOSTILE,)
    )
    whole = replace(review(stage), remarks=(HOSTILE,))
    text = msgspec.json.encode(record(whole, lambda where: [HOSTILE], "1")).decode()
    assert all(sign not in text for sign in ("\u202e", "\x1b", "\\u001b", "\n", "\udc80"))


def test_what_is_stored_comes_back() -> None:
    have = full_record()
    assert unpack(pack(have)) == have
    assert head(pack(have)[:LARGEST_HEAD]) == have.head


def test_a_title_fits_into_the_start_that_a_list_reads() -> None:
    many = [finding(f"rule-{n}" * 9, f"{n}.yaml", family=None) for n in range(50)]
    have = record(review(result(*many), unchecked("tofu-plan", "é" * 5_000)), source, "1")
    assert len(pack(have).partition(b"\n")[0]) <= LARGEST_HEAD


@pytest.mark.parametrize("data", [b"", b"{}", b"{}\nxx", pack(full_record())[:-9], b"\xff\n\xff"])
def test_what_cannot_be_read_says_so(data: bytes) -> None:
    with pytest.raises(Unreadable):
        unpack(data)


def test_a_damaged_start_says_so() -> None:
    for data in (b"", b"{}", b"\xff"):
        with pytest.raises(Unreadable):
            head(data)


def test_thousands_are_cut_by_whole_rows_and_counted() -> None:
    many = [warning(path=f"{n}/{'d' * 200}/Dockerfile") for n in range(9_000)]
    have = record(review(result(*many, *old(9_000))), source, "1")
    assert len(have.findings) + have.missing == 9_000
    assert len(have.before) + have.missing_before == 9_000
    assert have.findings
    assert have.before
    assert have.head.counts["warning"] == 9_000
    assert len(msgspec.json.encode(have)) < kept.LARGEST + 10_000


def test_what_is_old_leaves_room_for_what_is_new() -> None:
    many = [warning(path=f"{n}/Dockerfile") for n in range(100)]
    have = record(review(result(*old(20_000), *many)), source, "1")
    assert len(have.findings) == 100
    assert have.missing_before


def test_what_was_let_pass_says_who_and_why() -> None:
    holds = Pardon(PardonKind.ACKNOWLEDGE, "bo", "planned")
    waits = Pardon(PardonKind.ALLOW, "ann", "later", "2027-01-31", waits=True)
    exceptions = {PRIVILEGED.identity: holds, BASE.identity: waits}
    have = record(replace(full(), exceptions=exceptions), source, "1")
    rows = {row.rule: row for row in have.findings}
    held, waiting = rows["privileged-container"], rows["floating-base"]
    assert (held.pardon, held.pardoned, held.blocks) == (
        "Acknowledged by @bo: planned",
        True,
        False,
    )
    assert waiting.pardon.startswith("Allowed by @ann until 2027-01-31: later. It waits for")
    assert not waiting.pardoned
    assert have.head.counts["pardoned"] == 1


def test_the_same_on_gitlab() -> None:
    at = replace(change(), url="https://git.corp/code/org/infra/-/merge_requests/7")
    at = replace(at, id=replace(at.id, forge=ForgeName.GITLAB))
    have = record(Review(at, (result(PRIVILEGED),)), source, "1")
    assert have.subject.forge == "gitlab"
    assert have.findings[0].url.startswith("https://git.corp/code/org/infra/-/blob/a1b2c3d")


def test_nothing_to_report() -> None:
    have = record(review(result(stage="hadolint", outcome=Outcome.NOT_NEEDED)), source, "1")
    assert have.findings == have.before == ()
    assert have.head.counts == {
        **{severity.word: 0 for severity in reversed(Severity)},
        "pardoned": 0,
        "unchecked": 0,
        "existing": 0,
    }


def test_what_is_lost_comes_first_of_what_a_change_does() -> None:
    have = [(deed.action, deed.address, deed.why) for deed in full_record().deeds]
    assert have == [
        ("replace", "aws_db_instance.main", "destroyed first; forced by `engine_version`"),
        ("update", "aws_security_group_rule.ssh", "opens to `0.0.0.0/0`"),
        ("create", "aws_s3_bucket.logs", ""),
    ]


def test_proven_lines_are_offered_and_none_with_a_secret() -> None:
    rows = {row.rule: row for row in full_record().findings}
    assert rows["privileged-container"].offer == Offer(14, 14, ("            privileged: false",))
    secret = Suggestion(16, 16, "            password: hunter2")
    found = replace(PRIVILEGED, suggestion=secret)
    have = record(review(result(found)), source, "1").findings[0].offer
    assert have is not None
    assert have.lines == ("            password: [hidden]",)


def test_the_line_that_made_it_happen_is_named() -> None:
    found = replace(PRIVILEGED, cause=Location("values.yaml", 7))
    have = record(review(result(found)), source, "1").findings[0].cause
    assert have is not None
    assert (have.path, have.line) == ("values.yaml", 7)
    assert have.url.endswith("/values.yaml#L7")
