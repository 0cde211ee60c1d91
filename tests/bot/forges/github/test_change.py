"""A change as GitHub shows it now, and all the ways in which it is gone."""

import pytest

from bot.change import Change, ChangeId, ForgeName, Kind
from bot.forges.base import Denied, Gone, Refused, Role
from bot.forges.github import GitHub
from tests.bot.forges.github.conftest import Connect, app_settings, both, id_of, joined
from tests.fakes.github import AppKey, FakeGitHub, PullRequest, Repo


@both
def test_a_change(
    change: Change, github: FakeGitHub, pull: PullRequest, repo: Repo, app: AppKey
) -> None:
    assert change == Change(
        id=id_of(pull),
        repository="org/infra",
        merge_base=repo.sha(),
        base=repo.sha(),
        head=pull.head,
        base_ref="main",
        url=f"{github.url}/org/infra/pull/1",
        clone_url=repo.clone_url,
        author="ada",
        installation=change.installation,
    )
    assert change.installation in (str(app.installation.id), "redline")


def test_base_is_the_tip_of_now(forge: GitHub, pull: PullRequest, repo: Repo) -> None:
    began = repo.sha()
    repo.push("main", {"other": "words"})
    change = forge.change(id_of(pull))
    assert (change.merge_base, change.base) == (began, repo.sha())
    assert change.base != began


def test_two_calls_and_no_more(github: FakeGitHub, change: Change, forge: GitHub) -> None:
    before = github.counters.total()
    forge.change(change.id)
    assert github.counters.total() - before == 2


def test_the_head_is_one_call(
    github: FakeGitHub, change: Change, forge: GitHub, pull: PullRequest, repo: Repo
) -> None:
    before = github.counters.total()
    assert forge.head(change.id) == pull.head
    assert github.counters.total() - before == 1
    group = repo.queue(pull)
    ref = f"refs/heads/gh-readonly-queue/main/pr-1-{repo.sha()}"
    assert forge.head(ChangeId(ForgeName.GITHUB, repo.id, Kind.MERGE_GROUP, ref=ref)) == group
    pull.close()
    with pytest.raises(Gone, match="closed"):
        forge.head(change.id)


def test_only_names_of_the_answer_are_read_again_after_a_push(
    forge: GitHub, pull: PullRequest, change: Change
) -> None:
    sha = pull.push({"Dockerfile": "FROM debian:12.5\n"})
    assert (change.head != sha, forge.change(change.id).head) == (True, sha)


def test_a_fork(as_app: Connect, repo: Repo) -> None:
    fork = repo.fork("eve")
    fork.push("mine", {"Dockerfile": "FROM x\n"}, by="eve")
    pull = repo.open_pull("mine", by="eve", fork=fork)
    change = as_app().change(id_of(pull))
    assert (change.fork, change.author, change.clone_url) == (True, "eve", repo.clone_url)
    fork.delete()
    assert as_app().change(id_of(pull)).fork


def test_a_draft(as_app: Connect, repo: Repo) -> None:
    pull = repo.open_pull("break", draft=True)
    assert as_app().change(id_of(pull)).draft
    pull.ready()
    assert not as_app().change(id_of(pull)).draft


def test_a_base_branch_with_odd_signs(as_app: Connect, repo: Repo) -> None:
    repo.push("release/1#2_%41", {"a": "b"})
    pull = repo.open_pull("break", base="release/1#2_%41")
    change = as_app().change(id_of(pull))
    assert (change.base_ref, change.base) == ("release/1#2_%41", repo.sha("release/1#2_%41"))
    assert change.merge_base == repo.sha("main")


@both
def test_a_merge_group(forge: GitHub, repo: Repo, pull: PullRequest) -> None:
    head = repo.queue(pull)
    ref = f"refs/heads/gh-readonly-queue/main/pr-1-{repo.sha()}"
    id_ = ChangeId(ForgeName.GITHUB, repo.id, Kind.MERGE_GROUP, ref=ref)
    change = forge.change(id_)
    assert (change.head, change.base, change.merge_base) == (head, repo.sha(), repo.sha())
    assert (change.base_ref, change.clone_url) == ("main", repo.clone_url)
    assert forge.conversation(change).own() == []
    repo.destroy_queue(pull)
    with pytest.raises(Gone):
        forge.change(id_)


def test_a_base_branch_that_was_deleted(
    forge: GitHub, pull: PullRequest, repo: Repo, github: FakeGitHub
) -> None:
    github.faults.add("GET */compare/main...*", status=404, message="Not Found")
    change = forge.change(id_of(pull))
    assert (change.base, change.merge_base) == (repo.sha(), repo.sha())


