"""What goes wrong on purpose: lost answers, late listings, limits, clocks."""

import time

import httpx
import pytest

from tests.fakes.described import DESCRIBED
from tests.fakes.github import FakeGitHub, PullRequest

pytestmark = DESCRIBED

ISSUE = "/repos/org/shop/issues/1/comments"


def say(client: httpx.Client, text: str = "x", seconds: float = 20) -> httpx.Response:
    return client.post(ISSUE, json={"body": text}, timeout=seconds)


def texts(client: httpx.Client) -> list[str]:
    return [one["body"] for one in client.get(ISSUE).json()]


def test_failing_before_and_after_the_write(
    client: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    fake.faults.add("POST */comments", status=502)
    assert say(client, "before").status_code == 502
    assert texts(client) == []
    fake.faults.add("POST */comments", status=500, after=True, times=2)
    assert [say(client, f"after {n}").status_code for n in range(3)] == [500, 500, 201]
    assert texts(client) == ["after 0", "after 1", "after 2"]


@pytest.mark.parametrize("after", [False, True])
def test_dropped_connections_and_time_outs(
    client: httpx.Client, fake: FakeGitHub, pull: PullRequest, after: bool
) -> None:
    fake.faults.add("POST */comments", what="drop", after=after)
    with pytest.raises(httpx.RemoteProtocolError):
        say(client, "one")
    fake.faults.add("POST */comments", what="hang", after=after, seconds=1)
    with pytest.raises(httpx.TimeoutException):
        say(client, "two", seconds=0.2)
    assert texts(client) == (["one", "two"] if after else [])


def test_an_answer_by_the_byte(client: httpx.Client, fake: FakeGitHub, pull: PullRequest) -> None:
    fake.faults.add("GET */rate_limit", what="slow", seconds=0.001)
    begun = time.monotonic()
    answer = client.get("/rate_limit")
    assert answer.json()["rate"]["limit"] == 5000
    assert time.monotonic() - begun > 0.001 * len(answer.content)


def test_chances_are_drawn_alike_for_a_seed() -> None:
    def drawn(seed: int) -> list[int]:
        with FakeGitHub(seed=seed) as fake:
            fake.faults.add("GET *", chance=0.5, times=None)
            agent = {"User-Agent": "test"}
            return [httpx.get(f"{fake.api}/rate_limit", headers=agent, verify=False).status_code
                    for _ in range(20)]  # fmt: skip

    assert set(drawn(1)) == {200, 502}
    assert drawn(1) == drawn(1) != drawn(2)


def test_listings_are_late(
    client: httpx.Client, bot: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    fake.faults.stale(5, "comments", "review_comments", "reviews", "checks", "statuses")
    comment = {"path": "Dockerfile", "line": 2, "side": "RIGHT", "body": "x"}
    pulls = "/repos/org/shop/pulls/1"
    bot.post(f"{pulls}/reviews", json={"event": "COMMENT", "comments": [comment]})
    made = say(bot, "first").json()
    bot.post("/repos/org/shop/check-runs", json={"name": "a", "head_sha": pull.head})
    assert texts(client) == client.get(f"{pulls}/comments").json() == []
    assert client.get(f"{pulls}/reviews").json() == []
    listed = client.get(f"/repos/org/shop/commits/{pull.head}/check-runs").json()
    assert listed["total_count"] == 0
    one = f"/repos/org/shop/issues/comments/{made['id']}"
    assert client.get(one).json()["body"] == "first"
    fake.clock.advance(5)
    assert texts(client) == ["first"]
    bot.patch(one, json={"body": "second"})
    assert texts(client) == ["first"]
    bot.delete(one)
    fake.clock.advance(5)
    assert texts(client) == []


def test_writing_too_much_is_refused_for_a_while(
    client: httpx.Client, bot: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    fake.limits.writes_a_minute = 3
    fake.limits.retry_after = 30
    assert [say(client).status_code for _ in range(3)] == [201, 201, 201]
    refused = say(client)
    assert refused.status_code == 403
    assert refused.headers["retry-after"] == "30"
    assert "secondary rate limit" in refused.json()["message"]
    assert say(bot).status_code == 201
    assert client.get(ISSUE).status_code == 200
    fake.clock.advance(31)
    assert say(client).status_code == 403  # the minute is not over
    fake.clock.advance(61)
    assert say(client).status_code == 201
    assert len(fake.content_writes) == 5


def test_the_hourly_limit(
    client: httpx.Client, bot: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    first = client.get("/rate_limit")
    assert first.headers["x-ratelimit-remaining"] == "4999"
    fake.limits.exhaust("user ada", seconds=100)
    refused = client.get(ISSUE)
    assert refused.status_code == 403
    assert refused.json()["message"].startswith("API rate limit exceeded")
    assert refused.headers["x-ratelimit-remaining"] == "0"
    wait = int(refused.headers["x-ratelimit-reset"]) - fake.clock.now()
    assert 98 < wait <= 101
    assert bot.get(ISSUE).status_code == 200
    fake.clock.advance(101)
    assert client.get(ISSUE).status_code == 200


def test_a_fault_of_the_fakes_own_is_a_violation(
    client: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    pull.state.base_ref = "absent"
    assert client.get("/repos/org/shop/pulls/1").status_code == 500
    assert "the fake broke" in fake.violations.pop()
