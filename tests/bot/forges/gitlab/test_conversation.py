"""Our notes: listed by author and mark, posted, edited, resolved; people's are left alone."""

from typing import Any

import pytest
import requests

from bot.change import Anchor, AnchorKind, Change
from bot.forges.base import Gone, Partly, Reaction, Refused, Unsure
from bot.forges.gitlab import GitLab
from bot.marks import sign
from bot.review import Comment, CommentKind, Mark
from rules.finding import Side
from tests.bot.forges.gitlab.conftest import KEY, Connect, id_of
from tests.fakes.gitlab import FakeGitLab, MergeRequest, Repo

ON_HEAD = Anchor(AnchorKind.LINE, "Dockerfile", 3)
ON_CONTEXT = Anchor(AnchorKind.LINE, "Dockerfile", 2, old_line=2)
ON_BASE = Anchor(AnchorKind.LINE, "gone.yaml", 1, Side.BASE, 1)
ON_FILE = Anchor(AnchorKind.FILE, "Dockerfile")
ON_ANY_LINE = Anchor(AnchorKind.FILE, "long.txt", 38, old_line=37)
NOWHERE = Anchor(AnchorKind.LINE, "Dockerfile", 40)

DRAFTS = "POST /projects/*/merge_requests/*/draft_notes"
PUBLISH = f"{DRAFTS}/bulk_publish"


def thread(change: Change, rule: str, anchor: Anchor = ON_HEAD) -> Comment:
    mark = Mark(CommentKind.THREAD, rule, anchor.path, run=change.head)
    return Comment(mark, f"Says {rule}.\n\n{sign(mark, change.id, KEY.encode())}", anchor)


def summary(change: Change) -> Comment:
    mark = Mark(CommentKind.SUMMARY, run=change.head)
    body = f"All of it.\n\n{sign(mark, change.id, KEY.encode())}"
    return Comment(mark, body, Anchor(AnchorKind.SUMMARY))


def rules(forge: GitLab, change: Change) -> list[str]:
    return [one.mark.rule or one.mark.kind for one in forge.conversation(change).own()]


def post(forge: GitLab, change: Change, *comments: Comment) -> None:
    forge.conversation(change).post(comments)


def emojis(request: MergeRequest, note: int) -> list[str]:
    awards = request.server.state.awards.get(note, [])
    return [one.now.name for one in awards if one.now]


def as_them(
    gitlab: FakeGitLab, login: str, request: MergeRequest, path: str, body: dict[str, Any]
) -> int:
    address = f"{gitlab.api}/projects/{request.state.project.id}/merge_requests/{request.number}"
    headers = {"PRIVATE-TOKEN": gitlab.token(login)}
    answer = requests.post(f"{address}/{path}", json=body, headers=headers, timeout=5)
    return answer.status_code


def test_one_review_with_all_places(
    forge: GitLab, change: Change, gitlab: FakeGitLab, request_: MergeRequest
) -> None:
    anchors = (ON_HEAD, ON_CONTEXT, ON_BASE, ON_FILE, ON_ANY_LINE)
    comments = [thread(change, f"rule-{at}", anchor) for at, anchor in enumerate(anchors)]
    post(forge, change, *comments, summary(change))
    placed = [
        (row["path"], row["old_line"], row["new_line"], row["subject"]) for row in request_.threads
    ]
    assert placed == [
        ("Dockerfile", None, 3, "line"),
        ("Dockerfile", 2, 2, "line"),
        ("gone.yaml", 1, None, "line"),
        ("Dockerfile", None, None, "file"),
        ("long.txt", 37, 38, "line"),
    ]
    assert (gitlab.counters[DRAFTS], gitlab.counters[PUBLISH]) == (6, 1)
    assert rules(forge, change) == ["rule-0", "rule-1", "rule-2", "rule-3", "rule-4", "summary"]
    assert request_.notifications == 1  # the review, with the summary
    assert request_.drafts == []


