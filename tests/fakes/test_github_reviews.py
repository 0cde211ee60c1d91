"""Reviews and threads: where comments may stand, and what is refused as a whole."""

from typing import Any

import httpx
import pytest

from tests.fakes.described import DESCRIBED
from tests.fakes.github import AppKey, FakeGitHub, PullRequest, Repo

pytestmark = DESCRIBED

URL = "/repos/org/shop/pulls/1"


def post(client: httpx.Client, *comments: dict[str, Any], **fields: Any) -> httpx.Response:
    body = {"event": "COMMENT", "body": "", "comments": list(comments), **fields}
    return client.post(f"{URL}/reviews", json=body)


def at(line: int, path: str = "Dockerfile", side: str = "RIGHT", **further: Any) -> dict[str, Any]:
    return {"path": path, "body": "Look", "line": line, "side": side, **further}


def comments(client: httpx.Client) -> list[dict[str, Any]]:
    return list(client.get(f"{URL}/comments").json())


@pytest.mark.parametrize(
    "comment",
    [
        at(2),
        at(1),
        at(5),
        at(31, side="LEFT"),
        at(3, path="old.txt", side="LEFT"),
        at(1, path="deploy/new.yaml"),
        at(3, start_line=1, start_side="RIGHT"),
        at(32, start_line=31, start_side="LEFT"),
    ],
)
def test_lines_of_the_diff_take_comments(
    client: httpx.Client, fake: FakeGitHub, pull: PullRequest, comment: dict[str, Any]
) -> None:
    answer = post(client, comment)
    assert answer.status_code == 200, answer.text
    [made] = comments(client)
    assert (made["path"], made["line"], made["side"]) == (
        comment["path"],
        comment["line"],
        comment["side"],
    )
    assert fake.violations == []


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        (at(20), "Pull request review thread line must be part of the diff"),
        (at(6), "Pull request review thread line must be part of the diff"),
        (at(900), "Pull request review thread line must be part of the diff"),
        (at(30, side="LEFT"), "Pull request review thread line must be part of the diff"),
        (at(2, side="LEFT"), "Pull request review thread line must be part of the diff"),
        (at(1, path="deploy/web.yaml"), "Pull request review thread path is invalid"),
        (at(1, path="absent"), "Pull request review thread path is invalid"),
        (at(2, start_line=2, start_side="RIGHT"), "start line must precede the end line"),
        (at(2, start_line=4, start_side="RIGHT"), "start line must precede the end line"),
        (at(30, start_line=2, start_side="RIGHT"), "must be part of the same hunk as the line"),
        (at(2, body="  "), "Body can't be blank"),
        (at(2, body="x" * 65_537), "too long"),
    ],
)
def test_one_bad_anchor_refuses_all_and_does_not_say_which(
    client: httpx.Client, pull: PullRequest, comment: dict[str, Any], words: str
) -> None:
    answer = post(client, at(2), comment, at(3))
    assert answer.status_code == 422
    [text] = answer.json()["errors"]
    assert words in text
    assert comment["path"] not in text
    assert comments(client) == []
    assert client.get(f"{URL}/reviews").json() == []


