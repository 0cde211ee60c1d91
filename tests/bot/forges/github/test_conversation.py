"""Our comments: listed by author and mark, posted, edited, resolved; people's are left alone."""

from collections.abc import Sequence
from typing import Any

import pytest
import requests

from bot.change import Anchor, AnchorKind, Change
from bot.forges.base import Gone, Reaction, Refused, Unsure
from bot.forges.github import GitHub
from bot.marks import sign
from bot.review import Comment, CommentKind, Mark
from rules.finding import Side
from tests.bot.forges.github.conftest import KEY, Connect, both, id_of
from tests.fakes.github import AppKey, FakeGitHub, PullRequest, Repo

ON_HEAD = Anchor(AnchorKind.LINE, "Dockerfile", 3)
ON_CONTEXT = Anchor(AnchorKind.LINE, "Dockerfile", 2, old_line=2)
ON_BASE = Anchor(AnchorKind.LINE, "gone.yaml", 1, Side.BASE)
ON_FILE = Anchor(AnchorKind.FILE, "Dockerfile")
NOWHERE = Anchor(AnchorKind.LINE, "Dockerfile", 40)


def thread(change: Change, rule: str, anchor: Anchor = ON_HEAD) -> Comment:
    mark = Mark(CommentKind.THREAD, rule, anchor.path, run=change.head)
    return Comment(mark, f"Says {rule}.\n\n{sign(mark, change.id, KEY.encode())}", anchor)


def summary(change: Change) -> Comment:
    mark = Mark(CommentKind.SUMMARY, run=change.head)
    body = f"All of it.\n\n{sign(mark, change.id, KEY.encode())}"
    return Comment(mark, body, Anchor(AnchorKind.SUMMARY))


def rules(forge: GitHub, change: Change) -> list[str]:
    return [one.mark.rule or one.mark.kind for one in forge.conversation(change).own()]


def post(forge: GitHub, change: Change, *comments: Comment) -> None:
    forge.conversation(change).post(comments)


def reactions(github: FakeGitHub, comment: int) -> list[str]:
    rows = github.server.state.reactions[("issue_comment", comment)]
    return [row.now.content for row in rows if row.now]


@both
def test_one_review_with_all_lines(
    forge: GitHub, change: Change, github: FakeGitHub, pull: PullRequest
) -> None:
    anchors = (ON_HEAD, ON_CONTEXT, ON_BASE, ON_FILE)
    comments = [thread(change, f"rule-{at}", anchor) for at, anchor in enumerate(anchors)]
    post(forge, change, *comments, summary(change))
    placed = [(row["path"], row["line"], row["side"], row["subject"]) for row in pull.threads]
    assert placed == [
        ("Dockerfile", 3, "RIGHT", "line"),
        ("Dockerfile", 2, "RIGHT", "line"),
        ("gone.yaml", 1, "LEFT", "line"),
        ("Dockerfile", None, "RIGHT", "file"),
    ]
    assert github.counters["pulls/create-review"] == 1
    assert rules(forge, change) == ["rule-0", "rule-1", "rule-2", "rule-3", "summary"]
    assert pull.notifications == 2  # the review with the summary, the file's comment


@both
def test_what_is_listed(
    forge: GitHub, change: Change, pull: PullRequest, github: FakeGitHub
) -> None:
    comment = thread(change, "root-container")
    post(forge, change, comment)
    (posted,) = forge.conversation(change).own()
    root = pull.threads[0]["id"]
    assert (posted.id, posted.mark, posted.body) == (str(root), comment.mark, comment.body)
    assert posted.thread
    assert posted.url == f"{github.url}/org/infra/pull/1#discussion_r{root}"
    assert (posted.answered, posted.replied, posted.resolved, posted.resolver) == (
        False,
        False,
        False,
        "",
    )


def test_a_comment_on_several_lines(forge: GitHub, change: Change, pull: PullRequest) -> None:
    several = Anchor(AnchorKind.LINE, "Dockerfile", 3, start=1)
    post(forge, change, thread(change, "several", several), thread(change, "one"))
    assert [(row["start_line"], row["line"]) for row in pull.threads] == [(1, 3), (None, 3)]
    listed = [one.anchor for one in forge.conversation(change).own()]
    assert listed == [several, ON_HEAD]
    with pytest.raises(Refused):
        post(
            forge,
            change,
            thread(change, "outside", Anchor(AnchorKind.LINE, "Dockerfile", 9, start=3)),
        )


