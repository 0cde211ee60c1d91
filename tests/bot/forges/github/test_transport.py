"""Requests on the wire: what is tried again, what is not, how long, and what is never logged."""

import logging
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.change import Change
from bot.forges import wire
from bot.forges.base import Limited, Unsure
from bot.forges.github import GitHub, transport
from bot.forges.github.credentials import Person
from tests.bot.forges.github.conftest import Connect, id_of
from tests.bot.forges.tls import Tls, tls
from tests.fakes.github import AppKey, FakeGitHub, PullRequest

__all__ = ["tls"]


def test_reads_are_tried_again_for_a_moment(
    github: FakeGitHub, as_app: Connect, pull: PullRequest
) -> None:
    fault = github.faults.add("GET */pulls/1", times=2)
    assert as_app().change(id_of(pull))
    assert fault.hits == 2


def test_then_it_is_unsure(github: FakeGitHub, as_app: Connect, pull: PullRequest) -> None:
    fault = github.faults.add("GET */pulls/1", times=None)
    with pytest.raises(Unsure, match="502"):
        as_app().change(id_of(pull))
    assert fault.hits == 3


def test_writes_are_never_tried_again(
    github: FakeGitHub, as_app: Connect, pull: PullRequest
) -> None:
    forge = as_app()
    conversation = forge.conversation(forge.change(id_of(pull)))
    for what in ({"status": 502}, {"status": 503}, {"what": "drop"}, {"status": 500}):
        fault = github.faults.add("POST */comments", **what)
        with pytest.raises(Unsure):
            conversation.answer("Once")
        assert fault.hits == 1
    assert pull.comments == []


def test_a_limit_is_raised_and_not_slept(
    github: FakeGitHub, as_app: Connect, app: AppKey, pull: PullRequest
) -> None:
    forge = as_app()
    conversation = forge.conversation(forge.change(id_of(pull)))
    github.limits.writes_a_minute = 0
    began = time.monotonic()
    with pytest.raises(Limited):
        conversation.answer("Too much")
    github.limits.exhaust(f"installation {app.installation.id}", 600)
    with pytest.raises(Limited) as raised:
        conversation.own()
    assert time.monotonic() - began < 5
    assert (raised.value.until.timestamp() - time.time()) > 500


def test_an_answer_that_drips_ends(
    github: FakeGitHub, as_app: Connect, pull: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "WHOLE", 0.3)
    github.faults.add("GET */pulls/1", what="slow", seconds=0.02, times=None)
    began = time.monotonic()
    with pytest.raises(Unsure, match="Timeout"):
        as_app().change(id_of(pull))
    assert time.monotonic() - began < 10


def test_an_answer_that_hangs_ends(
    github: FakeGitHub, as_app: Connect, pull: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge = as_app()
    conversation = forge.conversation(forge.change(id_of(pull)))
    monkeypatch.setattr(wire, "READ", 0.2)
    github.faults.add("POST */comments", what="hang", after=True, seconds=1)
    with pytest.raises(Unsure, match="Timeout"):
        conversation.answer("Once")
    assert [comment.body for comment in pull.comments] == ["Once"]


def test_an_answer_that_is_no_json(
    github: FakeGitHub, as_app: Connect, pull: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge = as_app()
    change = forge.change(id_of(pull))
    for text in ("<html>Login</html>", '{"half":', "[]", "null", ""):
        monkeypatch.setattr(transport._Answer, "read", lambda _self, text=text: text)
        with pytest.raises(Unsure):
            forge.change(change.id)


def test_an_answer_that_is_too_large(
    github: FakeGitHub, as_app: Connect, pull: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "_MOST", 1000)
    with pytest.raises(Unsure):
        as_app().change(id_of(pull))


def test_connections_are_kept(
    github: FakeGitHub, forge: GitHub, change: Change, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "urllib3"):
        for _ in range(5):
            forge.change(change.id)
    opened = [one for one in caplog.messages if one.startswith("Starting new")]
    assert len(opened) == 0


def test_no_secret_is_logged(
    github: FakeGitHub, as_app: Connect, pull: PullRequest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    forge = as_app()
    change = forge.change(id_of(pull))
    conversation = forge.conversation(change)
    conversation.answer("Words")
    github.expire_tokens()
    conversation.own()
    for token in github.server.state.tokens:
        assert token not in caplog.text
    assert "eyJ" not in caplog.text


def test_a_netrc_is_not_read(
    as_app: Connect, pull: PullRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert as_app().change(id_of(pull))


def test_a_proxy_is_used(
    as_app: Connect, pull: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with pytest.raises(Unsure, match="ProxyError"):
        as_app().change(id_of(pull))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert as_app().change(id_of(pull))


def test_the_words_of_a_forge_cost_no_pygithub() -> None:
    text = "import bot.forges.base, bot.marks, bot.commands, sys; print('github' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "False"


def test_the_operators_certificates_count(tls: Tls) -> None:
    assert Person(tls.url, str(tls.bundle), "token", ()).me().login == "redline"
    with pytest.raises(Unsure, match="SSLError"):
        Person(tls.url, True, "token", ()).me()