def test_a_file_comment_is_refused_in_a_review(
    client: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    answer = post(client, {"path": "Dockerfile", "body": "x", "subject_type": "file"})
    assert answer.status_code == 422
    assert any("subject_type" in fault for fault in fake.violations)
    assert comments(client) == []


def test_a_file_comment_by_itself(
    client: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    body = {"path": "Dockerfile", "body": "x", "subject_type": "file", "commit_id": pull.head}
    answer = client.post(f"{URL}/comments", json=body)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["subject_type"], answer.json()["line"]) == ("file", None)
    body["path"] = "deploy/web.yaml"
    refused = client.post(f"{URL}/comments", json=body)
    assert refused.json()["errors"][0]["field"] == "pull_request_review_thread.path"
    assert fake.violations == []


def test_a_line_comment_by_itself_says_what_is_wrong(
    client: httpx.Client, pull: PullRequest
) -> None:
    body = {"path": "Dockerfile", "body": "x", "line": 20, "side": "RIGHT", "commit_id": pull.head}
    refused = client.post(f"{URL}/comments", json=body)
    assert refused.status_code == 422
    fields = [error["field"] for error in refused.json()["errors"]]
    assert "pull_request_review_thread.line" in fields
    nowhere = {"path": "Dockerfile", "body": "x", "commit_id": pull.head}
    assert "wasn't supplied" in client.post(f"{URL}/comments", json=nowhere).json()["message"]
    assert client.post(f"{URL}/comments", json={**body, "line": 2}).status_code == 201


def test_one_pending_review_a_person(
    client: httpx.Client, bot: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    pending = client.post(f"{URL}/reviews", json={"comments": [at(2)]}).json()
    assert pending["state"] == "PENDING"
    for event in ("COMMENT", None):
        fields = {"body": "x"} if event is None else {"body": "x", "event": event}
        refused = client.post(f"{URL}/reviews", json=fields)
        assert refused.json()["errors"] == [
            "User can only have one pending review per pull request"
        ]
    assert bot.get(f"{URL}/reviews").json() == []
    assert comments(client) == []
    assert post(bot, at(2)).status_code == 200
    gone = client.delete(f"{URL}/reviews/{pending['id']}")
    assert gone.status_code == 200
    assert post(client, at(2)).status_code == 200
    assert [one["user"]["login"] for one in comments(client)] == ["redline[bot]", "ada"]
    assert fake.violations == []


def test_a_pending_review_is_submitted_later(
    client: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    pending = client.post(f"{URL}/reviews", json={"comments": [at(2)]}).json()
    assert pull.notifications == 0
    done = client.post(f"{URL}/reviews/{pending['id']}/events", json={"event": "COMMENT"})
    assert done.json()["state"] == "COMMENTED"
    assert len(comments(client)) == 1
    assert pull.notifications == 1
    assert client.delete(f"{URL}/reviews/{pending['id']}").status_code == 422
    assert fake.violations == []


def test_a_review_needs_words_or_comments(client: httpx.Client, pull: PullRequest) -> None:
    assert post(client).status_code == 422
    assert post(client, body="x" * 65_537).status_code == 422
    assert post(client, body="x" * 65_536).status_code == 200


def test_the_commit_must_be_of_the_pull_request(
    client: httpx.Client, pull: PullRequest, repo: Repo
) -> None:
    assert post(client, at(2), commit_id=repo.sha("main")).status_code == 422
    former = pull.head
    repo.push("feature", {"Dockerfile": "FROM x\n"}, force=True)
    assert post(client, at(1), commit_id=former).status_code == 422
    assert post(client, at(1), commit_id=pull.head).status_code == 200


def test_people_cannot_approve_their_own(client: httpx.Client, pull: PullRequest) -> None:
    refused = post(client, event="APPROVE", body="yes")
    assert "own pull request" in refused.json()["errors"][0]


def test_a_comment_follows_its_line_and_is_outdated_when_it_is_gone(
    client: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    post(client, at(2), at(31, side="LEFT"))
    text = pull.text("Dockerfile")
    pull.push({"Dockerfile": text.replace("USER root\n", "LABEL a=b\nUSER root\n")})
    assert [(one["line"], one["side"]) for one in comments(client)] == [(3, "RIGHT"), (31, "LEFT")]
    assert {one["commit_id"] for one in comments(client)} == {pull.head}
    pull.push({"Dockerfile": text.replace("USER root\n", "USER 1000\n")})
    moved, kept = comments(client)
    assert (moved["line"], moved["original_line"], moved["position"]) == (None, 2, None)
    assert kept["line"] == 31
    assert fake.violations == []


def test_a_comment_follows_a_renamed_file(client: httpx.Client, pull: PullRequest) -> None:
    post(client, at(2))
    text = pull.text("Dockerfile")
    pull.push({"Dockerfile": None, "images/Dockerfile": text})
    [one] = comments(client)
    assert (one["path"], one["line"]) == ("images/Dockerfile", 2)


def test_replies_edits_and_deletes(
    client: httpx.Client, bot: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    post(bot, at(2))
    [root] = comments(client)
    answer = client.post(f"{URL}/comments/{root['id']}/replies", json={"body": "why?"}).json()
    assert answer["in_reply_to_id"] == root["id"]
    url = f"/repos/org/shop/pulls/comments/{root['id']}"
    assert client.patch(url, json={"body": "mine now"}).status_code == 403
    edited = bot.patch(url, json={"body": "Fixed"})
    assert edited.json()["body"] == "Fixed"
    assert client.delete(url).status_code == 403
    assert bot.delete(url).status_code == 204
    assert bot.get(url).status_code == 404
    assert [one["body"] for one in comments(client)] == ["why?"]
    assert fake.violations == []


def test_the_conversation_is_read_back(
    client: httpx.Client, bot: httpx.Client, app: AppKey, pull: PullRequest
) -> None:
    post(bot, at(2), body="Two things")
    [thread] = pull.threads
    bot.patch(f"/repos/org/shop/pulls/comments/{thread['id']}", json={"body": "Look again"})
    pull.reply("ada", thread["id"], "Done")
    pull.resolve("ada", thread["id"])
    pull.comment("bob", "Nice")
    [thread] = pull.threads
    assert (thread["path"], thread["line"], thread["resolved_by"]) == ("Dockerfile", 2, "ada")
    assert [one["body"] for one in thread["comments"]] == ["Look again", "Done"]
    assert [text for _, text in thread["comments"][0]["history"]] == ["Look"]
    told = pull.conversation()
    assert [(row["kind"], row["author"], row["body"]) for row in told["timeline"]] == [
        ("review", app.login, "Two things"),
        ("review", "ada", ""),
        ("comment", "bob", "Nice"),
    ]
    assert told["notifications"] == pull.notifications == 3


def test_a_comment_at_an_older_commit_is_outdated_at_once(
    client: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    older = pull.head
    pull.push({"Dockerfile": pull.text("Dockerfile").replace("USER root", "USER 1000")})
    assert post(client, at(2), at(3), commit_id=older).status_code == 200
    gone, there = comments(client)
    assert (gone["line"], gone["original_line"], gone["commit_id"]) == (None, 2, older)
    assert (there["line"], there["original_commit_id"]) == (3, older)
    assert fake.violations == []


def test_another_base_branch_shows_other_lines(
    client: httpx.Client, fake: FakeGitHub, pull: PullRequest, repo: Repo
) -> None:
    post(client, at(2), at(3, path="old.txt", side="LEFT"))
    repo.move("release", pull.head)
    repo.push("release", {"more": "x"})
    pull.retarget("release")
    assert [one["line"] for one in comments(client)] == [None, None]
    assert fake.violations == []
