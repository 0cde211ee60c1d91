"""Logs tell what happened, and no secret."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from bot.log import HIDDEN, Redactor, set_up

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nq83vEjRWeJ\n-----END RSA PRIVATE KEY-----"


Read = Callable[[], str]


@pytest.fixture
def stderr(capsys: pytest.CaptureFixture[str]) -> Iterator[Read]:
    """What went to standard error; the logging of other tests is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield lambda: capsys.readouterr().err
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def lines(stderr: Read) -> list[dict[str, object]]:
    return [json.loads(line) for line in stderr().splitlines()]


def test_json_has_one_line_for_each_event(stderr: Read) -> None:
    set_up("json", [])
    structlog.get_logger("bot.app").info("webhook\nrefused", code=401, reason="unsigned")
    (line,) = lines(stderr)
    assert line.pop("timestamp")
    assert line == {
        "event": "webhook\nrefused",
        "code": 401,
        "reason": "unsigned",
        "level": "info",
        "logger": "bot.app",
    }


def test_text_is_for_people(stderr: Read) -> None:
    set_up("text", ["hunter2hunter2"])
    structlog.get_logger().warning("refused hunter2hunter2", code=401)
    said = stderr()
    assert "refused [hidden]" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("name", ["uvicorn.error", "celery.worker", "sqlalchemy.engine", "x.y"])
def test_libraries_go_the_same_way(stderr: Read, name: str) -> None:
    logging.getLogger(name.partition(".")[0]).addHandler(logging.NullHandler())
    logging.getLogger(name).setLevel(logging.NOTSET)  # another test's server may have hushed it
    set_up("json", ["hunter2hunter2"])
    logging.getLogger(name).warning("sent %s", "hunter2hunter2")
    (line,) = lines(stderr)
    assert (line["event"], line["logger"]) == (f"sent {HIDDEN}", name)


@pytest.mark.parametrize("form", ["json", "text"])
def test_tracebacks_hold_no_secret(stderr: Read, form: str) -> None:
    set_up(form, ["hunter2hunter2"])

    def fail() -> None:
        password = "hunter2hunter2"
        raise ValueError(f"cannot log in with {password}")

    for logger in (structlog.get_logger(), logging.getLogger("celery")):
        try:
            fail()
        except ValueError:
            logger.exception("failed")
    said = stderr()
    assert said.count("cannot log in with [hidden]") == 2
    assert "hunter2hunter2" not in said


SECRETS = [
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "ghs_16C7e42F292c6912E7710c838347Ae178B4a",
    "gho_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWX",
    "glpat-abcdefghij0123456789",
    "glptt-0123456789abcdef0123456789abcdef01234567",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxNyJ9.c2lnbmF0dXJl",
    "AKIAIOSFODNN7EXAMPLE",
    KEY,
]


@pytest.mark.parametrize("secret", SECRETS, ids=lambda one: str(one)[:8])
@pytest.mark.parametrize(
    "text", ["{}", "token={}", "a {} b", '{{"k": "{}"}}', "https://h/?t={}&x=1"]
)
def test_what_looks_like_a_secret_is_hidden(secret: str, text: str) -> None:
    shown = Redactor().text(text.format(secret))
    assert HIDDEN in shown
    assert secret[8:] not in shown


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("Authorization: Bearer abc.def", "Authorization: [hidden]"),
        ("authorization: Basic dXNlcjpwYXNz", "authorization: [hidden]"),
        ("'Authorization': 'token abcdef', 'x': 1", "'Authorization': '[hidden]', 'x': 1"),
        ("X-Hub-Signature-256: sha256=00ff", "X-Hub-Signature-256: [hidden]"),
        ("PRIVATE-TOKEN: abc", "PRIVATE-TOKEN: [hidden]"),
        ("clone https://x-access-token:abc@h/o/r.git", "clone https://[hidden]@h/o/r.git"),
        ("redis://:pw@broker:6379/0", "redis://[hidden]@broker:6379/0"),
        ("postgresql+psycopg://u:p@db/x", "postgresql+psycopg://[hidden]@db/x"),
        ("https://h/o/r/pull/3", "https://h/o/r/pull/3"),
        ("mail ada@example.org", "mail ada@example.org"),
        ("0a1b2c3d4e5f60718293a4b5c6d7e8f901234567", "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"),
    ],
)
def test_headers_and_addresses(text: str, want: str) -> None:
    assert Redactor().text(text) == want


def test_known_values_are_hidden_wherever_they_stand() -> None:
    redact = Redactor(["hunter2hunter2", KEY, "abc"])
    event = {
        "event": "hunter2hunter2",
        "list": ["x hunter2hunter2", {"deep": b"hunter2hunter2"}],
        "error": ValueError("q83vEjRWeJ"),
        "token": "anything",
        "headers": {"Authorization": "x", "Accept": "json"},
        "count": 3,
        "none": None,
        "word": "abcdef",
    }
    assert redact(None, "info", event) == {
        "event": HIDDEN,
        "list": ["x [hidden]", {"deep": HIDDEN}],
        "error": HIDDEN,
        "token": HIDDEN,
        "headers": {"Authorization": HIDDEN, "Accept": "json"},
        "count": 3,
        "none": None,
        "word": "abcdef",
    }


def test_a_line_of_a_megabyte_is_cut() -> None:
    assert len(Redactor().text("x" * 1_000_000)) < 21_000