def test_where_a_comment_stands_now(forge: GitHub, change: Change, pull: PullRequest) -> None:
    places = (ON_HEAD, ON_BASE, ON_FILE)
    post(forge, change, *(thread(change, f"rule-{n}", place) for n, place in enumerate(places)))
    assert [one.anchor for one in forge.conversation(change).own()] == [ON_HEAD, None, None]
    pull.push({"Dockerfile": "# x\nFROM debian:latest\nRUN true\nUSER root\n"})
    moved = Anchor(AnchorKind.LINE, "Dockerfile", 4)
    assert [one.anchor for one in forge.conversation(change).own()] == [moved, None, None]
    pull.push({"Dockerfile": "FROM debian:latest\nRUN true\nUSER 0\n"})
    assert [one.anchor for one in forge.conversation(change).own()] == [None, None, None]


def test_threads_of_several_pages(forge: GitHub, change: Change) -> None:
    post(forge, change, *(thread(change, f"rule-{n:03}") for n in range(130)))
    assert rules(forge, change) == [f"rule-{n:03}" for n in range(130)]


@both
def test_a_mark_alone_is_not_ours(forge: GitHub, change: Change, pull: PullRequest) -> None:
    post(forge, change, thread(change, "mine"), summary(change))
    theirs = summary(change).body
    pull.comment("eve", theirs)
    pull.reply("eve", pull.threads[0]["id"], thread(change, "copied").body)
    assert rules(forge, change) == ["mine", "summary"]


def test_our_account_alone_is_not_enough(forge: GitHub, change: Change, pull: PullRequest) -> None:
    conversation = forge.conversation(change)
    conversation.answer("Words without a mark")
    conversation.answer(summary(change).body.replace("redline:1", "redline:2"))
    assert conversation.own() == []


def test_a_person_called_as_our_app_is_not_us(
    as_app: Connect, pull: PullRequest, repo: Repo, github: FakeGitHub
) -> None:
    forge = as_app()
    change = forge.change(id_of(pull))
    repo.allow("redline", "write")
    token = github.token("redline")
    body = {"body": thread(change, "theirs").body, "commit_id": pull.head, "path": "Dockerfile",
            "line": 3, "side": "RIGHT"}  # fmt: skip
    assert as_them(github, token, f"repos/org/infra/pulls/{pull.number}/comments", body) == 201
    assert forge.conversation(change).own() == []


def as_them(github: FakeGitHub, token: str, path: str, body: dict[str, Any]) -> int:
    headers = {"Authorization": f"token {token}"}
    return requests.post(f"{github.api}/{path}", json=body, headers=headers, timeout=5).status_code


def test_one_bad_place_refuses_all_and_posts_nothing(
    forge: GitHub, change: Change, pull: PullRequest
) -> None:
    with pytest.raises(Refused, match="must be part of the diff"):
        post(forge, change, thread(change, "good"), thread(change, "bad", NOWHERE))
    assert pull.threads == []
    post(forge, change, thread(change, "good"))
    with pytest.raises(Refused):
        post(forge, change, thread(change, "bad", Anchor(AnchorKind.FILE, "not/there")))
    assert rules(forge, change) == ["good"]


def test_a_path_of_other_bytes_is_refused_not_a_crash(forge: GitHub, change: Change) -> None:
    with pytest.raises(Refused):
        post(forge, change, thread(change, "odd", Anchor(AnchorKind.FILE, "caf\udce9")))


@both
def test_a_pending_review_of_ours_is_taken_away(
    forge: GitHub, change: Change, pull: PullRequest, github: FakeGitHub
) -> None:
    client = forge._account.client(change.id.repository)
    place = {"path": "Dockerfile", "line": 3, "side": "RIGHT"}
    begun = {"comments": [{**place, "body": thread(change, "begun").body}]}
    client.post(f"/repositories/{change.id.repository}/pulls/1/reviews", begun, object)
    assert forge.conversation(change).own() == []
    post(forge, change, thread(change, "whole"))
    assert rules(forge, change) == ["whole"]
    assert [row["pending"] for row in pull.threads] == [False]


