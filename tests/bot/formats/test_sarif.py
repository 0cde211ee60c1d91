"""SARIF 2.1.0: held to OASIS' own schema, and to what GitHub's code scanning takes."""

import gzip
import json
import urllib.parse
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings

from bot.formats import sarif
from bot.review import Review, Written
from rules.finding import Finding, Location, Severity, Suggestion
from rules.profile import Profile
from tests.bot.formats.given import (
    ACKNOWLEDGED,
    ALLOWED,
    CAUSED,
    DIFF,
    ENTRIES,
    EVERY,
    HINT,
    ODD,
    OLD,
    PRIVILEGED,
    SHRUNK,
    WAITING,
    local,
    reviews,
    rich,
)  # fmt: skip
from tests.bot.given import finding, result, review

# OASIS Open's own (SARIF TC), unchanged, as the package serde-sarif 0.8 ships it.
SCHEMA = Path(__file__).parent / "sarif-schema-2.1.0.json"


@cache
def schema() -> jsonschema_rs.Validator:
    # One pattern of it has a bracket that closes nothing: a sign to ECMA's eyes, a fault to others.
    text = SCHEMA.read_text("utf-8").replace("{2}]?$", "{2}\\\\]?$")
    return jsonschema_rs.Draft7Validator(json.loads(text), validate_formats=True)


def written(review: Review) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(sarif.render(sarif.Source(review, DIFF, ENTRIES, "0.1.0")))
    schema().validate(log)
    return log


def run_of(review: Review) -> dict[str, Any]:
    (run,) = written(review)["runs"]
    assert isinstance(run, dict)
    return run


def result_of(one: Finding, review: Review | None = None) -> dict[str, Any]:
    (found,) = (
        each
        for each in run_of(review or rich())["results"]
        if each["partialFingerprints"]["redlineIdentity/v1"] == one.identity
    )
    assert isinstance(found, dict)
    return found


def test_the_schema_is_one_that_refuses() -> None:
    log = written(rich())
    log["runs"][0]["results"][0]["level"] = "blocking"
    assert not schema().is_valid(log)


@pytest.mark.parametrize("profile", Profile)
def test_it_holds_to_the_schema(profile: Profile) -> None:
    written(rich(profile))
    written(local(rich(profile)))
    written(review())


@given(reviews())
@settings(deadline=None, max_examples=40)
def test_any_text_is_valid(any_review: Review) -> None:
    text = sarif.render(sarif.Source(any_review, DIFF, ENTRIES, "0.1.0"))
    assert text.isascii()
    schema().validate(json.loads(text))  # which refuses half a surrogate
    jsonschema_rs.Draft7Validator({}).validate(json.loads(text))


def test_every_finding_is_there_the_gravest_first() -> None:
    results = run_of(rich())["results"]
    assert len(results) == len(EVERY)
    levels = [each["level"] for each in results if each["baselineState"] == "new"]
    assert levels == sorted(levels, key=["error", "warning", "note"].index)
    assert results[-1]["baselineState"] == "unchanged"
    assert result_of(OLD)["ruleId"] == "root-container"


def test_each_result_names_its_rule() -> None:
    run = run_of(rich())
    rules = run["tool"]["driver"]["rules"]
    for each in run["results"]:
        assert rules[each["ruleIndex"]]["id"] == each["ruleId"]
    (privileged,) = (each for each in rules if each["id"] == "privileged-container")
    assert privileged["name"] == "PrivilegedContainer"
    assert privileged["shortDescription"]["text"] == "A container runs privileged"
    assert "owns the node" in privileged["fullDescription"]["text"]
    assert "```yaml\n" in privileged["help"]["markdown"]
    assert "**Fix:** remove `privileged: true`" in privileged["help"]["markdown"]
    assert privileged["defaultConfiguration"] == {"level": "error"}
    (tool,) = (each for each in rules if each["id"] == "hadolint/DL3008")
    assert tool["helpUri"].endswith("/DL3008")


def test_a_path_is_a_relative_address_whatever_its_bytes() -> None:
    (place,) = result_of(PRIVILEGED)["locations"]
    artifact = place["physicalLocation"]["artifactLocation"]
    assert artifact["uriBaseId"] == "%SRCROOT%"
    assert artifact["uri"].isascii()
    assert not set(artifact["uri"]) & set(' "<>')
    assert urllib.parse.unquote_to_bytes(artifact["uri"]) == ODD.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("path", ["http:evil.yaml", "a?b#c.yaml", "%2e%2e/x.yaml", "c:\\x.yaml"])
def test_no_path_is_read_as_another_address(path: str) -> None:
    one = replace(PRIVILEGED, location=Location(path, 1))
    (place,) = result_of(one, review(result(one)))["locations"]
    uri = place["physicalLocation"]["artifactLocation"]["uri"]
    parts = urllib.parse.urlsplit(uri)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
    assert urllib.parse.unquote(parts.path) == path


def test_a_region_is_the_line_and_its_context_the_block() -> None:
    (place,) = result_of(PRIVILEGED)["locations"]
    assert place["physicalLocation"]["region"] == {"startLine": 14}
    assert place["physicalLocation"]["contextRegion"] == {"startLine": 14, "endLine": 16}
    assert place["logicalLocations"] == [
        {"fullyQualifiedName": "apps/Deployment//web", "kind": "resource"}
    ]


def test_a_context_is_more_than_the_line_and_a_file_no_resource() -> None:
    alone = replace(ALLOWED, location=Location("Dockerfile", 3, block=(3, 3)))
    (place,) = result_of(alone, review(result(alone)))["locations"]
    assert "contextRegion" not in place["physicalLocation"]
    assert "logicalLocations" not in place


