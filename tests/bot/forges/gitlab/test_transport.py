"""Requests on the wire: what is tried again, what is not, how long, and what is never logged."""

import logging
import os
import time

import pytest

from bot.change import Change
from bot.forges import wire
from bot.forges.base import Denied, Limited, Unsure
from bot.forges.gitlab import GitLab
from bot.forges.gitlab.client import Client
from tests.bot.forges.gitlab.conftest import Connect, id_of
from tests.bot.forges.tls import Tls, tls
from tests.fakes.gitlab import FakeGitLab, MergeRequest

__all__ = ["tls"]


def test_reads_are_tried_again_for_a_moment(
    gitlab: FakeGitLab, forge: GitLab, request_: MergeRequest
) -> None:
    fault = gitlab.faults.add("GET */merge_requests/1", times=2)
    assert forge.change(id_of(request_))
    assert fault.hits == 2


def test_then_it_is_unsure(gitlab: FakeGitLab, forge: GitLab, request_: MergeRequest) -> None:
    fault = gitlab.faults.add("GET */merge_requests/1", times=None)
    with pytest.raises(Unsure, match="502"):
        forge.change(id_of(request_))
    assert fault.hits == 3


def test_writes_are_never_tried_again(
    gitlab: FakeGitLab, forge: GitLab, change: Change, request_: MergeRequest
) -> None:
    conversation = forge.conversation(change)
    for what in ({"status": 502}, {"status": 503}, {"what": "drop"}, {"status": 500}):
        fault = gitlab.faults.add("POST */notes", **what)
        with pytest.raises(Unsure):
            conversation.answer("Once")
        assert fault.hits == 1
    assert request_.notes == []


def test_a_limit_is_raised_and_not_slept(gitlab: FakeGitLab, forge: GitLab, change: Change) -> None:
    conversation = forge.conversation(change)
    began = time.monotonic()
    gitlab.limits.notes_a_minute = 0
    with pytest.raises(Limited) as raised:
        conversation.answer("Too much")
    assert 0 < raised.value.until.timestamp() - time.time() <= 62
    gitlab.limits.exhaust("user redline", 600)
    with pytest.raises(Limited) as raised:
        conversation.own()
    assert 500 < raised.value.until.timestamp() - time.time() <= 601
    assert time.monotonic() - began < 5


def test_an_answer_that_drips_ends(
    gitlab: FakeGitLab, forge: GitLab, request_: MergeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "WHOLE", 0.3)
    gitlab.faults.add("GET */merge_requests/1", what="slow", seconds=0.02, times=None)
    began = time.monotonic()
    with pytest.raises(Unsure, match="Timeout"):
        forge.change(id_of(request_))
    assert time.monotonic() - began < 10


def test_an_answer_that_hangs_ends(
    gitlab: FakeGitLab,
    forge: GitLab,
    change: Change,
    request_: MergeRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    conversation = forge.conversation(change)
    monkeypatch.setattr(wire, "READ", 0.2)
    gitlab.faults.add("POST */notes", what="hang", after=True, seconds=1)
    with pytest.raises(Unsure, match="Timeout"):
        conversation.answer("Once")
    assert [note.body for note in request_.notes] == ["Once"]


@pytest.mark.parametrize("text", [b"<html>Login</html>", b'{"half":', b"[]", b"null", b""])
def test_an_answer_that_is_no_json(
    forge: GitLab, change: Change, monkeypatch: pytest.MonkeyPatch, text: bytes
) -> None:
    monkeypatch.setattr(wire, "body", lambda _answer, _ends: text)
    with pytest.raises(Unsure):
        forge.change(change.id)


def test_an_answer_that_is_too_large(
    forge: GitLab, request_: MergeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "_MOST", 1000)
    with pytest.raises(Unsure):
        forge.change(id_of(request_))


def test_a_redirect_does_not_take_our_token_along(
    gitlab: FakeGitLab, forge: GitLab, change: Change
) -> None:
    fault = gitlab.faults.add("GET */merge_requests/1", status=302, times=None)
    with pytest.raises(Denied, match="REDLINE_GITLAB_URL"):
        forge.change(change.id)
    assert fault.hits == 1


def test_connections_are_kept(
    forge: GitLab, change: Change, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "urllib3"):
        for _ in range(5):
            forge.change(change.id)
    assert not [one for one in caplog.messages if one.startswith("Starting new")]


def test_a_fork_has_connections_of_its_own(
    gitlab: FakeGitLab, forge: GitLab, change: Change
) -> None:
    child = os.fork()
    if not child:
        os._exit(0 if wire.session(os.getpid()) is not wire.session(os.getppid()) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_no_secret_is_logged(
    gitlab: FakeGitLab, forge: GitLab, change: Change, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    conversation = forge.conversation(change)
    conversation.answer("Words")
    gitlab.revoke_tokens("redline")
    with pytest.raises(Denied) as raised:
        conversation.own()
    for token in gitlab.server.state.tokens:
        assert token not in caplog.text
        assert token not in str(raised.value)


def test_a_proxy_is_used(
    forge: GitLab, request_: MergeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with pytest.raises(Unsure, match="ProxyError"):
        forge.change(id_of(request_))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert forge.change(id_of(request_))


def test_a_ca_of_ones_own(tls: Tls, as_bot: Connect) -> None:
    client = Client(tls.url, str(tls.bundle), "token")
    assert client.get("/user", dict)["login"] == "redline"
    with pytest.raises(Unsure, match="SSLError"):
        Client(tls.url, True, "token").get("/user", dict)