def test_one_thread_needs_no_draft(
    forge: GitLab, change: Change, gitlab: FakeGitLab, request_: MergeRequest
) -> None:
    before = gitlab.counters.total()
    post(forge, change, thread(change, "alone"))
    assert gitlab.counters.total() - before == 1
    assert rules(forge, change) == ["alone"]
    assert request_.notifications == 1


def test_what_is_listed(
    forge: GitLab, change: Change, request_: MergeRequest, gitlab: FakeGitLab
) -> None:
    comment = thread(change, "root-container")
    post(forge, change, comment)
    (posted,) = forge.conversation(change).own()
    row = request_.threads[0]
    assert (posted.id, posted.thread) == (str(row["comments"][0]["id"]), row["id"])
    assert (posted.mark, posted.body) == (comment.mark, comment.body)
    assert posted.url == f"{change.url}#note_{posted.id}"
    assert (posted.answered, posted.replied, posted.resolved, posted.resolver) == (
        False,
        False,
        False,
        "",
    )
    assert posted.anchor == ON_HEAD


def test_a_thread_follows_its_line_and_says_when_that_is_gone(
    forge: GitLab, change: Change, request_: MergeRequest
) -> None:
    post(forge, change, thread(change, "moved"))
    request_.push({"Dockerfile": "# a\nFROM debian:latest\nRUN true\nUSER root\n"})
    (posted,) = forge.conversation(forge.change(change.id)).own()
    assert posted.anchor == Anchor(AnchorKind.LINE, "Dockerfile", 4)
    request_.push({"Dockerfile": "FROM debian:latest\nRUN true\n"})
    (posted,) = forge.conversation(forge.change(change.id)).own()
    assert posted.anchor is None


def test_threads_of_several_pages(forge: GitLab, change: Change, gitlab: FakeGitLab) -> None:
    post(forge, change, *(thread(change, f"rule-{n:03}") for n in range(130)))
    assert rules(forge, change) == [f"rule-{n:03}" for n in range(130)]


def test_a_mark_alone_is_not_ours(forge: GitLab, change: Change, request_: MergeRequest) -> None:
    post(forge, change, thread(change, "mine"), summary(change))
    request_.comment("eve", summary(change).body)
    request_.discuss("eve", thread(change, "theirs").body, 3, "Dockerfile")
    request_.reply("eve", request_.threads[0]["id"], thread(change, "copied").body)
    assert rules(forge, change) == ["mine", "summary"]


def test_our_account_alone_is_not_enough(forge: GitLab, change: Change) -> None:
    conversation = forge.conversation(change)
    conversation.answer("Words without a mark")
    conversation.answer(summary(change).body.replace("redline:1", "redline:2"))
    assert conversation.own() == []


def test_a_bad_place_is_refused_by_itself_and_the_rest_is_posted(
    forge: GitLab, change: Change, request_: MergeRequest
) -> None:
    good, bad, fine = thread(change, "good"), thread(change, "bad", NOWHERE), thread(change, "fine")
    with pytest.raises(Partly) as raised:
        post(forge, change, good, bad, fine)
    assert raised.value.refused == (bad,)
    assert rules(forge, change) == ["good", "fine"]
    assert request_.drafts == []
    with pytest.raises(Refused, match="must be a valid line code"):
        post(forge, change, bad)
    with pytest.raises(Refused):
        post(forge, change, thread(change, "bad", Anchor(AnchorKind.FILE, "not/there")))
    assert rules(forge, change) == ["good", "fine"]


def test_what_is_lost_without_a_word_is_said(
    forge: GitLab, change: Change, gitlab: FakeGitLab, request_: MergeRequest
) -> None:
    """A file's place has no line code, so that only the listing tells that it is gone."""
    lost = thread(change, "lost", Anchor(AnchorKind.FILE, "not/there"))
    with pytest.raises(Partly) as raised:
        post(forge, change, thread(change, "good"), lost)
    assert raised.value.refused == (lost,)
    assert rules(forge, change) == ["good"]


