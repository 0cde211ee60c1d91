"""Webhooks: signed, logged, sent again, lost, doubled, out of order."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import httpx
import jwt
import pytest

from tests.fakes.described import DESCRIBED
from tests.fakes.github import AppKey, FakeGitHub, PullRequest, Repo

pytestmark = DESCRIBED

Got = list[tuple[dict[str, str], bytes]]


@pytest.fixture
def got(fake: FakeGitHub) -> Iterator[Got]:
    """What a receiver got, headers and body."""
    received: Got = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append(({name.lower(): self.headers[name] for name in self.headers}, body))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        fake.deliver_to(f"http://127.0.0.1:{server.server_port}/", "secret")
        yield received
        server.shutdown()
        thread.join()


def events(fake: FakeGitHub, got: Got) -> list[str]:
    fake.hooks.settle()
    return [json.loads(body)["comment"]["body"] for _, body in got]


def test_a_delivery_is_signed(fake: FakeGitHub, got: Got, app: AppKey, pull: PullRequest) -> None:
    pull.comment("ada", "/recheck")
    fake.hooks.settle()
    headers, body = got[-1]
    expected = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == f"sha256={expected}"
    assert headers["x-github-event"] == "issue_comment"
    assert headers["x-github-delivery"] == fake.hooks.log[-1].guid
    assert headers["user-agent"].startswith("GitHub-Hookshot/")
    payload = json.loads(body)
    assert payload["installation"]["id"] == app.installation.id
    assert payload["issue"]["pull_request"]
    assert fake.violations == []


def test_a_plain_repositorys_payload_names_no_installation(
    fake: FakeGitHub, got: Got, pull: PullRequest
) -> None:
    fake.hooks.settle()
    assert "installation" not in json.loads(got[-1][1])


def test_deliveries_are_lost_doubled_and_shuffled(
    fake: FakeGitHub, got: Got, pull: PullRequest
) -> None:
    fake.hooks.settle()
    got.clear()
    fake.hooks.lose = 1.0
    pull.comment("ada", "lost")
    fake.hooks.lose, fake.hooks.double = 0.0, 1.0
    pull.comment("ada", "twice")
    assert events(fake, got) == ["twice", "twice"]
    assert got[0][0]["x-github-delivery"] == got[1][0]["x-github-delivery"]
    fake.hooks.double = 0.0
    fake.hooks.hold()
    for text in ("one", "two"):
        pull.comment("ada", text)
    assert len(events(fake, got)) == 2
    fake.hooks.release(reverse=True)
    assert events(fake, got)[2:] == ["two", "one"]


def test_the_log_and_a_redelivery(
    fake: FakeGitHub, got: Got, app: AppKey, pull: PullRequest
) -> None:
    fake.hooks.lose = 1.0
    pull.comment("ada", "lost")
    fake.hooks.lose = 0.0
    now = int(time.time())
    token = jwt.encode(
        {"iss": str(app.id), "iat": now - 9, "exp": now + 60}, app.private_key, algorithm="RS256"
    )
    headers = {"User-Agent": "test", "Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=fake.api, headers=headers, verify=False) as client:
        listed = client.get("/app/hook/deliveries", params={"per_page": 1})
        [row] = listed.json()
        assert (row["event"], row["status_code"], row["redelivery"]) == ("issue_comment", 0, False)
        older = client.get(listed.links["next"]["url"]).json()
        assert older[0]["event"] == "pull_request"
        again = client.post(f"/app/hook/deliveries/{row['id']}/attempts")
        assert again.status_code == 202
        fake.hooks.settle()
        newest = client.get("/app/hook/deliveries").json()[0]
        assert (newest["guid"], newest["redelivery"]) == (row["guid"], True)
        assert newest["status_code"] == 202
        whole = client.get(f"/app/hook/deliveries/{newest['id']}").json()
        assert whole["request"]["payload"]["comment"]["body"] == "lost"
        assert client.get("/app/hook/config").json()["content_type"] == "json"
    assert got[-1][0]["x-github-delivery"] == row["guid"]
    assert fake.violations == []


def test_a_receiver_that_is_away(fake: FakeGitHub, repo: Repo, pull: PullRequest) -> None:
    fake.deliver_to("http://127.0.0.1:1/", "secret")
    pull.comment("ada", "hello?")
    fake.hooks.settle()
    assert fake.hooks.log[-1].status == 0


def test_ping_and_installation(fake: FakeGitHub, got: Got, app: AppKey, repo: Repo) -> None:
    fake.ping()
    fake.announce(app)
    fake.hooks.settle()
    told = [headers["x-github-event"] for headers, _ in got]
    assert told == ["push", "ping", "installation"]
    assert fake.violations == []


def test_each_push_of_a_branch_is_told(fake: FakeGitHub, repo: Repo, pull: PullRequest) -> None:
    heard = len(fake.hooks.log)
    before, sha = repo.sha("main"), repo.push("main", {"a": "b"})
    head = pull.push({"c": "d"})
    new = fake.hooks.log[heard:]
    assert [one.event for one in new] == ["push", "push", "pull_request"]
    payload = new[0].payload
    assert (payload["ref"], payload["before"], payload["after"]) == ("refs/heads/main", before, sha)
    assert (payload["created"], payload["forced"], payload["deleted"]) == (False, False, False)
    assert new[1].payload["after"] == head
    repo.move("main", before)
    assert fake.hooks.log[-1].payload["forced"]
    repo.push("topic", {"e": "f"})
    assert fake.hooks.log[-1].payload["created"]
    merged = pull.merge()
    assert (fake.hooks.log[-1].event, fake.hooks.log[-1].payload["after"]) == ("push", merged)
    assert fake.violations == []
