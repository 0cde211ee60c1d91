"""The conversation: comments, their owners, reactions."""

import httpx

from tests.fakes.described import DESCRIBED
from tests.fakes.github import FakeGitHub, PullRequest

pytestmark = DESCRIBED

ISSUE = "/repos/org/shop/issues/1/comments"
ONE = "/repos/org/shop/issues/comments"


def test_comments_are_made_edited_and_deleted(
    client: httpx.Client, bot: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    made = bot.post(ISSUE, json={"body": "Summary"})
    assert made.status_code == 201
    url = f"{ONE}/{made.json()['id']}"
    assert client.patch(url, json={"body": "Mine"}).status_code == 403
    assert client.delete(url).status_code == 403
    fake.clock.advance(5)
    edited = bot.patch(url, json={"body": "Summary 2"}).json()
    assert edited["updated_at"] > edited["created_at"]
    assert pull.notifications == 1
    assert bot.delete(url).status_code == 204
    assert bot.get(url).status_code == 404
    assert client.get(ISSUE).json() == []
    assert [(one.event, one.action) for one in fake.hooks.log[-3:]] == [
        ("issue_comment", "created"),
        ("issue_comment", "edited"),
        ("issue_comment", "deleted"),
    ]
    assert fake.violations == []


def test_lengths_and_blanks(client: httpx.Client, pull: PullRequest) -> None:
    assert client.post(ISSUE, json={"body": "x" * 65_536}).status_code == 201
    refused = client.post(ISSUE, json={"body": "x" * 65_537})
    assert refused.status_code == 422
    assert "too long" in refused.json()["errors"][0]["message"]
    assert client.post(ISSUE, json={"body": " "}).status_code == 422
    assert client.post(ISSUE, json={"body": "x", "mark": 1}).status_code == 422
    assert client.post(ISSUE, content=b"{").status_code == 400
    assert client.post(ISSUE.replace("/1/", "/9/"), json={"body": "x"}).status_code == 404


def test_pages_are_linked(client: httpx.Client, fake: FakeGitHub, pull: PullRequest) -> None:
    for number in range(5):
        pull.comment("bob", str(number))
    seen, url = [], f"{ISSUE}?per_page=2"
    while url:
        answer = client.get(url)
        seen += [one["body"] for one in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    assert seen == ["0", "1", "2", "3", "4"]
    assert len(client.get(f"{ISSUE}?per_page=500").json()) == 5
    assert fake.violations == []


def test_reactions(
    client: httpx.Client, bot: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    number = pull.comment("ada", "/recheck")
    url = f"{ONE}/{number}/reactions"
    first, again = (bot.post(url, json={"content": "eyes"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert bot.post(url, json={"content": "thumbsup"}).status_code == 422
    assert client.get(f"{ONE}/{number}").json()["reactions"]["eyes"] == 1
    mine = f"{url}/{first.json()['id']}"
    assert client.delete(mine).status_code == 403
    assert bot.delete(mine).status_code == 204
    assert client.get(url).json() == []
    fake.violations.clear()  # thumbsup is no reaction


def test_reactions_on_a_review_comment(
    bot: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    comment = {"path": "Dockerfile", "line": 2, "side": "RIGHT", "body": "x"}
    bot.post("/repos/org/shop/pulls/1/reviews", json={"event": "COMMENT", "comments": [comment]})
    [thread] = pull.threads
    url = f"/repos/org/shop/pulls/comments/{thread['id']}/reactions"
    made = bot.post(url, json={"content": "+1"}).json()
    assert [one["content"] for one in bot.get(url).json()] == ["+1"]
    assert pull.threads[0]["comments"][0]["reactions"] == [{"content": "+1", "by": "redline[bot]"}]
    assert bot.delete(f"{url}/{made['id']}").status_code == 204
    assert fake.violations == []
