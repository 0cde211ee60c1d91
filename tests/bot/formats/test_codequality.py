"""GitLab Code Quality: what its parser asks of each entry."""

import json
from dataclasses import replace
from typing import Any

import jsonschema_rs
from hypothesis import given, settings

from bot.formats import codequality
from bot.review import Review
from rules.finding import Finding
from rules.profile import Profile
from tests.bot.formats.given import (
    ACKNOWLEDGED,
    ALLOWED,
    CAUSED,
    DIFF,
    EVERY,
    HINT,
    PRIVILEGED,
    SHRUNK,
    WAITING,
    reviews,
    rich,
)  # fmt: skip
from tests.bot.given import result, review

# What GitLab's documentation asks of an entry; more would be passed over.
_TEXT = {"type": "string", "minLength": 1}
SCHEMA = jsonschema_rs.Draft202012Validator(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "additionalProperties": False,
            "properties": {
                "description": {"type": "string"},
                "check_name": _TEXT,
                "fingerprint": _TEXT,
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "additionalProperties": False,
                    "properties": {
                        "path": {"type": "string", "pattern": "^[^/]"},
                        "lines": {
                            "type": "object",
                            "required": ["begin"],
                            "properties": {"begin": {"type": "integer", "minimum": 1}},
                        },
                    },
                },
            },
        },
    }
)


def rows_of(review: Review) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(codequality.render(review, DIFF))
    SCHEMA.validate(rows)
    prints = [row["fingerprint"] for row in rows]
    assert len(set(prints)) == len(prints)
    return rows


def row_of(one: Finding, review: Review) -> dict[str, Any]:
    (row,) = (row for row in rows_of(review) if row["fingerprint"] == one.identity)
    return row


def test_every_new_finding_is_a_row_and_what_was_not_checked_too() -> None:
    rows = rows_of(rich())
    assert len(rows) == 1 + sum(each.new for each in EVERY)
    assert rows[0]["check_name"] == "unchecked"
    assert rows[0]["description"].startswith("Not checked: tofu-plan: backend init failed")
    assert rows_of(review(result())) == []


def test_severities_say_what_holds_the_change_back() -> None:
    have = rich()
    wanted = {
        PRIVILEGED: "blocker", WAITING: "blocker", ACKNOWLEDGED: "info", ALLOWED: "info",
        SHRUNK: "major", CAUSED: "minor", HINT: "info",
    }  # fmt: skip
    assert {one: row_of(one, have)["severity"] for one in wanted} == wanted
    assert row_of(PRIVILEGED, rich(Profile.OBSERVE))["severity"] == "critical"


def test_a_row_says_what_where_and_who_let_it_pass() -> None:
    row = row_of(PRIVILEGED, rich())
    assert row["check_name"] == "privileged-container"
    assert row["description"].startswith('Container `we<b>` & "co" runs privileged')
    assert row["description"].endswith("Fix: Remove `privileged: true`.")
    assert "Fix: " in row_of(SHRUNK, rich())["description"]  # the rule's own
    assert row["location"] == {
        "path": 'deploy/a "b" & <c>/caf\\xe9 100%.yaml', "lines": {"begin": 14},
    }  # fmt: skip
    assert "Allowed by @ann until 2027-01-31" in row_of(ALLOWED, rich())["description"]


def test_a_removed_line_stands_where_head_has_one() -> None:
    assert row_of(SHRUNK, rich())["location"]["lines"] == {"begin": 11}
    assert row_of(ACKNOWLEDGED, rich())["location"]["path"] == "deploy/old.yaml"


def test_a_fingerprint_stays_when_lines_move() -> None:
    moved = replace(PRIVILEGED, location=replace(PRIVILEGED.location, line=99))
    (row,) = rows_of(review(result(moved)))
    assert row["fingerprint"] == PRIVILEGED.identity


@given(reviews())
@settings(deadline=None, max_examples=40)
def test_any_text_is_valid(any_review: Review) -> None:
    text = codequality.render(any_review, DIFF)
    assert text.isascii()
    rows = json.loads(text)
    assert json.dumps(rows, ensure_ascii=False).encode()  # no half of a surrogate
