"""Every open merge request is found, whatever one project does; lost webhooks are asked for."""

from typing import Any

import pytest

from bot.change import ChangeId, Seen
from bot.forges.base import Limited, Unsure
from bot.forges.gitlab import GitLab
from bot.forges.gitlab.client import Client
from tests.bot.forges.gitlab.conftest import Connect, id_of
from tests.fakes.gitlab import FakeGitLab, MergeRequest, Repo


def found(forge: GitLab) -> list[ChangeId]:
    return [seen.id for seen in forge.open_changes()]


def another(gitlab: FakeGitLab, name: str, **further: Any) -> MergeRequest:
    roles = {"redline": "developer"}
    repo = gitlab.repository(
        name, {"a": "b"}, **{"visibility": "private", "roles": roles, **further}
    )
    repo.push("x", {"a": "c"})
    return repo.open_merge_request("x")


def test_open_ones_only(forge: GitLab, request_: MergeRequest, repo: Repo) -> None:
    closed = repo.open_merge_request("break")
    draft = repo.open_merge_request("break", draft=True)
    closed.close()
    assert set(forge.open_changes()) == {
        Seen(id_of(request_), request_.head),
        Seen(id_of(draft), draft.head),
    }


def test_more_than_a_page(forge: GitLab, repo: Repo) -> None:
    requests = [repo.open_merge_request("break") for _ in range(130)]
    assert {change.number for change in found(forge)} == {one.number for one in requests}


def test_the_newest_activity_comes_first(forge: GitLab, repo: Repo, gitlab: FakeGitLab) -> None:
    first, second = repo.open_merge_request("break"), repo.open_merge_request("break")
    gitlab.clock.skew += 5
    first.title("Another")
    assert [change.number for change in found(forge)] == [first.number, second.number]


def test_patterns_choose(gitlab: FakeGitLab, as_bot: Connect, request_: MergeRequest) -> None:
    other = another(gitlab, "group/other")
    foreign = another(gitlab, "elsewhere/infra")
    public = another(gitlab, "open/source", visibility="public", roles={})
    assert set(found(as_bot())) == {id_of(request_), id_of(other)}
    assert found(as_bot(repositories=("group/sub/infra",))) == [id_of(request_)]
    assert found(as_bot(repositories=("group/*",))) == [id_of(other)]
    assert found(as_bot(repositories=("open/source",))) == [id_of(public)]
    assert found(as_bot(repositories=("open/*",))) == []
    some = as_bot(repositories=("**/infra", "group/sub/infra", "group/not-there"))
    assert sorted(found(some), key=str) == sorted([id_of(request_), id_of(foreign)], key=str)


def test_archived_projects_are_left_out(
    forge: GitLab, request_: MergeRequest, repo: Repo, as_bot: Connect
) -> None:
    repo.archive()
    assert found(forge) == []
    assert found(as_bot(repositories=("group/sub/infra",))) == []


def test_where_we_may_not_look_is_nothing(
    forge: GitLab, request_: MergeRequest, repo: Repo
) -> None:
    repo.allow("redline", "guest")
    assert found(forge) == []


def test_one_project_that_fails_does_not_hide_the_others(
    gitlab: FakeGitLab, forge: GitLab, request_: MergeRequest
) -> None:
    others = [another(gitlab, f"group/other-{n}") for n in range(2)]
    project = request_.state.project.id
    gitlab.faults.add(f"GET */projects/{project}/merge_requests", times=None)
    seen: list[ChangeId] = []
    with pytest.raises(Unsure):
        seen.extend(one.id for one in forge.open_changes())
    assert set(seen) == {id_of(other) for other in others}


def test_what_has_not_changed_is_not_sent_again(
    gitlab: FakeGitLab, forge: GitLab, request_: MergeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, asked = Client.send, []

    def with_etag(self: Client, verb: str, path: str, **further: Any) -> Any:
        headers, data = send(self, verb, path, **further)
        asked.append((further.get("headers") or {}).get("If-None-Match", ""))
        return {**headers, "etag": 'W/"1"'}, data

    monkeypatch.setattr(Client, "send", with_etag)
    assert found(forge) == [id_of(request_)]
    gitlab.faults.add("GET */merge_requests", status=304)
    assert found(forge) == [id_of(request_)]
    assert found(forge) == [id_of(request_)]
    assert asked.count('W/"1"') == 1


def test_a_limit_ends_the_walk(gitlab: FakeGitLab, forge: GitLab, request_: MergeRequest) -> None:
    gitlab.limits.exhaust("user redline", 600)
    with pytest.raises(Limited):
        found(forge)


@pytest.fixture
def maintained(repo: Repo) -> Repo:
    repo.allow("redline", "maintainer")
    return repo


def test_lost_webhooks_are_asked_for_again(
    forge: GitLab, maintained: Repo, gitlab: FakeGitLab
) -> None:
    gitlab.deliver_to("http://127.0.0.1:9/webhooks/gitlab", "token")
    maintained.open_merge_request("break")
    gitlab.hooks.settle()
    found(forge)
    assert forge.send_again() == 1
    gitlab.hooks.settle()
    opened = [one for one in gitlab.hooks.log if one.event == "merge_request"]
    assert len(opened) == 2
    assert len({one.request["Idempotency-Key"] for one in opened}) == 1


def test_they_are_not_asked_for_for_ever(
    forge: GitLab, maintained: Repo, gitlab: FakeGitLab
) -> None:
    gitlab.deliver_to("http://127.0.0.1:9/webhooks/gitlab", "token")
    maintained.open_merge_request("break")
    found(forge)
    asked = []
    for _ in range(8):
        gitlab.hooks.settle()
        gitlab.clock.skew += 61
        asked.append(forge.send_again())
    assert (sum(asked), asked[-1]) == (5, 0)


def test_a_hook_that_gitlab_has_disabled_is_named(
    forge: GitLab, maintained: Repo, gitlab: FakeGitLab, capsys: pytest.CaptureFixture[str]
) -> None:
    gitlab.deliver_to("http://127.0.0.1:9/webhooks/gitlab", "token")
    for _ in range(5):
        maintained.open_merge_request("break")
        gitlab.hooks.settle()
    found(forge)
    forge.send_again()
    assert "GitLab has disabled our webhook" in capsys.readouterr().out


def test_a_hook_of_others_is_left_alone(
    forge: GitLab, maintained: Repo, gitlab: FakeGitLab
) -> None:
    gitlab.deliver_to("http://127.0.0.1:9/elsewhere", "token")
    maintained.open_merge_request("break")
    gitlab.hooks.settle()
    found(forge)
    assert forge.send_again() == 0


def test_without_the_right_nothing_is_asked_for(
    forge: GitLab, request_: MergeRequest, gitlab: FakeGitLab
) -> None:
    gitlab.deliver_to("http://127.0.0.1:9/webhooks/gitlab", "token")
    request_.close()
    gitlab.hooks.settle()
    found(forge)
    assert forge.send_again() == 0
