"""Each refusal of GitLab in the words of bot.forges.base."""

import json
from typing import Any

import pytest
import requests
import urllib3
from gitlab.exceptions import GitlabHttpError, GitlabParsingError

from bot.forges.base import Denied, ForgeError, Gone, Refused, Unsure
from bot.forges.gitlab.errors import Conflict, Forbidden, Unchanged, translated


def meaning(code: int | None, said: Any = "") -> ForgeError:
    body = json.dumps({"message": said}).encode()
    with pytest.raises(ForgeError) as raised, translated("GET /here"):
        raise GitlabHttpError("words", code, body)
    return raised.value


@pytest.mark.parametrize(
    ("code", "said", "want"),
    [
        (301, "", Denied),
        (304, "", Unchanged),
        (400, "Note {:line_code=>...}", Refused),
        (401, "401 Unauthorized", Denied),
        (403, "403 Forbidden", Forbidden),
        (404, "404 Project Not Found", Gone),
        (405, "405 Method Not Allowed", Refused),
        (408, "", Unsure),
        (409, "409 Conflict", Conflict),
        (410, "", Gone),
        (422, "", Refused),
        (500, "500 Internal Server Error", Unsure),
        (502, "", Unsure),
        (None, "", Unsure),
    ],
)
def test_by_status(code: int | None, said: str, want: type[ForgeError]) -> None:
    error = meaning(code, said)
    assert type(error) is want
    assert str(error).startswith(f"GET /here: {code} {said}".rstrip())


@pytest.mark.parametrize(
    ("said", "shown"),
    [(["a", "b"], '["a", "b"]'), ({"name": ["is too long"]}, "is too long"), (7, "7")],
)
def test_what_is_no_text_is_shown_all_the_same(said: Any, shown: str) -> None:
    assert shown in str(meaning(400, said))


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"7", b"", None])
def test_an_answer_without_words(body: bytes | None) -> None:
    with pytest.raises(Refused), translated("GET /here"):
        raise GitlabHttpError("words", 400, body)


def test_a_missing_scope_is_named() -> None:
    body = b'{"error": "insufficient_scope", "scope": "api"}'
    with pytest.raises(Denied, match="scope api") as raised, translated("GET /here"):
        raise GitlabHttpError("words", 403, body)
    assert type(raised.value) is Denied


@pytest.mark.parametrize(
    "cause",
    [
        requests.ConnectionError(),
        requests.Timeout(),
        urllib3.exceptions.ProtocolError(),
        TimeoutError(),
        ConnectionResetError(),
        GitlabParsingError("half a JSON"),
        ValueError("half a JSON"),
        KeyError("data"),
    ],
)
def test_no_clear_answer_is_unsure(cause: Exception) -> None:
    with pytest.raises(Unsure), translated("POST /here"):
        raise cause


def test_messages_are_cut() -> None:
    assert len(str(meaning(422, "x" * 100_000))) < 600