def test_a_fingerprint_stays_when_lines_move() -> None:
    moved = replace(PRIVILEGED, location=replace(PRIVILEGED.location, line=99, block=None))
    prints = [
        result_of(each, review(result(each)))["partialFingerprints"] for each in (PRIVILEGED, moved)
    ]
    assert prints[0] == prints[1]
    other = replace(PRIVILEGED, detail="other")
    assert result_of(other, review(result(other)))["partialFingerprints"] != prints[0]


def test_what_was_let_pass_is_suppressed_and_says_by_whom() -> None:
    assert result_of(PRIVILEGED)["suppressions"] == []
    assert result_of(ALLOWED)["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "Allowed by @ann until 2027-01-31: the mirror <pins>",
        }
    ]
    assert result_of(WAITING)["suppressions"][0]["status"] == "underReview"
    said = result_of(ACKNOWLEDGED)["suppressions"][0]["justification"]
    assert said.startswith("Acknowledged by @cleo")


def test_what_lets_it_pass_in_the_file_is_told_from_a_comment() -> None:
    have = rich()
    stage = replace(have.results[1], written=(Written(ALLOWED.identity, "the mirror"),))
    here = replace(have, results=(have.results[0], stage, *have.results[2:]))
    assert result_of(ALLOWED, here)["suppressions"][0]["kind"] == "inSource"
    assert result_of(WAITING, here)["suppressions"][0]["kind"] == "external"


def test_a_removed_line_stands_where_head_has_one() -> None:
    gone, kept = result_of(ACKNOWLEDGED), result_of(SHRUNK)
    (place,) = gone["locations"]
    assert place["physicalLocation"]["artifactLocation"] == {
        "uri": "deploy/old.yaml", "uriBaseId": "%MERGEBASE%",
    }  # fmt: skip
    (place,) = kept["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
    assert place["physicalLocation"]["region"] == {"startLine": 11}
    (before,) = kept["relatedLocations"]
    assert before["physicalLocation"]["region"] == {"startLine": 12}
    assert before["physicalLocation"]["artifactLocation"]["uriBaseId"] == "%MERGEBASE%"
    (cause,) = result_of(CAUSED)["relatedLocations"]
    assert cause["physicalLocation"]["artifactLocation"]["uri"] == "values.yaml"


def test_a_proven_fix_replaces_whole_lines() -> None:
    (fix,) = result_of(PRIVILEGED)["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 14, "endLine": 15},
            "insertedContent": {"text": "  privileged: false\n  x: \t<&>"},
        }
    ]
    unsayable = replace(PRIVILEGED, suggestion=Suggestion(1, 1, "x: \udc80"))
    assert "fixes" not in result_of(unsayable, review(result(unsayable)))


def test_what_was_not_checked_is_an_error_of_the_run() -> None:
    (invocation,) = run_of(rich())["invocations"]
    assert invocation["executionSuccessful"] is False
    told = [
        (each["level"], each["message"]["text"])
        for each in invocation["toolExecutionNotifications"]
    ]
    assert told[:2] == [
        ("error", "tofu-plan could not check: backend init failed: <no credentials>"),
        (
            "warning",
            "checkov could not check (as before this change): too large to be judged: x.tf",
        ),
    ]
    assert [level for level, _ in told[2:]] == ["note"]
    (setting,) = invocation["toolConfigurationNotifications"]
    assert "`gat` is no key" in setting["message"]["text"]
    (clean,) = run_of(review(result()))["invocations"]
    assert clean["executionSuccessful"] is True
    assert clean["toolExecutionNotifications"] == []


def test_where_it_comes_from_is_said_where_it_is_known() -> None:
    (source,) = run_of(rich())["versionControlProvenance"]
    assert source["repositoryUri"] == "https://github.com/org/infra.git"
    assert source["revisionId"] == rich().change.head
    assert "versionControlProvenance" not in run_of(local(rich()))
    assert "file:///" not in sarif.render(sarif.Source(local(rich()), DIFF, ENTRIES, "0.1.0"))


def many(count: int, message: str = "x") -> Review:
    severities = (Severity.INFO, Severity.WARNING, Severity.BLOCKING)
    return review(
        result(
            *(
                finding(
                    "a-rule", f"f{n}.yaml", name=f"{n}", severity=severities[n % 3], message=message
                )
                for n in range(count)
            )
        )
    )


def test_no_more_results_than_github_takes_the_gravest_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert sarif.MOST_RESULTS == 25_000
    monkeypatch.setattr(sarif, "MOST_RESULTS", 100)
    run = run_of(many(160))
    assert len(run["results"]) == 100
    assert [each["level"] for each in run["results"]].count("error") == 53
    assert "note" not in {each["level"] for each in run["results"]}
    (cut,) = run["invocations"][0]["toolExecutionNotifications"]
    assert cut["message"]["text"].startswith("60 findings were left out")


def test_no_larger_than_github_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sarif.LARGEST < 10_000_000
    monkeypatch.setattr(sarif, "LARGEST", 4_000)
    text = sarif.render(sarif.Source(many(400), DIFF, ENTRIES, "0.1.0"))
    run = json.loads(text)["runs"][0]
    assert len(gzip.compress(text.encode())) <= 4_000
    assert 0 < len(run["results"]) < 400
    left = 400 - len(run["results"])
    (cut,) = run["invocations"][0]["toolExecutionNotifications"]
    assert cut["message"]["text"].startswith(f"{left} findings")


def test_a_pod_that_fails_has_its_guide() -> None:
    said = result_of(PRIVILEGED)
    assert "Pods would show CrashLoopBackOff." in said["message"]["text"]
    assert said["properties"]["guide"][0].startswith("kubectl -n shop get pods")
    assert "symptom" not in result_of(HINT)["properties"]


def test_a_hint_is_a_note() -> None:
    assert result_of(HINT)["level"] == "note"