def test_a_review_of_bad_places_publishes_nothing(
    forge: GitLab, change: Change, gitlab: FakeGitLab
) -> None:
    with pytest.raises(Partly):
        post(forge, change, *(thread(change, f"bad-{n}", NOWHERE) for n in range(2)))
    assert gitlab.counters[PUBLISH] == 0


def test_a_late_listing_loses_nothing(
    as_bot: Connect, request_: MergeRequest, gitlab: FakeGitLab
) -> None:
    forge = as_bot(settle_seconds=0.4)
    change = forge.change(id_of(request_))
    gitlab.faults.stale(0.3, "discussions")
    post(forge, change, thread(change, "a"), thread(change, "b"))
    assert rules(forge, change) == ["a", "b"]


def test_a_path_of_other_bytes_is_refused_not_a_crash(forge: GitLab, change: Change) -> None:
    with pytest.raises(Refused):
        post(forge, change, thread(change, "odd", Anchor(AnchorKind.FILE, "caf\udce9")))


def test_before_gitlab_has_a_diff_it_is_unsure(
    forge: GitLab, change: Change, gitlab: FakeGitLab, request_: MergeRequest
) -> None:
    gitlab.late.versions = 600
    request_.push({"Dockerfile": "FROM debian:12.5\nRUN a\nUSER 1\n"})
    newer = forge.change(change.id)
    with pytest.raises(Unsure, match="no diff of"):
        post(forge, newer, thread(newer, "a"), thread(newer, "b"))
    gitlab.late.versions = 0
    post(forge, newer, thread(newer, "a"), thread(newer, "b"))
    assert rules(forge, newer) == ["a", "b"]


def test_drafts_that_a_killed_run_has_left_are_taken_away(
    forge: GitLab, change: Change, gitlab: FakeGitLab, request_: MergeRequest
) -> None:
    gitlab.faults.add("POST */bulk_publish", status=502)
    with pytest.raises(Unsure):
        post(forge, change, thread(change, "a"), thread(change, "b"))
    assert len(request_.drafts) == 2
    post(forge, change, thread(change, "c"), thread(change, "d"))
    assert rules(forge, change) == ["c", "d"]
    assert request_.drafts == []


def test_drafts_of_an_attempt_before_are_not_made_again(
    forge: GitLab, change: Change, gitlab: FakeGitLab, request_: MergeRequest
) -> None:
    wanted = [thread(change, name) for name in "abc"]
    for fault in ({"status": 502}, {"status": 502, "after": True}):
        gitlab.faults.add("POST */draft_notes", **fault)
        with pytest.raises(Unsure):
            post(forge, change, *wanted)
    gitlab.faults.add("POST */bulk_publish", status=502)
    with pytest.raises(Unsure):
        post(forge, change, *wanted)
    assert len(request_.drafts) == 3
    post(forge, change, *wanted)
    assert rules(forge, change) == ["a", "b", "c"]
    assert gitlab.counters[DRAFTS] == 3


def test_nobody_elses_draft_is_touched(
    forge: GitLab, change: Change, gitlab: FakeGitLab, request_: MergeRequest
) -> None:
    assert as_them(gitlab, "ada", request_, "draft_notes", {"note": "Hm"}) == 201
    post(forge, change, thread(change, "a"), thread(change, "b"))
    assert [draft.body for draft in request_.drafts] == ["Hm"]


def test_edits_are_silent(forge: GitLab, change: Change, request_: MergeRequest) -> None:
    post(forge, change, thread(change, "a"), summary(change))
    told = request_.notifications
    conversation = forge.conversation(change)
    for posted in conversation.own():
        conversation.edit(posted, posted.body.replace(".\n", ", again.\n", 1))
    bodies = [posted.body.partition("\n")[0] for posted in conversation.own()]
    assert bodies == ["Says a, again.", "All of it, again."]
    assert request_.notifications == told


