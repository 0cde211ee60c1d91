"""Whether GitLab's merge checks hold back what is not green, and what else is missing."""

import pytest

from bot.forges.base import Gone
from bot.forges.gitlab import GitLab
from bot.protection import Fact, Part, Protection
from tests.fakes.gitlab import FakeGitLab, Repo
from tests.line.server import free_port


def seen(forge: GitLab) -> Protection:
    return forge.protection("group/sub/infra")


def facts(found: Protection, part: Part = Part.GATE) -> dict[str, bool | None]:
    return {fact.name: fact.fine for fact in found.facts if fact.part is part}


def fact(found: Protection, name: str) -> Fact:
    return next(one for one in found.facts if one.name == name)


def test_without_the_merge_check_it_only_advises(
    forge: GitLab, repo: Repo, gitlab: FakeGitLab
) -> None:
    found = seen(forge)
    assert (found.forge, found.repository, found.branch) == ("GitLab", "group/sub/infra", "main")
    assert found.blocks is False
    one = fact(found, "pipelines must succeed")
    assert one.fine is False
    assert f"{gitlab.url}/group/sub/infra/-/settings/merge_requests" in one.step


def test_with_it_it_blocks_and_says_what_may_still_pass(forge: GitLab, repo: Repo) -> None:
    repo.set(only_allow_merge_if_pipeline_succeeds=True)
    found = seen(forge)
    assert found.blocks is True
    assert facts(found) == {
        "pipelines must succeed": True,
        "later jobs": None,
        "changes from forks": None,
    }
    repo.set(
        only_allow_merge_if_all_discussions_are_resolved=True, allow_merge_on_skipped_pipeline=True
    )
    assert facts(seen(forge)) == {
        "pipelines must succeed": True,
        "later jobs": None,
        "skipped pipelines": None,
    }


def test_who_is_no_developer_sets_no_status(forge: GitLab, repo: Repo) -> None:
    assert facts(seen(forge), Part.RIGHTS) == {"role": True}
    repo.allow("redline", "reporter")
    found = seen(forge)
    assert facts(found, Part.RIGHTS) == {"role": False}
    assert "Developer" in fact(found, "role").step


def test_the_webhook_is_shown_to_a_maintainer(
    forge: GitLab, repo: Repo, gitlab: FakeGitLab
) -> None:
    assert facts(seen(forge), Part.WEBHOOKS) == {"webhook": None}
    repo.allow("redline", "maintainer")
    assert "none that ends with" in fact(seen(forge), "webhook").says
    gitlab.hooks.settle()  # what was pushed before there was a hook
    gitlab.deliver_to(f"http://127.0.0.1:{free_port()}/webhooks/gitlab", "secret")
    assert facts(seen(forge), Part.WEBHOOKS) == {"deliveries": None}
    repo.open_merge_request("break")
    gitlab.hooks.settle()
    found = seen(forge)
    one = fact(found, "deliveries")
    assert one.fine is False
    assert "1 of the last 1 failed" in one.says
    assert "must lead to" in one.step


def test_a_webhook_that_was_switched_off(forge: GitLab, repo: Repo, gitlab: FakeGitLab) -> None:
    repo.allow("redline", "maintainer")
    gitlab.deliver_to(f"http://127.0.0.1:{free_port()}/webhooks/gitlab", "secret")
    request = repo.open_merge_request("break")
    for number in range(5):
        request.comment("ada", f"word {number}")
        gitlab.hooks.settle()
    one = fact(seen(forge), "webhook")
    assert one.fine is False
    assert "switched it off" in one.says


@pytest.mark.parametrize(
    ("status", "fine", "step"),
    [(200, True, ""), (401, False, "REDLINE_GITLAB_WEBHOOK_SECRET"), (502, False, "must lead to")],
)
def test_how_the_newest_webhook_was_answered(
    forge: GitLab, repo: Repo, gitlab: FakeGitLab, status: int, fine: bool, step: str
) -> None:
    repo.allow("redline", "maintainer")
    gitlab.deliver_to(f"http://127.0.0.1:{free_port()}/webhooks/gitlab", "secret")
    repo.open_merge_request("break")
    gitlab.hooks.settle()
    gitlab.hooks.log[-1].status = status
    one = fact(seen(forge), "deliveries")
    assert one.fine is fine
    assert step in one.step
    assert str(status) in one.says


def test_what_a_webhook_does_not_send(forge: GitLab, repo: Repo, gitlab: FakeGitLab) -> None:
    repo.allow("redline", "maintainer")
    gitlab.deliver_to(f"http://127.0.0.1:{free_port()}/webhooks/gitlab", "secret")
    hook = gitlab.hooks.of(repo.state)
    hook.off |= {"note_events", "push_events", "pipeline_events"}
    found = seen(forge)
    shown = facts(found, Part.WEBHOOKS)
    names = ("comments", "push events", "pipeline events")
    assert [shown[name] for name in names] == [False, False, False]
    assert "tick 'Comments'" in fact(found, "comments").step


def test_a_webhook_that_leads_elsewhere(forge: GitLab, repo: Repo, gitlab: FakeGitLab) -> None:
    repo.allow("redline", "maintainer")
    gitlab.deliver_to(f"http://127.0.0.1:{free_port()}/hooks", "secret")
    assert "none that ends with" in fact(seen(forge), "webhook").says


def test_where_nothing_can_be_merged(forge: GitLab, repo: Repo) -> None:
    repo.archive()
    assert fact(seen(forge), "archived").fine is None


@pytest.mark.parametrize("name", ["group/nothing", "infra", "group/sub/infra?x", "group//infra"])
def test_what_is_not_there_is_gone(forge: GitLab, repo: Repo, name: str) -> None:
    with pytest.raises(Gone):
        forge.protection(name)