def test_nobody_elses_pending_review_is_touched(
    forge: GitHub, change: Change, pull: PullRequest, github: FakeGitHub, repo: Repo
) -> None:
    body = {"comments": [{"path": "Dockerfile", "line": 3, "side": "RIGHT", "body": "Hm"}]}
    token = github.token("ada")
    assert as_them(github, token, "repos/org/infra/pulls/1/reviews", body) == 200
    post(forge, change, thread(change, "mine"))
    assert [row["pending"] for row in pull.threads] == [True, False]


@both
def test_edits_are_silent(forge: GitHub, change: Change, pull: PullRequest) -> None:
    post(forge, change, thread(change, "a"), summary(change))
    told = pull.notifications
    conversation = forge.conversation(change)
    for posted in conversation.own():
        conversation.edit(posted, posted.body.replace(".\n", ", again.\n", 1))
    bodies = [posted.body.partition("\n")[0] for posted in conversation.own()]
    assert bodies == ["Says a, again.", "All of it, again."]
    assert pull.notifications == told


def test_a_comment_that_someone_deleted(forge: GitHub, change: Change, pull: PullRequest) -> None:
    post(forge, change, thread(change, "a"))
    post(forge, change, summary(change))
    conversation = forge.conversation(change)
    first, last = conversation.own()
    pull.remove(int(first.id))
    pull.remove(int(last.id))
    for posted in (first, last):
        with pytest.raises(Refused):
            conversation.edit(posted, "x")
    with pytest.raises(Refused):
        conversation.reply(first, "x")
    conversation.resolve(first)
    assert conversation.own() == []


def test_resolving_where_we_may(
    as_app: Connect, app: AppKey, pull: PullRequest, github: FakeGitHub
) -> None:
    app.grant(contents="write")
    forge = as_app()
    change = forge.change(id_of(pull))
    post(forge, change, thread(change, "a"))
    conversation = forge.conversation(change)
    conversation.resolve(conversation.own()[0])
    assert (pull.threads[0]["resolved"], pull.threads[0]["resolved_by"]) == (True, app.login)
    (posted,) = conversation.own()
    assert (posted.resolved, posted.resolver) == (True, "")
    assert pull.review_comments[0].minimized is None


def test_hiding_where_we_may_not_resolve(as_app: Connect, pull: PullRequest) -> None:
    forge = as_app()
    change = forge.change(id_of(pull))
    post(forge, change, thread(change, "a"))
    (posted,) = forge.conversation(change).own()
    forge.conversation(change).resolve(posted)
    assert (pull.threads[0]["resolved"], pull.review_comments[0].minimized) == (False, "resolved")
    assert forge.conversation(change).own()[0].resolved


def test_leaving_where_we_may_neither(as_app: Connect, pull: PullRequest) -> None:
    forge = as_app()
    change = forge.change(id_of(pull))
    post(forge, change, thread(change, "a"))
    conversation = forge.conversation(change)
    (posted,) = conversation.own()
    for token in pull.server.state.tokens.values():
        token.permissions["pull_requests"] = "read"
    conversation.resolve(posted)
    assert not conversation.own()[0].resolved


@pytest.mark.parametrize("may", [True, False], ids=["resolved", "hidden"])
def test_opening_again(as_app: Connect, app: AppKey, pull: PullRequest, *, may: bool) -> None:
    if may:
        app.grant(contents="write")
    forge = as_app()
    change = forge.change(id_of(pull))
    post(forge, change, thread(change, "a"))
    conversation = forge.conversation(change)
    conversation.resolve(conversation.own()[0])
    (posted,) = conversation.own()
    assert (posted.closed, pull.threads[0]["resolved"]) == (True, may)
    conversation.reopen(posted)
    assert not conversation.own()[0].resolved
    assert (pull.threads[0]["resolved"], pull.review_comments[0].minimized) == (False, None)


def test_a_summary_is_not_resolved(forge: GitHub, change: Change, pull: PullRequest) -> None:
    post(forge, change, summary(change))
    conversation = forge.conversation(change)
    conversation.resolve(conversation.own()[0])
    assert pull.conversation()["timeline"][0]["minimized"] is None


