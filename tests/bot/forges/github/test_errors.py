"""Each refusal of GitHub in the words of bot.forges.base."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
import urllib3
from github.GithubException import GithubException

from bot.forges.base import Denied, ForgeError, Gone, Limited, Refused, Unsure
from bot.forges.github.errors import Expired, Forbidden, translated

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try."


def meaning(
    status: int, message: str = "", headers: dict[str, str] | None = None, **more: Any
) -> ForgeError:
    with pytest.raises(ForgeError) as raised, translated("GET /here"):
        raise GithubException(status, {"message": message, **more}, headers or {})
    return raised.value


@pytest.mark.parametrize(
    ("status", "message", "want"),
    [
        (400, "Problems parsing JSON", Refused),
        (401, "Bad credentials", Expired),
        (403, "Resource not accessible by integration", Forbidden),
        (403, "Unable to create comment because issue is locked.", Refused),
        (404, "Not Found", Gone),
        (409, "Conflict", Refused),
        (410, "Gone", Gone),
        (422, "Validation Failed", Refused),
        (451, "Repository access blocked", Gone),
        (500, "Server Error", Unsure),
        (502, "Bad Gateway", Unsure),
    ],
)
def test_by_status(status: int, message: str, want: type[ForgeError]) -> None:
    error = meaning(status, message)
    assert type(error) is want
    assert str(error) == f"GET /here: {status} {message}"


@pytest.mark.parametrize(
    ("kind", "want"),
    [("NOT_FOUND", Gone), ("FORBIDDEN", Denied), ("INTERNAL", Unsure), ("UNPROCESSABLE", Refused)],
)
def test_graphql(kind: str, want: type[ForgeError]) -> None:
    assert type(meaning(400, errors=[{"type": kind, "message": "no"}])) is want


def test_graphql_that_broke_says_so_in_words_only() -> None:
    broke = {"message": "Something went wrong while executing your query."}
    assert type(meaning(400, errors=[broke])) is Unsure


def seconds(error: ForgeError) -> float:
    assert isinstance(error, Limited)
    return (error.until - datetime.now(UTC)).total_seconds()


def test_limits_are_waited_for_as_told() -> None:
    soon = str(int((datetime.now(UTC) + timedelta(seconds=90)).timestamp()))
    spent = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": soon}
    assert 25 < seconds(meaning(403, SECONDARY, {"retry-after": "30"})) <= 30
    assert 55 < seconds(meaning(403, SECONDARY)) <= 60
    assert 85 < seconds(meaning(403, "API rate limit exceeded for user", spent)) <= 92
    assert 85 < seconds(meaning(429, "", spent)) <= 92
    assert 25 < seconds(meaning(503, "", {"retry-after": "30"})) <= 30
    assert 55 < seconds(meaning(200, errors=[{"type": "RATE_LIMITED"}])) <= 60


def test_a_limit_ends_by_the_forges_clock() -> None:
    there = datetime.now(UTC) + timedelta(minutes=5)
    headers = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(there.timestamp()) + 90),
        "date": format_datetime(there, usegmt=True),
    }
    assert 85 < seconds(meaning(403, "API rate limit exceeded", headers)) <= 92


@pytest.mark.parametrize("after", ["-5", "nan", "inf", "never", ""])
def test_a_senseless_wait_is_bounded(after: str) -> None:
    assert 0 < seconds(meaning(403, SECONDARY, {"retry-after": after})) <= 60


def test_a_missing_permission_is_named() -> None:
    error = meaning(403, "no", {"X-Accepted-GitHub-Permissions": "checks=write"})
    assert "checks=write" in str(error)


@pytest.mark.parametrize(
    "cause",
    [
        requests.ConnectionError(),
        requests.Timeout(),
        requests.TooManyRedirects(),
        urllib3.exceptions.ProtocolError(),
        urllib3.exceptions.IncompleteRead(1, 2),
        TimeoutError(),
        ConnectionResetError(),
        ValueError("half a JSON"),
        KeyError("data"),
        RuntimeError("redirected"),
    ],
)
def test_no_clear_answer_is_unsure(cause: Exception) -> None:
    with pytest.raises(Unsure), translated("POST /here"):
        raise cause


def test_messages_are_cut() -> None:
    assert len(str(meaning(422, "x" * 100_000))) < 600
