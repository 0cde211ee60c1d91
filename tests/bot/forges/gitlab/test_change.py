"""A change as GitLab shows it now, and all the ways in which it is gone."""

from dataclasses import replace

import pytest

from bot.change import Change, ChangeId, ForgeName, Kind
from bot.forges.base import Denied, Gone, Refused, Role, Unsure
from bot.forges.gitlab import GitLab
from tests.bot.forges.gitlab.conftest import Connect, id_of, joined
from tests.fakes.gitlab import FakeGitLab, MergeRequest, Repo


def test_a_change(change: Change, gitlab: FakeGitLab, request_: MergeRequest, repo: Repo) -> None:
    assert change == Change(
        id=id_of(request_),
        repository="group/sub/infra",
        merge_base=repo.sha(),
        base=repo.sha(),
        head=request_.head,
        base_ref="main",
        url=f"{gitlab.url}/group/sub/infra/-/merge_requests/1",
        clone_url=repo.clone_url,
        author="ada",
        installation="redline",
    )


def test_base_is_the_tip_of_now(forge: GitLab, request_: MergeRequest, repo: Repo) -> None:
    began = repo.sha()
    repo.push("main", {"other": "words"})
    change = forge.change(id_of(request_))
    assert (change.merge_base, change.base) == (began, repo.sha())
    assert change.base != began


def test_two_calls_and_no_more(gitlab: FakeGitLab, change: Change, forge: GitLab) -> None:
    before = gitlab.counters.total()
    forge.change(change.id)
    assert gitlab.counters.total() - before == 2


def test_the_head_is_one_call_and_waits_for_no_diff(
    gitlab: FakeGitLab, change: Change, forge: GitLab, request_: MergeRequest
) -> None:
    gitlab.late.versions = 60
    sha = request_.push({"Dockerfile": "FROM debian:12.5\n"})
    before = gitlab.counters.total()
    assert forge.head(change.id) == sha
    assert gitlab.counters.total() - before == 1
    request_.close()
    with pytest.raises(Gone, match="closed"):
        forge.head(change.id)


def test_a_base_that_moved_a_moment_ago_is_seen(
    as_bot: Connect, request_: MergeRequest, repo: Repo
) -> None:
    """A webhook says so within the second, and the look that follows must not find the old one."""
    forge = as_bot(settle_seconds=60)
    forge.change(id_of(request_))
    sha = repo.push("main", {"other": "words"})
    assert forge.change(id_of(request_)).base == sha


def test_a_late_diff_is_waited_for(
    gitlab: FakeGitLab, forge: GitLab, request_: MergeRequest, repo: Repo
) -> None:
    gitlab.late.versions = 0.5
    first = repo.sha()
    sha = request_.push({"Dockerfile": "FROM debian:12.5\n"})
    change = forge.change(id_of(request_))
    assert (change.head, change.merge_base) == (sha, first)
    assert gitlab.counters["GET /projects/*/repository/merge_base"] == 0


def test_without_any_diff_the_merge_base_is_asked_for(
    gitlab: FakeGitLab, forge: GitLab, request_: MergeRequest, repo: Repo
) -> None:
    gitlab.late.versions = 600
    sha = request_.push({"Dockerfile": "FROM debian:12.5\n"})
    repo.push("main", {"other": "words"})
    change = forge.change(id_of(request_))
    assert (change.head, change.base) == (sha, repo.sha())
    assert change.merge_base == request_.merge_base
    assert gitlab.counters["GET /projects/*/repository/merge_base"] == 1


def test_a_fork(as_bot: Connect, repo: Repo) -> None:
    fork = repo.fork("eve", visibility="private")
    fork.push("mine", {"Dockerfile": "FROM x\n"}, by="eve")
    request = repo.open_merge_request("mine", by="eve", fork=fork)
    change = as_bot().change(id_of(request))
    assert (change.fork, change.author, change.clone_url) == (True, "eve", repo.clone_url)
    fork.delete()
    assert as_bot().change(id_of(request)).fork


def test_a_draft(as_bot: Connect, repo: Repo) -> None:
    request = repo.open_merge_request("break", draft=True)
    assert as_bot().change(id_of(request)).draft
    request.ready()
    assert not as_bot().change(id_of(request)).draft


def test_a_target_branch_with_odd_signs(as_bot: Connect, repo: Repo) -> None:
    repo.push("release/1#2_%41", {"a": "b"})
    request = repo.open_merge_request("break", base="release/1#2_%41")
    change = as_bot().change(id_of(request))
    assert (change.base_ref, change.base) == ("release/1#2_%41", repo.sha("release/1#2_%41"))
    assert change.merge_base == repo.sha("main")