def test_a_note_that_someone_deleted(forge: GitLab, change: Change, request_: MergeRequest) -> None:
    post(forge, change, thread(change, "a"), summary(change))
    conversation = forge.conversation(change)
    first, last = conversation.own()
    request_.remove(int(first.id))
    request_.remove(int(last.id))
    for posted in (first, last):
        with pytest.raises(Refused):
            conversation.edit(posted, "x")
    with pytest.raises(Refused):
        conversation.reply(first, "x")
    conversation.resolve(first)
    assert conversation.own() == []


def test_resolving(forge: GitLab, change: Change, request_: MergeRequest) -> None:
    post(forge, change, thread(change, "a"))
    conversation = forge.conversation(change)
    conversation.resolve(conversation.own()[0])
    row = request_.threads[0]
    assert (row["resolved"], row["resolved_by"]) == (True, "redline")
    (posted,) = conversation.own()
    assert (posted.resolved, posted.resolver) == (True, "")


def test_leaving_where_we_may_not_resolve(
    forge: GitLab, change: Change, request_: MergeRequest, gitlab: FakeGitLab
) -> None:
    post(forge, change, thread(change, "a"))
    conversation = forge.conversation(change)
    (posted,) = conversation.own()
    gitlab.faults.add("PUT */discussions/*", status=403, message="403 Forbidden")
    conversation.resolve(posted)
    assert not conversation.own()[0].resolved


def test_a_summary_is_not_resolved(
    forge: GitLab, change: Change, request_: MergeRequest, gitlab: FakeGitLab
) -> None:
    post(forge, change, summary(change))
    conversation = forge.conversation(change)
    conversation.resolve(conversation.own()[0])
    assert not [call for call in gitlab.counters if call.startswith("PUT")]
    (discussion,) = request_.state.discussions.values()
    assert discussion.individual


def test_opening_again_what_was_resolved(
    forge: GitLab, change: Change, request_: MergeRequest
) -> None:
    post(forge, change, thread(change, "a"))
    told, conversation = request_.notifications, forge.conversation(change)
    conversation.resolve(conversation.own()[0])
    (posted,) = conversation.own()
    assert posted.closed
    conversation.reopen(posted)
    assert not conversation.own()[0].resolved
    assert request_.notifications == told


def test_people_in_a_thread(forge: GitLab, change: Change, request_: MergeRequest) -> None:
    post(forge, change, thread(change, "a"), thread(change, "b"), thread(change, "c"))
    first, second, _ = (row["id"] for row in request_.threads)
    request_.reply("bob", first, "But why?")
    request_.resolve("bob", second)
    conversation = forge.conversation(change)
    conversation.reply(conversation.own()[0], "Fixed in abc1234")
    said = {one.mark.rule: one for one in conversation.own()}
    assert (said["a"].answered, said["a"].replied, said["a"].resolved) == (True, True, False)
    assert (said["b"].answered, said["b"].resolved, said["b"].resolver) == (False, True, "bob")
    assert (said["c"].answered, said["c"].replied, said["c"].resolver) == (False, False, "")


def test_a_reply_of_ours_leaves_a_resolved_thread_resolved(
    forge: GitLab, change: Change, request_: MergeRequest
) -> None:
    post(forge, change, thread(change, "a"))
    request_.resolve("bob", request_.threads[0]["id"])
    conversation = forge.conversation(change)
    conversation.reply(conversation.own()[0], "Fixed in abc1234")
    assert request_.threads[0]["resolved_by"] == "bob"


def test_commands_in_a_thread_are_no_talk(
    forge: GitLab, change: Change, request_: MergeRequest
) -> None:
    post(forge, change, thread(change, "a"))
    root = request_.threads[0]["id"]
    request_.reply("bob", root, "/redline status\n\n/redline explain abcd")
    assert not forge.conversation(change).own()[0].answered
    request_.reply("bob", root, "Hm.\n/redline explain abcd")
    assert forge.conversation(change).own()[0].answered


def test_another_bot_in_a_thread_is_no_person(
    forge: GitLab, change: Change, request_: MergeRequest, gitlab: FakeGitLab
) -> None:
    gitlab.user("project_7_bot_0a1b", bot=True)
    post(forge, change, thread(change, "a"))
    request_.reply("project_7_bot_0a1b", request_.threads[0]["id"], "Beep")
    assert not forge.conversation(change).own()[0].answered


