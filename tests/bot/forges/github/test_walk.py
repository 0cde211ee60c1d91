"""Every open pull request is found, whatever one repository or installation does."""

import pytest

from bot.change import ChangeId
from bot.forges.base import Limited, Unsure
from bot.forges.github import GitHub
from tests.bot.forges.github.conftest import Connect, both, id_of
from tests.fakes.github import AppKey, FakeGitHub, PullRequest, Repo


def found(forge: GitHub) -> list[ChangeId]:
    return [seen.id for seen in forge.open_changes()]


def another(github: FakeGitHub, name: str) -> PullRequest:
    repo = github.repository(name, {"a": "b"}, private=True, roles={"redline": "write"})
    repo.push("x", {"a": "c"})
    return repo.open_pull("x")


@both
def test_open_ones_only(forge: GitHub, pull: PullRequest, repo: Repo) -> None:
    closed = repo.open_pull("break")
    draft = repo.open_pull("break", draft=True)
    closed.close()
    assert set(found(forge)) == {id_of(pull), id_of(draft)}


def test_more_than_a_page(as_app: Connect, repo: Repo) -> None:
    pulls = [repo.open_pull("break") for _ in range(130)]
    assert {change.number for change in found(as_app())} == {pull.number for pull in pulls}


def test_the_newest_activity_comes_first(as_app: Connect, repo: Repo, github: FakeGitHub) -> None:
    first, second = repo.open_pull("break"), repo.open_pull("break")
    github.clock.skew += 5
    first.comment("ada", "Hm")
    assert [change.number for change in found(as_app())] == [first.number, second.number]


def test_patterns_choose(
    github: FakeGitHub, as_app: Connect, as_person: Connect, pull: PullRequest
) -> None:
    other = another(github, "org/other")
    foreign = another(github, "elsewhere/infra")
    assert set(found(as_app())) == {id_of(pull), id_of(other)}
    assert found(as_app(repositories=("*/infra",))) == [id_of(pull)]
    assert found(as_person(repositories=("org/infra",))) == [id_of(pull)]
    assert set(found(as_person())) == {id_of(pull), id_of(other)}
    both = as_person(repositories=("*/infra", "org/infra", "org/not-there"))
    assert sorted(found(both), key=str) == sorted([id_of(pull), id_of(foreign)], key=str)


def test_what_has_not_changed_costs_nothing(
    github: FakeGitHub, as_app: Connect, pull: PullRequest, repo: Repo, app: AppKey
) -> None:
    forge = as_app()
    assert found(forge) == [id_of(pull)]
    used = github.limits.budgets[f"installation {app.installation.id}"].used
    assert found(forge) == [id_of(pull)]
    assert github.limits.budgets[f"installation {app.installation.id}"].used == used + 1
    new = repo.open_pull("break")
    assert set(found(forge)) == {id_of(pull), id_of(new)}


def test_one_repository_that_fails_does_not_hide_the_others(
    github: FakeGitHub, as_app: Connect, pull: PullRequest
) -> None:
    others = [another(github, f"org/other-{n}") for n in range(2)]
    github.faults.add(f"GET /repositories/{pull.state.repository.id}/pulls", times=None)
    seen: list[ChangeId] = []
    with pytest.raises(Unsure):
        seen.extend(one.id for one in as_app().open_changes())
    assert set(seen) == {id_of(other) for other in others}


def test_one_installation_at_its_limit_does_not_hide_the_others(
    github: FakeGitHub, as_app: Connect, app: AppKey, pull: PullRequest
) -> None:
    other = another(github, "elsewhere/infra")
    installations = github.server.state.installations
    second = type(app.installation)(
        app.installation.id + 1000,
        app.state,
        github.server.state.account("elsewhere"),
        dict(app.installation.permissions),
        None,
    )
    installations[second.id] = second
    forge = as_app()
    assert set(found(forge)) == {id_of(pull), id_of(other)}
    github.limits.exhaust(f"installation {app.installation.id}", 600)
    seen: list[ChangeId] = []
    with pytest.raises(Limited):
        seen.extend(one.id for one in forge.open_changes())
    assert seen == [id_of(other)]


def test_suspended_installations_are_left_out(
    as_app: Connect, app: AppKey, pull: PullRequest
) -> None:
    app.installation.suspended = True
    assert found(as_app()) == []