def test_retargeted(forge: GitLab, request_: MergeRequest, repo: Repo) -> None:
    repo.push("release", {"a": "b"})
    request_.retarget("release")
    change = forge.change(id_of(request_))
    assert (change.base_ref, change.base) == ("release", repo.sha("release"))


def test_a_target_branch_that_was_deleted(
    forge: GitLab, request_: MergeRequest, repo: Repo, gitlab: FakeGitLab
) -> None:
    gitlab.faults.add("GET */branches/main", status=404, message="404 Branch Not Found")
    change = forge.change(id_of(request_))
    assert (change.base, change.merge_base) == (repo.sha(), repo.sha())


def test_no_common_ancestor_is_said(
    forge: GitLab, request_: MergeRequest, gitlab: FakeGitLab
) -> None:
    gitlab.late.versions = 600
    gitlab.faults.add("GET */merge_base", status=404, message="404 Merge Base Not Found")
    request_.push({"Dockerfile": "FROM debian:12.5\n"})
    with pytest.raises(Refused, match="no common ancestor"):
        forge.change(id_of(request_))


def test_a_merge_train(forge: GitLab, repo: Repo, request_: MergeRequest) -> None:
    head = repo.queue(request_)
    id_ = train(repo, request_)
    change = forge.change(id_)
    assert (change.id, change.head, forge.head(id_)) == (id_, head, head)
    assert (change.base, change.merge_base) == (repo.sha(), repo.sha())
    assert (change.base_ref, change.clone_url) == ("main", repo.clone_url)
    assert forge.conversation(change).own() == []
    repo.destroy_queue(request_)
    with pytest.raises(Gone):
        forge.change(id_)


def train(repo: Repo, request: MergeRequest) -> ChangeId:
    ref = f"refs/merge-requests/{request.number}/train"
    return ChangeId(ForgeName.GITLAB, repo.id, Kind.MERGE_GROUP, ref=ref)


@pytest.mark.parametrize("ref", ["refs/heads/main", "refs/merge-requests/../train", ""])
def test_a_merge_train_that_is_none(
    forge: GitLab, repo: Repo, request_: MergeRequest, ref: str
) -> None:
    with pytest.raises(Gone):
        forge.change(ChangeId(ForgeName.GITLAB, repo.id, Kind.MERGE_GROUP, ref=ref))
    with pytest.raises(Gone):
        forge.change(train(repo, request_))


def test_closed_is_gone(forge: GitLab, request_: MergeRequest, change: Change) -> None:
    request_.close()
    with pytest.raises(Gone, match="closed"):
        forge.change(change.id)
    request_.reopen()
    assert forge.change(change.id) == change
    request_.merge()
    with pytest.raises(Gone, match="merged"):
        forge.change(change.id)


def test_deleted_is_gone(forge: GitLab, change: Change, repo: Repo) -> None:
    repo.delete()
    with pytest.raises(Gone):
        forge.change(change.id)
    with pytest.raises(Gone):
        forge.change(ChangeId(ForgeName.GITLAB, 99, number=1))


def test_where_we_are_no_member_any_more_it_is_gone(
    forge: GitLab, change: Change, repo: Repo
) -> None:
    repo.allow("redline", "none")
    with pytest.raises(Gone):
        forge.change(change.id)
    repo.allow("redline", "guest")
    with pytest.raises(Gone):
        forge.change(change.id)


def test_a_bad_token_is_not_gone(
    gitlab: FakeGitLab, forge: GitLab, change: Change, as_bot: Connect
) -> None:
    gitlab.revoke_tokens("redline")
    with pytest.raises(Denied, match="401"):
        forge.change(change.id)


def test_a_token_without_the_scope_is_told_so(
    gitlab: FakeGitLab, as_bot: Connect, request_: MergeRequest
) -> None:
    weak = as_bot(gitlab_token=gitlab.token("redline", ["read_user"]))
    with pytest.raises(Denied, match="scope api"):
        weak.change(id_of(request_))


def test_a_renamed_project_is_matched_by_its_name_of_now(
    as_bot: Connect, request_: MergeRequest, repo: Repo
) -> None:
    forge = as_bot(repositories=("GROUP/sub/infra",))
    assert forge.change(id_of(request_)).repository == "group/sub/infra"
    repo.rename("group/elsewhere")
    with pytest.raises(Gone, match="group/elsewhere"):
        forge.change(id_of(request_))
    renamed = as_bot(repositories=("group/*",)).change(id_of(request_))
    assert (renamed.repository, renamed.clone_url) == ("group/elsewhere", repo.clone_url)


