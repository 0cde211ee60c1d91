"""Webhooks: with a token or signed, logged, sent again, off after four failures."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import gitlab
import httpx
import pytest

from tests.fakes.conftest import signed_in
from tests.fakes.gitlab import FakeGitLab, MergeRequest, Repo

Got = list[tuple[dict[str, str], bytes]]
SIGNING = "whsec_" + base64.b64encode(b"thirty-two bytes of a secret....").decode()


@contextmanager
def receiving(answer: Callable[[], int] = lambda: 200) -> Iterator[tuple[str, Got]]:
    """A receiver's address, and what it got: headers and body."""
    received: Got = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append(({name.lower(): self.headers[name] for name in self.headers}, body))
            self.send_response(answer())
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", received
        server.shutdown()
        thread.join()


@pytest.fixture
def got(lab: FakeGitLab) -> Iterator[Got]:
    with receiving() as (url, received):
        lab.deliver_to(url, "secret")
        yield received


def test_a_token(lab: FakeGitLab, got: Got, mr: MergeRequest) -> None:
    mr.comment("ada", "/redline help")
    lab.hooks.settle()
    headers, body = got[-1]
    assert (headers["x-gitlab-event"], headers["x-gitlab-token"]) == ("Note Hook", "secret")
    assert headers["idempotency-key"] == lab.hooks.log[-1].guid
    assert headers["x-gitlab-event-uuid"]
    assert "webhook-signature" not in headers
    said = json.loads(body)
    assert said["object_attributes"]["note"] == "/redline help"
    assert said["object_attributes"]["noteable_type"] == "MergeRequest"
    assert said["object_attributes"]["action"] == "create"
    assert (said["merge_request"]["iid"], said["user"]["username"]) == (1, "ada")
    assert said["project"]["path_with_namespace"] == "org/infra/shop"


def test_a_signature(lab: FakeGitLab, got: Got, mr: MergeRequest) -> None:
    lab.deliver_to(lab.hooks.url, SIGNING)
    lab.hooks.settle()
    mr.comment("ada", "Hello")
    lab.hooks.settle()
    headers, body = got[-1]
    assert "x-gitlab-token" not in headers
    assert headers["webhook-id"] == headers["idempotency-key"]
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.digest(b"thirty-two bytes of a secret....", text, hashlib.sha256)
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_what_people_do_is_told(lab: FakeGitLab, shop: Repo, mr: MergeRequest) -> None:
    before = mr.head
    mr.push({"x": "y"})
    mr.label("urgent")
    mr.describe("More words")
    mr.to_draft()
    mr.ready()
    mr.approve()
    mr.unapprove()
    mr.close()
    mr.reopen()
    mr.merge()
    rows = [one.payload for one in lab.hooks.log if one.event == "merge_request"]
    told = [(row["object_attributes"]["action"], *row["changes"]) for row in rows]
    assert told == [
        ("open",),
        ("update",),
        ("update", "labels"),
        ("update", "description"),
        ("update", "title", "draft"),
        ("update", "title", "draft"),
        ("approved",),
        ("unapproved",),
        ("close", "state_id"),
        ("reopen", "state_id"),
        ("merge", "state_id"),
    ]
    olds = [row["object_attributes"].get("oldrev") for row in rows]
    assert olds == [None, before, *[None] * 9]
    assert rows[4]["changes"]["draft"] == {"previous": False, "current": True}
    assert rows[1]["object_attributes"]["last_commit"]["id"] == mr.head


def test_notes_elsewhere_and_system_notes(lab: FakeGitLab, shop: Repo, mr: MergeRequest) -> None:
    lab.hooks.of(shop.state).off |= {"push_events", "pipeline_events"}
    shop.push("other", {"a": "b"})
    assert lab.hooks.log[-1].event == "merge_request"
    shop.comment_on_commit("ada", mr.head, "/redline help")
    shop.comment_on_issue("ada", 7, "/redline help")
    rows = [one.payload for one in lab.hooks.log if one.event == "note"]
    kinds = [row["object_attributes"]["noteable_type"] for row in rows]
    assert kinds == ["Commit", "Issue"]
    assert all("merge_request" not in row for row in rows)
    mr.approve()  # makes a system note
    assert [one.event for one in lab.hooks.log].count("note") == 2


def test_edits_are_told_as_such(lab: FakeGitLab, mr: MergeRequest) -> None:
    mr.edit("ada", mr.comment("ada", "one"), "two")
    rows = [one for one in lab.hooks.log if one.event == "note"]
    assert [one.action for one in rows] == ["create", "update"]