def test_emojis_take_the_place_of_each_other(
    forge: GitLab, change: Change, request_: MergeRequest
) -> None:
    note = request_.comment("ada", "Do\n/redline recheck")
    conversation = forge.conversation(change)
    for reaction in (Reaction.SEEN, Reaction.SEEN, Reaction.DONE):
        conversation.react(str(note), reaction)
    assert emojis(request_, note) == ["thumbsup"]
    conversation.react(str(note), Reaction.CONFUSED)
    assert emojis(request_, note) == ["confused"]


def test_others_emojis_stay(forge: GitLab, change: Change, request_: MergeRequest) -> None:
    note = request_.comment("ada", "/redline recheck")
    request_.react("ada", note, "eyes")
    forge.conversation(change).react(str(note), Reaction.DONE)
    assert emojis(request_, note) == ["eyes", "thumbsup"]


def test_a_command_that_was_deleted(forge: GitLab, change: Change, request_: MergeRequest) -> None:
    note = request_.comment("ada", "/redline recheck")
    request_.remove(note)
    forge.conversation(change).react(str(note), Reaction.SEEN)


def test_a_change_that_is_gone(forge: GitLab, change: Change, repo: Repo) -> None:
    repo.delete()
    with pytest.raises(Gone):
        forge.conversation(change).own()
    with pytest.raises(Gone):
        forge.conversation(change).answer("Hello?")


@pytest.mark.parametrize("fault", [{"status": 502}, {"what": "drop"}])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_lost_answer_is_unsure_and_not_repeated(
    forge: GitLab, change: Change, gitlab: FakeGitLab, fault: dict[str, Any], threads: int
) -> None:
    where = "POST */bulk_publish" if threads > 1 else "POST */discussions"
    wrong = gitlab.faults.add(where, after=True, **fault)
    with pytest.raises(Unsure):
        post(forge, change, *(thread(change, f"rule-{n}") for n in range(threads)))
    assert rules(forge, change) == [f"rule-{n}" for n in range(threads)]
    assert wrong.hits == 1


def test_a_project_renamed_meanwhile(forge: GitLab, change: Change, repo: Repo) -> None:
    repo.rename("group/elsewhere")
    post(forge, change, thread(change, "a"), summary(change))
    assert rules(forge, change) == ["a", "summary"]


def test_nothing_of_ours_is_a_quick_action(
    forge: GitLab, change: Change, request_: MergeRequest
) -> None:
    """The fake runs them as GitLab does, and names each line of ours that begins with a slash."""
    conversation = forge.conversation(change)
    evil = Comment(
        thread(change, "a").mark,
        f"Names:\n/close\n  /merge\n~~~\n/title x\n~~~\n<!--\n/close\n-->\n{sign_of(change, 'a')}",
        ON_HEAD,
    )
    other = Comment(thread(change, "b").mark, f"/close\n\n{sign_of(change, 'b')}", ON_CONTEXT)
    conversation.post([evil, other])
    conversation.post([Comment(summary(change).mark, "/close\nx", summary(change).anchor)])
    for posted in conversation.own():
        conversation.edit(posted, f"/close\n{posted.body}")
        conversation.reply(posted, "/close\nx")
    conversation.answer("/close")
    post(forge, change, Comment(thread(change, "c").mark, "/close\nx", ON_FILE))
    assert request_.state.state == "opened"
    assert len(conversation.own()) == 2


def sign_of(change: Change, rule: str) -> str:
    return sign(thread(change, rule).mark, change.id, KEY.encode())


def test_an_answer_is_a_note(forge: GitLab, change: Change, request_: MergeRequest) -> None:
    forge.conversation(change).answer("Half a \udc80 surrogate")
    assert [note.body for note in request_.notes] == ["Half a \N{REPLACEMENT CHARACTER} surrogate"]