def test_an_instance_below_a_path(tmp_path_factory: pytest.TempPathFactory) -> None:
    with FakeGitLab(tmp_path_factory.mktemp("below"), prefix="/git/lab") as gitlab:
        repo = gitlab.repository("group/infra", {"a": "b"}, roles={"redline": "developer"})
        repo.push("x", {"a": "c"})
        request = repo.open_merge_request("x")
        forge = joined(gitlab, gitlab_url=f"{gitlab.url}/")
        change = forge.change(id_of(request))
        assert change.clone_url == repo.clone_url == f"{gitlab.url}/group/infra.git"
        assert change.url.startswith(f"{gitlab.url}/group/infra/-/")
        assert forge.conversation(change).own() == []
    assert gitlab.violations == []


def test_a_change_that_has_no_commit_yet(
    forge: GitLab, request_: MergeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_.state, "head", None)
    with pytest.raises(Unsure, match="no commit yet"):
        forge.change(id_of(request_))
    monkeypatch.undo()


ROLES = [
    ("none", Role.NONE),
    (5, Role.NONE),
    ("guest", Role.READ),
    ("planner", Role.READ),
    ("reporter", Role.TRIAGE),
    (25, Role.TRIAGE),
    ("developer", Role.WRITE),
    ("maintainer", Role.MAINTAIN),
    ("owner", Role.ADMIN),
]


@pytest.mark.parametrize(("name", "role"), ROLES)
def test_roles_are_asked_live(
    forge: GitLab, change: Change, repo: Repo, name: str | int, role: Role
) -> None:
    repo.allow("bob", name)
    assert forge.role(change, "bob") is role
    assert forge.role(change, "BOB") is role
    repo.allow("bob", "reporter")
    assert forge.role(change, "bob") is Role.TRIAGE


def test_a_role_may_come_from_a_group_above(
    forge: GitLab, change: Change, gitlab: FakeGitLab
) -> None:
    gitlab.group("group", {"bob": "maintainer"})
    assert forge.role(change, "bob") is Role.MAINTAIN


def test_a_name_that_changed_hands_is_asked_anew(
    forge: GitLab, change: Change, repo: Repo, gitlab: FakeGitLab
) -> None:
    repo.allow("bob", "owner")
    assert forge.role(change, "bob") is Role.ADMIN
    before = gitlab.counters["GET /users"]
    assert forge.role(change, "bob") is Role.ADMIN
    assert gitlab.counters["GET /users"] == before
    state = gitlab.server.state
    state.accounts["robert"] = replace(state.accounts.pop("bob"), login="robert")
    repo.allow("robert", "owner")
    repo.allow("bob", "guest")
    assert forge.role(change, "bob") is Role.READ


def test_who_is_blocked_has_no_role(
    forge: GitLab, change: Change, repo: Repo, gitlab: FakeGitLab
) -> None:
    repo.allow("bob", "owner")
    gitlab.block("bob")
    assert forge.role(change, "bob") is Role.NONE


def test_who_waits_for_approval_has_no_role(
    forge: GitLab, change: Change, repo: Repo, gitlab: FakeGitLab
) -> None:
    repo.allow("bob", "maintainer")
    gitlab.await_approval("bob")
    assert forge.role(change, "bob") is Role.NONE


def test_nobody_has_no_role(forge: GitLab, change: Change) -> None:
    assert forge.role(change, "nobody-of-that-name") is Role.NONE
    assert forge.role(change, "../../org?x=#y&z") is Role.NONE
    assert forge.role(change, "") is Role.NONE


def test_who_is_no_member_may_read_what_all_may(as_bot: Connect, gitlab: FakeGitLab) -> None:
    roles = {"redline": "developer"}
    public = gitlab.repository("group/public", {"a": "b"}, roles=roles)
    public.push("x", {"a": "c"})
    change = as_bot().change(id_of(public.open_merge_request("x")))
    gitlab.user("stranger")
    assert as_bot().role(change, "stranger") is Role.READ


def test_the_token_is_gits(forge: GitLab, change: Change, gitlab: FakeGitLab) -> None:
    assert forge.token(change) == forge.token(change, fresh=True)
    assert forge.token(change) in gitlab.server.state.tokens