def test_lost_doubled_and_shuffled(lab: FakeGitLab, got: Got, mr: MergeRequest) -> None:
    lab.hooks.settle()
    got.clear()
    lab.hooks.lose = 1.0
    mr.comment("ada", "lost")
    lab.hooks.lose, lab.hooks.double = 0.0, 1.0
    mr.comment("ada", "twice")
    lab.hooks.double = 0.0
    lab.hooks.hold()
    mr.comment("ada", "first")
    mr.comment("ada", "second")
    lab.hooks.release(reverse=True)
    lab.hooks.settle()
    texts = [json.loads(body)["object_attributes"]["note"] for _, body in got]
    assert texts == ["twice", "twice", "second", "first"]
    assert len({headers["idempotency-key"] for headers, _ in got}) == 3


def test_the_log_and_sending_again(lab: FakeGitLab, got: Got, mr: MergeRequest, shop: Repo) -> None:
    project = signed_in(lab, "mia").projects.get(shop.id)
    [hook] = project.hooks.list(get_all=True)
    lab.hooks.lose = 1.0
    mr.comment("ada", "lost")
    lab.hooks.settle()
    path = f"/projects/{shop.id}/hooks/{hook.id}/events"
    gl = project.manager.gitlab
    [lost, *_] = gl.http_list(path, get_all=True, query_data={"status": "server_failure"})
    assert (lost["trigger"], lost["response_status"]) == ("note_hooks", "internal error")
    lab.hooks.lose = 0.0
    assert gl.http_post(f"{path}/{lost['id']}/resend") == {"response_status": 200}
    lab.hooks.settle()
    [newest, *_] = gl.http_list(path, page=1)
    assert newest["response_status"] == "200"
    first = next(one for one in lab.hooks.log if one.id == lost["id"])
    assert newest["request_headers"]["Idempotency-Key"] == first.guid
    assert newest["request_headers"]["X-Gitlab-Token"] == "[REDACTED]"
    for _ in range(4):
        gl.http_post(f"{path}/{lost['id']}/resend")
    with pytest.raises(gitlab.GitlabHttpError, match="too many times"):
        gl.http_post(f"{path}/{lost['id']}/resend", obey_rate_limit=False)
    with pytest.raises(gitlab.GitlabListError, match="403"):
        signed_in(lab, "redline").projects.get(shop.id).hooks.list(get_all=True)
    assert lab.violations == []


def test_four_failures_in_a_row_disable_the_hook(
    lab: FakeGitLab, mr: MergeRequest, shop: Repo
) -> None:
    answers = iter([500, 500, 500, 200, 404, 500, 401, 500, 200, 200])
    with receiving(lambda: next(answers)) as (url, received):
        lab.deliver_to(url)
        for number in range(10):
            mr.comment("ada", f"note {number}")
            lab.hooks.settle()
        assert len(received) == 8
        project = signed_in(lab, "mia").projects.get(shop.id)
        [hook] = project.hooks.list(get_all=True)
        assert hook.alert_status == "disabled"
        hook.test("push_events")
        lab.hooks.settle()
        assert project.hooks.get(hook.id).alert_status == "executable"
        mr.comment("ada", "again")
        lab.hooks.settle()
        assert len(received) == 10


def test_acts_by_http(lab: FakeGitLab) -> None:
    def act(what: str, **given: Any) -> Any:
        answer = httpx.post(f"{lab.server.url}/_fake/{what}", json=given)
        assert answer.status_code == 200, answer.text
        return answer.json()["ok"]

    act("repository", name="org/shop", files={"a": "b\n"}, roles={"ada": "developer"})
    act("push", repository="org/shop", branch="feature", files={"a": "c\n"})
    mr = act("open_merge_request", repository="org/shop", head="feature")
    act("comment", repository="org/shop", merge_request=mr["number"], login="ada", text="Hi")
    told = act("conversation", repository="org/shop", merge_request=1)
    assert [row["body"] for row in told["timeline"]] == ["Hi"]
    assert told["head"] == mr["head"]
    assert act("violations") == []
    refused = httpx.post(f"{lab.server.url}/_fake/nothing", json={"repository": "org/shop"})
    assert refused.status_code == 400


def test_each_push_of_a_branch_is_told(lab: FakeGitLab, shop: Repo, mr: MergeRequest) -> None:
    heard = len(lab.hooks.log)
    before, sha = shop.sha("main"), shop.push("main", {"a": "b"})
    head = mr.push({"c": "d"})
    pushes = [one.payload for one in lab.hooks.log[heard:] if one.event == "push"]
    assert [one["after"] for one in pushes] == [sha, head]
    assert (pushes[0]["ref"], pushes[0]["before"]) == ("refs/heads/main", before)
    assert lab.hooks.headers(lab.hooks.log[heard])["X-Gitlab-Event"] == "Push Hook"
    merged = mr.merge()
    assert (lab.hooks.log[-1].event, lab.hooks.log[-1].payload["after"]) == ("push", merged)
