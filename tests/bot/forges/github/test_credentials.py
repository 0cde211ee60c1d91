"""The least permissions, tokens that end, clocks that differ."""

import base64
import os
import subprocess
import time
from types import SimpleNamespace
from typing import Any

import pytest

from bot.forges.base import Denied, Gone, Unsure
from bot.forges.github import GitHub, answers
from bot.forges.github.credentials import Me
from tests.bot.forges.github.conftest import Connect, both, id_of
from tests.fakes.github import AppKey, FakeGitHub, PullRequest, Repo

USED = {"checks": "write", "pull_requests": "write", "issues": "read"}
READ = {"contents": "read", "metadata": "read"}


def granted(github: FakeGitHub) -> list[dict[str, str]]:
    return [
        token.permissions for token in github.server.state.tokens.values() if token.installation
    ]


def test_tokens_may_the_least(github: FakeGitHub, as_app: Connect, pull: PullRequest) -> None:
    forge = as_app()
    change = forge.change(id_of(pull))
    forge.token(change)
    assert granted(github) == [{**USED, **READ}, READ]


def test_threads_can_be_resolved_where_operators_grant_it(
    github: FakeGitHub, as_app: Connect, app: AppKey, pull: PullRequest
) -> None:
    app.grant(contents="write", administration="write", issues="write")
    as_app().change(id_of(pull))
    assert granted(github) == [{**USED, "contents": "write", "metadata": "read"}]


@pytest.mark.parametrize("name", ["checks", "contents", "pull_requests"])
def test_what_is_missing_is_named(
    as_app: Connect, app: AppKey, pull: PullRequest, name: str
) -> None:
    app.grant(**{name: None})
    with pytest.raises(Denied, match=name):
        as_app().change(id_of(pull))


def test_permissions_that_change_are_found_again(
    github: FakeGitHub, as_app: Connect, app: AppKey, pull: PullRequest
) -> None:
    forge = as_app()
    app.grant(contents="write")
    forge.change(id_of(pull))
    app.grant(contents="read")
    github.expire_tokens()
    with pytest.raises(Exception, match="not granted"):
        forge.change(id_of(pull))
    assert forge.change(id_of(pull)).head == pull.head


def ls_remote(change: Any, token: str) -> int:
    """Git's exit status for reading the repository with this token."""
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
    }
    done = subprocess.run(
        ["git", "ls-remote", "--", change.clone_url],
        env=environment,
        capture_output=True,
        check=False,
    )
    return done.returncode


@both
def test_git_reads_with_the_token_and_no_other_repository(
    github: FakeGitHub, forge: GitHub, pull: PullRequest, repo: Repo
) -> None:
    change = forge.change(id_of(pull))
    token = forge.token(change)
    assert token == forge.token(change)
    assert ls_remote(change, token) == 0
    assert ls_remote(change, "wrong") != 0
    if change.installation == "redline":
        return
    other = github.repository("org/other", {"a": "b"}, private=True)
    other.push("x", {"a": "c"})
    assert ls_remote(forge.change(id_of(other.open_pull("x"))), token) != 0


def test_one_refresh_after_a_401(github: FakeGitHub, as_app: Connect, pull: PullRequest) -> None:
    forge = as_app()
    change = forge.change(id_of(pull))
    github.expire_tokens()
    assert forge.conversation(change).own() == []
    made = github.counters["apps/create-installation-access-token"]
    assert made == 2


def test_after_one_refresh_a_reason(github: FakeGitHub, as_app: Connect, pull: PullRequest) -> None:
    forge = as_app()
    forge.change(id_of(pull))
    github.faults.add("GET */pulls/1", status=401, message="Bad credentials", times=None)
    with pytest.raises(Denied, match="401 Bad credentials"):
        forge.change(id_of(pull))
    assert github.counters["apps/create-installation-access-token"] == 2


def test_a_write_is_done_once_after_a_401(
    github: FakeGitHub, as_app: Connect, pull: PullRequest
) -> None:
    forge = as_app()
    conversation = forge.conversation(forge.change(id_of(pull)))
    github.expire_tokens()
    conversation.answer("Said once")
    assert [comment.body for comment in pull.comments] == ["Said once"]


def test_tokens_are_renewed_before_they_end(
    github: FakeGitHub, as_app: Connect, pull: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge = as_app()
    change = forge.change(id_of(pull))
    first, began = forge.token(change), time.monotonic()
    for minutes, same in ((49, True), (51, False)):
        clock = SimpleNamespace(monotonic=lambda at=began + minutes * 60: at, time=time.time)
        monkeypatch.setattr("bot.forges.github.credentials.time", clock)
        assert (forge.token(change) == first) is same


@pytest.mark.parametrize("skew", [-400, -290, 290, 3600])
def test_clocks_may_differ(
    github: FakeGitHub, as_app: Connect, pull: PullRequest, skew: int
) -> None:
    github.clock.skew = skew
    forge = as_app()
    assert forge.token(forge.change(id_of(pull)))


def test_an_app_that_is_installed_anew(
    github: FakeGitHub, as_app: Connect, app: AppKey, pull: PullRequest
) -> None:
    forge = as_app()
    forge.change(id_of(pull))
    installations = github.server.state.installations
    old = installations.pop(app.installation.id)
    github.expire_tokens()
    with pytest.raises(Gone):
        forge.change(id_of(pull))
    again = type(old)(app.installation.id + 1000, old.app, old.account, old.permissions, None)
    installations[again.id] = again
    assert forge.change(id_of(pull)).installation == str(again.id)


def test_a_bad_plain_token(as_person: Connect, pull: PullRequest) -> None:
    with pytest.raises(Denied, match="401"):
        as_person(github_token="nonsense").change(id_of(pull))


def test_connecting_asks_nothing(github: FakeGitHub, as_app: Connect, as_person: Connect) -> None:
    as_app()
    as_person()
    assert github.counters.total() == 0


def test_a_forge_that_is_not_there(github: FakeGitHub, as_app: Connect, pull: PullRequest) -> None:
    with pytest.raises(Unsure, match="ConnectionError"):
        as_app(github_url="http://127.0.0.1:1").change(id_of(pull))


@pytest.mark.parametrize(
    ("me", "login", "kind", "ours"),
    [
        ("redline[bot]", "redline", "Bot", True),
        ("redline[bot]", "redline[bot]", "User", True),
        ("redline[bot]", "redline", "User", False),
        ("redline[bot]", "redline", "Mannequin", False),
        ("redline", "redline", "User", True),
        ("redline", "redline[bot]", "Bot", False),
        ("redline", "Redline", "User", False),
    ],
)
def test_who_is_us(me: str, login: str, kind: str, ours: bool) -> None:
    assert Me(me).is_author(answers.Author(login, kind)) is ours
    assert not Me(me).is_author(None)
