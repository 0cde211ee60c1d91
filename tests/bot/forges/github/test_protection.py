"""Whether GitHub holds a change back until our check is green, and what else is missing."""

from typing import Any

import pytest

from bot.forges.base import Gone
from bot.forges.github import GitHub
from bot.protection import Part, Protection
from tests.bot.forges.github.conftest import Connect, both
from tests.fakes.github import AppKey, FakeGitHub, Repo
from tests.line.server import free_port


def seen(forge: GitHub) -> Protection:
    return forge.protection("org/infra")


def facts(found: Protection, part: Part = Part.GATE) -> dict[str, bool | None]:
    return {fact.name: fact.fine for fact in found.facts if fact.part is part}


def step(found: Protection, name: str) -> str:
    return next(fact.step for fact in found.facts if fact.name == name)


@both
def test_without_a_rule_it_only_advises(forge: GitHub, repo: Repo, github: FakeGitHub) -> None:
    repo.require("build")
    found = seen(forge)
    assert (found.forge, found.repository, found.branch) == ("GitHub", "org/infra", "main")
    assert found.blocks is False
    assert facts(found) == {"required check": False}
    assert f"{github.url}/org/infra/settings/rules/new" in step(found, "required check")


@pytest.mark.parametrize(
    ("by", "more"),
    [
        ("ruleset", {"bypass list": None}),
        ("branch", {"administrators": None}),
        ("admins", {}),
    ],
)
def test_required_and_bound_to_us_it_blocks(
    forge: GitHub, repo: Repo, app: AppKey, by: str, more: dict[str, Any]
) -> None:
    repo.require("redline", app.id, by)
    found = seen(forge)
    assert found.blocks is True
    assert facts(found) == {"required check": True, "expected source": True, **more}


def test_protection_that_is_switched_off_blocks_nothing(forge: GitHub, repo: Repo) -> None:
    repo.require("redline", by="off")
    assert seen(forge).blocks is False


@both
def test_a_check_that_anyone_may_set(forge: GitHub, repo: Repo) -> None:
    repo.require("redline", by="admins")
    found = seen(forge)
    assert found.blocks is True
    assert facts(found)["expected source"] is None
    assert "App" in step(found, "expected source")


@both
def test_a_check_that_another_app_must_set_stays_open(forge: GitHub, repo: Repo) -> None:
    repo.require("redline", 99, "ruleset")
    found = seen(forge)
    assert found.blocks is True
    assert facts(found)["expected source"] is False
    assert step(found, "expected source").startswith("http")


def test_where_it_is_required_twice_the_stricter_counts(
    forge: GitHub, repo: Repo, app: AppKey
) -> None:
    repo.require("redline", app.id, "ruleset")
    repo.require("redline", None, "branch")
    found = facts(seen(forge))
    assert found == {"required check": True, "expected source": True, "bypass list": None}


def test_each_permission_and_its_duty(forge: GitHub, repo: Repo, app: AppKey) -> None:
    rights = facts(seen(forge), Part.RIGHTS)
    assert rights == {
        "contents: read": True,
        "pull_requests: write": True,
        "checks: write": True,
        "issues: read": True,
        "contents: write": None,
    }
    app.grant(checks="read", issues=None, contents="write")
    found = seen(forge)
    rights = facts(found, Part.RIGHTS)
    assert (rights["checks: write"], rights["issues: read"]) == (False, False)
    assert rights["contents: write"] is True
    assert "settings/installations" in step(found, "checks: write")


def test_what_we_may_not_look_at_is_not_known(forge: GitHub, repo: Repo, app: AppKey) -> None:
    app.grant(contents=None)
    found = seen(forge)
    assert found.blocks is None
    assert facts(found) == {"required check": None}
    repo.require("redline", app.id, "ruleset")
    assert seen(forge).blocks is True


def test_a_merge_queue_asks_for_more(forge: GitHub, repo: Repo, app: AppKey) -> None:
    repo.state.queued = True
    found = seen(forge)
    assert facts(found, Part.RIGHTS)["merge_queues: read"] is False
    assert facts(found, Part.WEBHOOKS)["merge_group"] is False
    app.grant(merge_queues="read")
    app.state.events.append("merge_group")
    found = seen(forge)
    assert facts(found, Part.RIGHTS)["merge_queues: read"] is True
    assert "merge_group" not in facts(found, Part.WEBHOOKS)


def test_an_event_that_the_app_does_not_ask_for(forge: GitHub, repo: Repo, app: AppKey) -> None:
    assert "push" not in facts(seen(forge), Part.WEBHOOKS)
    app.state.events.remove("push")
    found = seen(forge)
    assert facts(found, Part.WEBHOOKS)["push"] is False
    assert "tick push" in step(found, "push")


def test_a_person_needs_the_role_write(as_person: Connect, repo: Repo) -> None:
    assert facts(seen(as_person()), Part.RIGHTS) == {"write": True}
    assert facts(seen(as_person()), Part.WEBHOOKS) == {"deliveries": None}
    repo.allow("redline", "read")
    found = seen(as_person())
    assert facts(found, Part.RIGHTS) == {"write": False}
    assert "Write" in step(found, "write")


def test_what_became_of_the_webhooks(
    forge: GitHub, repo: Repo, github: FakeGitHub, app: AppKey
) -> None:
    assert facts(seen(forge), Part.WEBHOOKS) == {"deliveries": None}
    github.deliver_to(f"http://127.0.0.1:{free_port()}/webhooks/github", "secret")
    repo.open_pull("break")
    github.hooks.settle()
    found = seen(forge)
    (fact,) = [one for one in found.facts if one.part is Part.WEBHOOKS]
    assert fact.fine is False
    assert "1 of the last 1 failed" in fact.says
    assert "/webhooks/github" in fact.step


@pytest.mark.parametrize(
    ("status", "fine", "step"),
    [(202, True, ""), (401, False, "REDLINE_GITHUB_WEBHOOK_SECRET"), (502, False, "must lead to")],
)
def test_how_the_newest_webhook_was_answered(
    forge: GitHub, repo: Repo, github: FakeGitHub, status: int, fine: bool, step: str
) -> None:
    github.deliver_to(f"http://127.0.0.1:{free_port()}/webhooks/github", "secret")
    repo.open_pull("break")
    github.hooks.settle()
    github.hooks.log[-1].status = status
    (one,) = [one for one in seen(forge).facts if one.part is Part.WEBHOOKS]
    assert one.fine is fine
    assert step in one.step
    assert str(status) in one.says


def test_other_repositories_webhooks_do_not_count(
    forge: GitHub, repo: Repo, github: FakeGitHub
) -> None:
    github.hooks.settle()
    github.deliver_to(f"http://127.0.0.1:{free_port()}/webhooks/github", "secret")
    other = github.repository("org/other", {"a": "x"})
    other.push("b", {"a": "y"})
    other.open_pull("b")
    github.hooks.settle()
    assert facts(seen(forge), Part.WEBHOOKS) == {"deliveries": None}


@both
@pytest.mark.parametrize("name", ["org/nothing", "org", "org/a/b", "org/infra?x", "../app"])
def test_what_is_not_there_is_gone(forge: GitHub, repo: Repo, name: str) -> None:
    with pytest.raises(Gone):
        forge.protection(name)