def test_no_common_ancestor_is_said(forge: GitHub, pull: PullRequest, github: FakeGitHub) -> None:
    words = "No common ancestor between main and break."
    github.faults.add("GET */compare/*", status=404, message=words)
    with pytest.raises(Refused, match=words):
        forge.change(id_of(pull))


def test_a_merge_group_that_is_none(forge: GitHub, repo: Repo) -> None:
    with pytest.raises(Gone):
        forge.change(ChangeId(ForgeName.GITHUB, repo.id, Kind.MERGE_GROUP, ref="refs/heads/main"))


def test_closed_is_gone(forge: GitHub, pull: PullRequest, change: Change) -> None:
    pull.close()
    with pytest.raises(Gone, match="closed"):
        forge.change(change.id)


@both
def test_deleted_is_gone(forge: GitHub, change: Change, repo: Repo) -> None:
    repo.delete()
    with pytest.raises(Gone):
        forge.change(change.id)
    with pytest.raises(Gone):
        forge.change(ChangeId(ForgeName.GITHUB, 99, number=1))


def test_without_installation_it_is_gone(as_app: Connect, repo: Repo, app: AppKey) -> None:
    pull = repo.open_pull("break")
    app.installation.repositories = {repo.id + 1}
    with pytest.raises(Gone):
        as_app().change(id_of(pull))


def test_suspended_is_gone(as_app: Connect, pull: PullRequest, app: AppKey) -> None:
    forge = as_app()
    forge.change(id_of(pull))
    app.installation.suspended = True
    with pytest.raises(Gone, match="suspended"):
        forge.change(id_of(pull))
    with pytest.raises(Gone, match="suspended"):
        as_app().change(id_of(pull))


def test_a_bad_key_is_not_gone(github: FakeGitHub, as_app: Connect, pull: PullRequest) -> None:
    with pytest.raises(Denied, match="could not be decoded"):
        as_app(github_private_key=github.app("other").private_key).change(id_of(pull))
    with pytest.raises(Denied, match="private key"):
        as_app(github_private_key="-----BEGIN NOTHING-----").change(id_of(pull))


def test_a_renamed_repository_is_matched_by_its_name_of_now(
    as_app: Connect, pull: PullRequest, repo: Repo
) -> None:
    forge = as_app(repositories=("ORG/infra",))
    assert forge.change(id_of(pull)).repository == "org/infra"
    repo.rename("elsewhere")
    with pytest.raises(Gone, match="org/elsewhere"):
        forge.change(id_of(pull))
    renamed = as_app(repositories=("org/*",)).change(id_of(pull))
    assert (renamed.repository, renamed.clone_url) == ("org/elsewhere", repo.clone_url)


def test_an_enterprise_server(tmp_path_factory: pytest.TempPathFactory) -> None:
    with FakeGitHub(tmp_path_factory.mktemp("ghes"), prefix="/api/v3") as github:
        repo = github.repository("org/infra", {"a": "b"})
        repo.push("x", {"a": "c"})
        pull = repo.open_pull("x")
        forge = joined(github, **app_settings(github.app()))
        change = forge.change(id_of(pull))
        assert change.clone_url == repo.clone_url
        assert forge.conversation(change).own() == []
    assert github.violations == []


def test_a_clone_address_elsewhere_is_refused(
    as_app: Connect, github: FakeGitHub, pull: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge = as_app()
    monkeypatch.setattr(github.server, "url", "http://elsewhere.example")
    with pytest.raises(Refused, match=r"elsewhere\.example"):
        forge.change(id_of(pull))
    monkeypatch.undo()


ROLES = [
    ("none", Role.NONE),
    ("read", Role.READ),
    ("triage", Role.TRIAGE),
    ("write", Role.WRITE),
    ("maintain", Role.MAINTAIN),
    ("admin", Role.ADMIN),
]


@pytest.mark.parametrize(("name", "role"), ROLES)
def test_roles_are_asked_live(
    forge: GitHub, change: Change, repo: Repo, name: str, role: Role
) -> None:
    repo.allow("bob", name)
    assert forge.role(change, "bob") is role


@both
def test_nobody_has_no_role(forge: GitHub, change: Change) -> None:
    assert forge.role(change, "nobody-of-that-name") is Role.NONE
    assert forge.role(change, "../../org?x=#y") is Role.NONE
