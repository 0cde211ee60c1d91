"""Threads by GraphQL."""

from typing import Any

import httpx
import pytest

from tests.fakes.described import DESCRIBED
from tests.fakes.github import AppKey, FakeGitHub, PullRequest, Repo

pytestmark = DESCRIBED

THREADS = """
query($owner: String!, $name: String!, $number: Int!, $first: Int, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: $first, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes {
          id isResolved isOutdated viewerCanResolve path line subjectType
          resolvedBy { login }
          comments(first: 50) { nodes { id databaseId body isMinimized
                                        author { __typename login } } }
        }
      }
    }
  }
}
"""
RESOLVE = """mutation($id: ID!) {
  resolveReviewThread(input: {threadId: $id}) { thread { id isResolved } } }"""
MINIMIZE = """mutation($id: ID!, $why: ReportedContentClassifiers!) {
  minimizeComment(input: {subjectId: $id, classifier: $why}) {
    minimizedComment { isMinimized minimizedReason } } }"""


def ask(client: httpx.Client, query: str, **variables: Any) -> dict[str, Any]:
    answer = client.post("/graphql", json={"query": query, "variables": variables})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def threads(client: httpx.Client, **variables: Any) -> dict[str, Any]:
    asked = {"owner": "org", "name": "shop", "number": 1, "first": 100, **variables}
    told = ask(client, THREADS, **asked)
    return dict(told["data"]["repository"]["pullRequest"]["reviewThreads"])


@pytest.fixture
def thread(bot: httpx.Client, pull: PullRequest) -> dict[str, Any]:
    """The only thread, begun by the App."""
    comment = {"path": "Dockerfile", "line": 2, "side": "RIGHT", "body": "Look"}
    body = {"event": "COMMENT", "comments": [comment]}
    assert bot.post("/repos/org/shop/pulls/1/reviews", json=body).status_code == 200
    [found] = threads(bot)["nodes"]
    return dict(found)


def test_threads_are_read(fake: FakeGitHub, thread: dict[str, Any]) -> None:
    assert thread["id"].startswith("PRRT_kwDO")
    assert (thread["path"], thread["line"], thread["isResolved"]) == ("Dockerfile", 2, False)
    [comment] = thread["comments"]["nodes"]
    assert comment["author"] == {"__typename": "Bot", "login": "redline"}
    assert fake.violations == []


def test_resolving_needs_contents_write(
    bot: httpx.Client, app: AppKey, fake: FakeGitHub, pull: PullRequest, thread: dict[str, Any]
) -> None:
    assert thread["viewerCanResolve"] is False
    told = ask(bot, RESOLVE, id=thread["id"])
    assert told["errors"][0]["type"] == "FORBIDDEN"
    assert pull.threads[0]["resolved"] is False
    app.grant(contents="write")
    token = fake.server.state.token(
        app.state.bot, installation=app.installation, permissions=app.installation.permissions
    )
    bot.headers["Authorization"] = f"Bearer {token.value}"
    assert threads(bot)["nodes"][0]["viewerCanResolve"] is True
    told = ask(bot, RESOLVE, id=thread["id"])
    assert told["data"]["resolveReviewThread"]["thread"]["isResolved"] is True
    assert pull.threads[0]["resolved_by"] == "redline[bot]"
    assert fake.hooks.log[-1].event == "pull_request_review_thread"
    assert fake.violations == []


def test_people_resolve_with_write_access(
    client: httpx.Client, fake: FakeGitHub, thread: dict[str, Any]
) -> None:
    ask(client, RESOLVE, id=thread["id"])
    assert threads(client)["nodes"][0]["resolvedBy"] == {"login": "ada"}
    eve = {"Authorization": f"Bearer {fake.token('eve')}"}
    client.headers.update(eve)
    assert ask(client, RESOLVE, id=thread["id"])["errors"][0]["type"] == "FORBIDDEN"


def test_minimising_ones_own_comment(
    bot: httpx.Client, client: httpx.Client, fake: FakeGitHub, pull: PullRequest,
    thread: dict[str, Any],
) -> None:  # fmt: skip
    comment = thread["comments"]["nodes"][0]["id"]
    told = ask(bot, MINIMIZE, id=comment, why="RESOLVED")
    assert told["data"]["minimizeComment"]["minimizedComment"]["minimizedReason"] == "resolved"
    assert pull.threads[0]["comments"][0]["minimized"] == "resolved"
    assert fake.violations == []
    ask(client, MINIMIZE, id=comment, why="BORED")
    assert fake.violations.pop()


def test_pages(bot: httpx.Client, fake: FakeGitHub, pull: PullRequest) -> None:
    lines = [{"path": "Dockerfile", "line": n, "side": "RIGHT", "body": "x"} for n in (1, 2, 3)]
    bot.post("/repos/org/shop/pulls/1/reviews", json={"event": "COMMENT", "comments": lines})
    first = threads(bot, first=2)
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
    second = threads(bot, first=2, after=first["pageInfo"]["endCursor"])
    assert [one["line"] for one in first["nodes"] + second["nodes"]] == [1, 2, 3]
    assert second["pageInfo"]["hasNextPage"] is False
    asked = {"owner": "org", "name": "shop", "number": 1}
    assert ask(bot, THREADS, **asked, first=101)["errors"][0]["type"] == "EXCESSIVE_PAGINATION"
    told = ask(bot, THREADS, **asked)
    assert told["errors"][0]["type"] == "MISSING_PAGINATION_BOUNDARIES"
    assert fake.violations == []


def test_what_is_not_there(bot: httpx.Client, fake: FakeGitHub, pull: PullRequest) -> None:
    told = ask(bot, THREADS, owner="org", name="absent", number=1, first=1)
    assert told["errors"][0]["type"] == "NOT_FOUND"
    assert ask(bot, RESOLVE, id="PRRT_nonsense")["errors"][0]["type"] == "NOT_FOUND"
    assert fake.violations == []
    assert "errors" in ask(bot, "{ repository(owner: 1) { wrong } }")
    assert fake.violations.pop()


def test_a_permission_and_a_token_are_needed(
    bot: httpx.Client, app: AppKey, fake: FakeGitHub, thread: dict[str, Any], repo: Repo
) -> None:
    app.grant(pull_requests=None)
    told = ask(bot, THREADS, owner="org", name="shop", number=1, first=1)
    assert told["errors"][0]["type"] == "FORBIDDEN"
    bare = httpx.post(f"{fake.api}/graphql", json={"query": "{viewer{login}}"}, verify=False)
    assert bare.status_code == 401
