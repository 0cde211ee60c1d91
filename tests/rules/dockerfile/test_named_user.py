"""named-user: whose name counts, and where."""

import pytest

from rules.dockerfile.named_user import named_user
from rules.finding import Finding, Severity, Suggestion
from rules.rule import judge
from rules.subjects.dockerfile import parse


def found(text: str) -> list[Finding]:
    return judge([named_user], [parse(text, "app/Dockerfile")])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("FROM a:1\nUSER app", 2),
        ("FROM a:1\nuser app:app", 2),
        ("FROM a:1\nUSER app:1000", 2),
        ('FROM a:1\nUSER "app"', 2),
        ("FROM a:1\nUSER 1000\nUSER app", 3),
        ("FROM a:1\nUSER app\nONBUILD USER 1000", 2),
        ("FROM a:1\nARG U=app\nUSER $U", 3),
        ("FROM a:1\nENV U=app\nUSER ${U}:${U}", 3),
        ("FROM a:1\nUSER ${U:-app}", 2),
        ("ARG U=app\nFROM a:1\nARG U\nUSER $U", 4),
        ("FROM a:1\nENV A=1000\nENV A=app B=$A\nUSER $A", 4),
        ("FROM a:1 AS base\nUSER app\nFROM base", 2),
        ("FROM a:1 AS base\nENV U=app\nFROM base AS mid\nFROM mid\nUSER $U", 5),
        ("FROM a:1\nRUN <<EOF\nUSER 1000\nEOF\nUSER app", 5),
        ("FROM a:1\nUSER \\\n  # who\n  app", 2),
        ("FROM scratch\nENV U=\nUSER ${U:-app}", 3),
        ("FROM a:1\nUSER 1000x", 2),
    ],
)
def test_a_name(text: str, line: int) -> None:
    (one,) = found(text)
    assert one.location.line == line
    assert one.severity is Severity.WARNING


@pytest.mark.parametrize(
    "text",
    [
        "FROM a:1",
        "FROM a:1\nUSER 1000",
        "FROM a:1\nUSER 1000:app",
        'FROM a:1\nUSER "1000:1000"',
        "FROM a:1\nUSER root",
        "FROM a:1\nUSER root:root",
        "FROM a:1\nUSER 0",
        "FROM a:1\nUSER app\nUSER 1000",
        "FROM a:1\nUSER app\nUSER root",
        "FROM a:1 AS build\nUSER app\nFROM b:1",
        "FROM a:1 AS base\nUSER app\nFROM base\nUSER 1000",
        "FROM a:1\nARG U=1000\nUSER $U",
        "FROM a:1\nARG U\nUSER $U",
        "FROM a:1\nUSER $U",
        "ARG U=app\nFROM a:1\nUSER $U",  # not in the stage's scope
        "FROM scratch\nUSER $U",
        "FROM a:1\nUSER ${U:?}",
        "FROM a:1\nENV A=app\nENV A=1000 B=$A\nUSER $A",
        "FROM mcr.microsoft.com/windows/servercore:ltsc2022\nUSER app",
        "# escape=`\nFROM a:1\nUSER ContainerUser",
        "FROM a:1\nUSER ContainerAdministrator",
        "FROM a:1\nONBUILD USER app",
        "FROM a:1 AS base\nUSER app\nFROM ${BASE}",
    ],
)
def test_no_name(text: str) -> None:
    assert found(text) == []


def test_its_number_is_suggested_where_the_file_gives_it() -> None:
    (one,) = found("FROM a:1\nRUN groupadd g && useradd --uid 10001 -g g app\nUSER app\n")
    assert one.suggestion == Suggestion(3, 3, "USER 10001")
    assert "USER 10001" in one.fix


@pytest.mark.parametrize(
    "text",
    [
        "FROM a:1\nRUN useradd -u 10001 other\nUSER app",
        "FROM a:1\nRUN useradd app\nUSER app",
        "FROM a:1\nRUN useradd -u $UID app\nUSER app",
    ],
)
def test_nothing_is_suggested_that_the_file_does_not_say(text: str) -> None:
    (one,) = found(text)
    assert one.suggestion is None


def test_a_group_is_kept_out_of_the_suggestion() -> None:
    (one,) = found("FROM a:1\nRUN adduser -D -u 10001 app\nUSER app:app\n")
    assert one.suggestion is None
    assert "USER 10001" in one.fix


def test_its_detail_is_the_stage_and_the_name() -> None:
    (one,) = found("FROM python:3.12 AS final\nUSER app")
    assert one.detail == "final USER app"
    (other,) = found("FROM python:3.12\nUSER app")
    assert other.detail == "python USER app"