@both
def test_people_in_a_thread(forge: GitHub, change: Change, pull: PullRequest) -> None:
    post(forge, change, thread(change, "a"), thread(change, "b"), thread(change, "c"))
    first, second, third = (row["id"] for row in pull.threads)
    pull.reply("bob", first, "But why?")
    pull.resolve("bob", second)
    conversation = forge.conversation(change)
    conversation.reply(conversation.own()[0], "Fixed in abc1234")
    said = {one.mark.rule: one for one in conversation.own()}
    assert (said["a"].answered, said["a"].replied, said["a"].resolved) == (True, True, False)
    assert (said["b"].answered, said["b"].resolved, said["b"].resolver) == (False, True, "bob")
    assert (said["c"].answered, said["c"].replied, said["c"].resolver) == (False, False, "")
    assert third


def test_commands_in_a_thread_are_no_talk(forge: GitHub, change: Change, pull: PullRequest) -> None:
    post(forge, change, thread(change, "a"))
    root = pull.threads[0]["id"]
    pull.reply("bob", root, "/redline status\n\n/redline explain abcd")
    assert not forge.conversation(change).own()[0].answered
    pull.reply("bob", root, "Hm.\n/redline explain abcd")
    assert forge.conversation(change).own()[0].answered


def test_another_bot_in_a_thread_is_no_person(
    forge: GitHub, change: Change, pull: PullRequest, github: FakeGitHub
) -> None:
    github.app("other")
    post(forge, change, thread(change, "a"))
    pull.reply("other[bot]", pull.threads[0]["id"], "Beep")
    assert not forge.conversation(change).own()[0].answered


@both
def test_reactions_take_the_place_of_each_other(
    forge: GitHub, change: Change, pull: PullRequest, github: FakeGitHub
) -> None:
    comment = pull.comment("ada", "/recheck")
    conversation = forge.conversation(change)
    for reaction in (Reaction.SEEN, Reaction.SEEN, Reaction.DONE):
        conversation.react(str(comment), reaction)
    assert reactions(github, comment) == ["+1"]
    conversation.react(str(comment), Reaction.CONFUSED)
    assert reactions(github, comment) == ["confused"]


def test_others_reactions_stay(
    forge: GitHub, change: Change, pull: PullRequest, github: FakeGitHub
) -> None:
    comment = pull.comment("ada", "/recheck")
    path = f"repos/org/infra/issues/comments/{comment}/reactions"
    assert as_them(github, github.token("ada"), path, {"content": "eyes"}) == 201
    forge.conversation(change).react(str(comment), Reaction.DONE)
    assert reactions(github, comment) == ["eyes", "+1"]


def test_a_command_that_was_deleted(forge: GitHub, change: Change, pull: PullRequest) -> None:
    comment = pull.comment("ada", "/recheck")
    pull.remove(comment)
    forge.conversation(change).react(str(comment), Reaction.SEEN)


def test_a_change_that_is_gone(forge: GitHub, change: Change, repo: Repo) -> None:
    repo.delete()
    with pytest.raises(Gone):
        forge.conversation(change).own()
    with pytest.raises(Gone):
        forge.conversation(change).answer("Hello?")


@pytest.mark.parametrize("fault", [{"status": 502}, {"what": "drop"}])
def test_a_lost_answer_is_unsure_and_not_repeated(
    forge: GitHub, change: Change, pull: PullRequest, github: FakeGitHub, fault: dict[str, Any]
) -> None:
    github.faults.add("POST */reviews", after=True, **fault)
    with pytest.raises(Unsure):
        post(forge, change, thread(change, "a"))
    assert rules(forge, change) == ["a"]
    assert github.counters["pulls/create-review"] == 1


def test_a_repository_renamed_meanwhile(
    forge: GitHub, change: Change, repo: Repo, pull: PullRequest
) -> None:
    repo.rename("elsewhere")
    post(forge, change, thread(change, "a"), summary(change))
    assert rules(forge, change) == ["a", "summary"]


def bodies(comments: Sequence[Any]) -> list[str]:
    return [comment.body for comment in comments]


def test_an_answer_is_a_comment(forge: GitHub, change: Change, pull: PullRequest) -> None:
    forge.conversation(change).answer("Half a \udc80 surrogate")
    assert bodies(pull.comments) == ["Half a \N{REPLACEMENT CHARACTER} surrogate"]
