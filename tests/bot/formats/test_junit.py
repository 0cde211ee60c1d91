"""JUnit as GitLab and Jenkins read it."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from bot.formats import junit
from bot.review import Review
from rules.finding import Finding, Severity
from rules.gate import Gate
from rules.profile import Profile
from tests.bot.formats.given import (
    ACKNOWLEDGED,
    ALLOWED,
    EVERY,
    HINT,
    OLD,
    PRIVILEGED,
    WAITING,
    reviews,
    rich,
)  # fmt: skip
from tests.bot.given import result, review


def parsed(review: Review) -> ET.Element:
    return ET.fromstring(junit.render(review).encode())


def case_of(one: Finding, review: Review) -> ET.Element:
    (found,) = (
        case
        for case in parsed(review).iter("testcase")
        if case.get("name", "").endswith(f"({review.ids[one.identity]})")
    )
    return found


def kind(case: ET.Element) -> str:
    return next((tag for tag in ("failure", "error", "skipped") if case.find(tag) is not None), "")


def test_a_suite_a_stage_and_a_case_a_new_finding() -> None:
    root = parsed(rich())
    suites = root.findall("testsuite")
    assert [suite.get("name") for suite in suites] == [
        "kubernetes-rules envs/prod & co", "hadolint", "dockerfile-rules", "tofu-plan", "checkov",
        "files-rules", "configuration",
    ]  # fmt: skip
    cases = list(root.iter("testcase"))
    assert len(cases) == len(suites) + sum(each.new for each in EVERY)
    assert len({(case.get("classname"), case.get("name")) for case in cases}) == len(cases)


def test_only_what_blocks_fails() -> None:
    have = rich()
    failed = case_of(PRIVILEGED, have)
    assert kind(failed) == "failure"
    failure = failed.find("failure")
    assert failure is not None
    assert failure.get("type") == "privileged-container"
    assert failure.get("message") == PRIVILEGED.message
    assert "Fix: Remove `privileged: true`." in str(failure.text)
    assert "Pods would show CrashLoopBackOff." in str(failure.text)
    assert "\nkubectl -n shop describe " in str(failure.text)
    assert kind(case_of(WAITING, have)) == "failure"
    assert "Allowed by @ben: needed. It waits" in str(case_of(WAITING, have).findtext("failure"))
    assert kind(case_of(HINT, have)) == ""
    assert "info: " in str(case_of(HINT, have).findtext("system-out"))
    assert f"({have.ids[OLD.identity]})" not in junit.render(have)
    assert "1 finding was there before this change" in junit.render(have)


def test_what_observe_would_block_does_not_fail() -> None:
    have = rich(Profile.OBSERVE)
    assert kind(case_of(PRIVILEGED, have)) == ""
    assert "blocking: " in str(case_of(PRIVILEGED, have).findtext("system-out"))


def test_warnings_fail_where_the_gate_blocks_on_them() -> None:
    assert kind(case_of(EVERY[4], rich())) == ""
    assert kind(case_of(EVERY[4], rich(gate=Gate(block_on=Severity.WARNING)))) == "failure"


def test_what_was_let_pass_is_skipped_with_the_reason() -> None:
    have = rich()
    skipped = case_of(ALLOWED, have).find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "Allowed by @ann until 2027-01-31: the mirror <pins>"
    assert kind(case_of(ACKNOWLEDGED, have)) == "skipped"


def test_a_stage_that_could_not_check_is_an_error() -> None:
    told = {
        str(case.get("classname")): kind(case)
        for case in parsed(rich()).iter("testcase")
        if case.get("name") == "ran"
    }
    assert told["tofu-plan"] == "error"
    assert told["checkov"] == "skipped"  # as before this change
    assert told["files-rules"] == "skipped"
    assert told["hadolint"] == ""


def test_the_counts_are_those_of_the_cases() -> None:
    root = parsed(rich())
    for element in (root, *root.findall("testsuite")):
        cases = list(element.iter("testcase"))
        kinds = [kind(case) for case in cases]
        assert element.get("tests") == str(len(cases))
        assert element.get("failures") == str(kinds.count("failure"))
        assert element.get("errors") == str(kinds.count("error"))
        assert element.get("skipped") == str(kinds.count("skipped"))
        assert float(str(element.get("time"))) >= 0


def test_what_is_said_of_the_settings_fails_nothing() -> None:
    (case,) = parsed(rich()).iterfind("testsuite[@name='configuration']/testcase")
    assert kind(case) == ""
    assert "`gat` is no key" in str(case.findtext("system-out"))
    assert "configuration" not in junit.render(review(result()))


def test_a_file_is_named_with_its_bytes_written_out() -> None:
    case = case_of(PRIVILEGED, rich())
    assert case.get("file") == 'deploy/a "b" & <c>/caf\\xe9 100%.yaml'
    assert case.get("line") == "14"


def test_a_clean_review_has_a_case_that_passed() -> None:
    root = parsed(review(result()))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("1", "0", "0")


@given(reviews())
@settings(deadline=None, max_examples=60)
def test_any_text_is_valid(any_review: Review) -> None:
    root = parsed(any_review)
    assert len(root.findall("testsuite")) == len(any_review.results) + bool(any_review.remarks)


@pytest.mark.parametrize("number", [0, 0x0B, 0x1B, 0xD800, 0xDC80, 0xFFFE, 0xFFFF])
def test_what_xml_cannot_hold_is_written_out(number: int) -> None:
    one = review(result(stage=f"a{chr(number)}b"))
    (suite,) = parsed(one).findall("testsuite")
    assert suite.get("name", "").startswith("a\\")
