"""Check runs and commit statuses."""

from typing import Any

import httpx
import pytest

from tests.fakes.described import DESCRIBED
from tests.fakes.github import AppKey, FakeGitHub, PullRequest, Repo

pytestmark = DESCRIBED

RUNS = "/repos/org/shop/check-runs"


def make(bot: httpx.Client, sha: str, **fields: Any) -> httpx.Response:
    return bot.post(RUNS, json={"name": "redline", "head_sha": sha, **fields})


def output(**further: Any) -> dict[str, Any]:
    return {"title": "1 blocking", "summary": "Words", **further}


def note(line: int = 1, **further: Any) -> dict[str, Any]:
    return {
        "path": "Dockerfile",
        "start_line": line,
        "end_line": line,
        "annotation_level": "warning",
        "message": "Look",
        **further,
    }


def test_a_check_goes_from_queued_to_done(
    bot: httpx.Client, fake: FakeGitHub, repo: Repo, pull: PullRequest
) -> None:
    made = make(bot, pull.head).json()
    assert (made["status"], made["conclusion"]) == ("queued", None)
    assert made["pull_requests"][0]["number"] == 1
    url = f"{RUNS}/{made['id']}"
    bot.patch(url, json={"status": "in_progress", "output": output(title="3/7")})
    done = bot.patch(url, json={"conclusion": "failure", "output": output()}).json()
    assert (done["status"], done["conclusion"]) == ("completed", "failure")
    assert done["completed_at"]
    assert [row[3] for row in repo.history(pull.head)] == [None, "3/7", "1 blocking"]
    assert fake.violations == []


def test_only_apps_make_checks(client: httpx.Client, pull: PullRequest) -> None:
    refused = make(client, pull.head)
    assert refused.status_code == 403
    assert refused.json()["message"] == "You must authenticate via a GitHub App."


def test_only_the_app_that_made_it_changes_it(
    fake: FakeGitHub, bot: httpx.Client, pull: PullRequest
) -> None:
    made = make(bot, pull.head).json()
    other = fake.app("other")
    token = fake.server.state.token(
        other.state.bot,
        installation=other.installation,
        permissions=other.installation.permissions,
    )
    headers = {"Authorization": f"Bearer {token.value}"}
    refused = bot.patch(f"{RUNS}/{made['id']}", json={"status": "queued"}, headers=headers)
    assert refused.status_code == 403
    assert "created it" in refused.json()["message"]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "completed"},
        {"completed_at": "2026-01-01T00:00:00Z"},
        {"conclusion": "stale"},
        {"conclusion": "broken"},
        {"status": "in_progress", "output": {"title": "x"}},
        {"output": output(summary="x" * 65_536)},
        {"output": output(text="x" * 65_536)},
        {"output": output(annotations=[note()] * 51)},
        {"output": output(annotations=[note(0)])},
        {"output": output(annotations=[note(3, end_line=2)])},
        {"output": output(annotations=[note(3, end_line=4, start_column=1)])},
        {"actions": [{"label": "Again", "description": "x", "identifier": "a"}] * 4},
        {"actions": [{"label": "x" * 21, "description": "x", "identifier": "a"}]},
        {"actions": [{"label": "x", "description": "x" * 41, "identifier": "a"}]},
        {"head_sha": "0" * 40},
        {"unknown": 1},
    ],
)
def test_what_is_refused(bot: httpx.Client, pull: PullRequest, fields: dict[str, Any]) -> None:
    assert make(bot, pull.head, **fields).status_code == 422
    listed = bot.get(f"/repos/org/shop/commits/{pull.head}/check-runs").json()
    assert listed["total_count"] == 0


def test_annotations_are_added_fifty_at_a_time(
    bot: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    made = make(bot, pull.head, output=output(annotations=[note(n) for n in range(1, 51)])).json()
    url = f"{RUNS}/{made['id']}"
    more = bot.patch(url, json={"output": output(annotations=[note(51)])}).json()
    assert more["output"]["annotations_count"] == 51
    listed = bot.get(f"{url}/annotations", params={"per_page": 50})
    assert len(listed.json()) == 50
    assert 'rel="next"' in listed.headers["link"]
    assert fake.violations == []


def test_a_listing_shows_the_newest_of_each_name(
    bot: httpx.Client, app: AppKey, fake: FakeGitHub, pull: PullRequest
) -> None:
    ids = [make(bot, pull.head, external_id=str(n)).json()["id"] for n in range(2)]
    make(bot, pull.head, name="other")
    url = f"/repos/org/shop/commits/{pull.head}/check-runs"
    named: dict[str, str | int] = {"check_name": "redline", "app_id": app.id}
    assert [run["id"] for run in bot.get(url, params=named).json()["check_runs"]] == [ids[1]]
    everything = bot.get(url, params={**named, "filter": "all"}).json()
    assert [run["id"] for run in everything["check_runs"]] == ids[::-1]
    assert bot.get(url).json()["total_count"] == 2
    assert bot.get("/repos/org/shop/commits/absent/check-runs").status_code == 422
    assert bot.get(url.replace("check-runs", "check-suites")).json()["total_count"] == 1
    assert fake.violations == []


def test_a_button_sends_a_webhook(
    bot: httpx.Client, fake: FakeGitHub, repo: Repo, pull: PullRequest
) -> None:
    button = {"label": "Plan", "description": "Plan again", "identifier": "plan"}
    made = make(bot, pull.head, actions=[button]).json()
    repo.press(made["id"])
    repo.press(made["id"], "plan", by="ada")
    repo.rerun_all(pull.head)
    last = fake.hooks.log[-3:]
    assert [(one.event, one.action) for one in last] == [
        ("check_run", "rerequested"),
        ("check_run", "requested_action"),
        ("check_suite", "rerequested"),
    ]
    assert last[1].payload["requested_action"] == {"identifier": "plan"}
    assert fake.violations == []


def test_statuses_are_for_apps_and_people(
    bot: httpx.Client, client: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    url = f"/repos/org/shop/statuses/{pull.head}"
    for one, state in ((bot, "pending"), (client, "failure"), (client, "success")):
        assert one.post(url, json={"state": state, "context": "redline"}).status_code == 201
    client.post(url, json={"state": "failure", "context": "other"})
    rows = client.get(f"/repos/org/shop/commits/{pull.head}/statuses").json()
    assert [row["state"] for row in rows] == ["failure", "success", "failure", "pending"]
    whole = client.get(f"/repos/org/shop/commits/{pull.head}/status").json()
    assert whole["state"] == "failure"
    newest = {row["context"]: row["state"] for row in whole["statuses"]}
    assert newest == {"redline": "success", "other": "failure"}
    assert fake.violations == []


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "passed"},
        {"state": "success", "description": "x" * 141},
        {"state": "success", "target_url": "javascript:1"},
        {"context": "redline"},
    ],
)
def test_a_wrong_status_is_refused(
    client: httpx.Client, pull: PullRequest, fields: dict[str, Any]
) -> None:
    url = f"/repos/org/shop/statuses/{pull.head}"
    assert client.post(url, json=fields).status_code == 422


def test_a_status_needs_push_access_and_a_commit(
    fake: FakeGitHub, client: httpx.Client, pull: PullRequest
) -> None:
    url, body = f"/repos/org/shop/statuses/{pull.head}", {"state": "success"}
    as_bob = {"Authorization": f"Bearer {fake.token('bob')}"}
    assert client.post(url, json=body, headers=as_bob).status_code == 404
    assert client.post(f"/repos/org/shop/statuses/{'0' * 40}", json=body).status_code == 422
