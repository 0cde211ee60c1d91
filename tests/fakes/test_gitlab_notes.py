"""Notes and threads: where they may stand, who resolves them, what a push makes of them."""

from typing import Any

import gitlab
import pytest
from gitlab.v4.objects import Project, ProjectMergeRequest

from tests.fakes.conftest import signed_in
from tests.fakes.gitlab import FakeGitLab, MergeRequest, Repo

NO_LINE = """400 Bad request - Note {:line_code=>["can't be blank", "must be a valid line code"]}"""


def at(mr: MergeRequest, path: str = "Dockerfile", **lines: Any) -> dict[str, Any]:
    newest = mr.state.versions[-1]
    shas = {"base_sha": newest.base, "start_sha": newest.start, "head_sha": newest.head}
    both = {"old_path": path, "new_path": path}
    return {"position_type": "text", **shas, **both, **lines}


def texts(change: ProjectMergeRequest) -> list[str]:
    return [one.body for one in change.notes.list(sort="asc", get_all=True) if not one.system]


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("Dockerfile", {"new_line": 2}),  # added
        ("Dockerfile", {"old_line": 31}),  # removed
        ("Dockerfile", {"old_line": 1, "new_line": 1}),  # shown
        ("Dockerfile", {"old_line": 20, "new_line": 21}),  # folded
        ("Dockerfile", {"old_line": 41, "new_line": 41}),
        ("deploy/new.yaml", {"new_line": 1}),
        ("old.txt", {"old_line": 3}),
        ("old.txt", {"position_type": "file"}),
    ],
)
def test_any_line_of_a_changed_file_takes_a_thread(
    change: ProjectMergeRequest, mr: MergeRequest, lab: FakeGitLab, path: str, lines: dict[str, Any]
) -> None:
    made = change.discussions.create({"body": "Look", "position": at(mr, path, **lines)})
    [note] = made.attributes["notes"]
    assert (note["type"], note["resolvable"], note["resolved"]) == ("DiffNote", True, False)
    assert note["position"].items() >= lines.items()
    [row] = mr.threads
    assert (row["id"], row["path"]) == (made.id, path)
    assert row["line"] == lines.get("new_line", lines.get("old_line"))
    assert row["side"] == ("LEFT" if set(lines) == {"old_line"} else "RIGHT")
    assert lab.violations == []


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("Dockerfile", {"old_line": 2, "new_line": 2}),  # added: has no old line
        ("Dockerfile", {"new_line": 1}),  # unchanged: needs both
        ("Dockerfile", {"old_line": 20, "new_line": 20}),
        ("Dockerfile", {"old_line": 31, "new_line": 31}),
        ("Dockerfile", {"old_line": 42, "new_line": 42}),  # behind the end
        ("Dockerfile", {"old_line": 0, "new_line": 0}),
        ("Dockerfile", {}),
        ("deploy/web.yaml", {"old_line": 1, "new_line": 1}),  # not changed at all
        ("absent", {"new_line": 1}),
        ("old.txt", {"new_line": 1}),
        ("Dockerfile", {"new_line": 2, "old_path": "other"}),
        ("Dockerfile", {"new_line": 2, "old_path": None}),
        ("Dockerfile", {"new_line": 2, "head_sha": "0" * 40}),
        ("Dockerfile", {"new_line": 2, "position_type": "file"}),
    ],
)
def test_other_places_are_refused(
    change: ProjectMergeRequest, mr: MergeRequest, lab: FakeGitLab, path: str, lines: dict[str, Any]
) -> None:
    with pytest.raises(gitlab.GitlabCreateError) as refused:
        change.discussions.create({"body": "Look", "position": at(mr, path, **lines)})
    assert (refused.value.response_code, refused.value.error_message) == (400, NO_LINE)
    assert texts(change) == []


def test_a_position_lacks_nothing(change: ProjectMergeRequest, mr: MergeRequest) -> None:
    for name in ("base_sha", "start_sha", "head_sha", "position_type"):
        short = {key: value for key, value in at(mr, new_line=2).items() if key != name}
        with pytest.raises(gitlab.GitlabCreateError, match=rf"position\[{name}\] is missing"):
            change.discussions.create({"body": "Look", "position": short})


def test_a_renamed_file_has_two_paths(project: Project, shop: Repo) -> None:
    text = shop.state.git.git("show", "main:Dockerfile").decode()
    shop.push("moved", {"Dockerfile": None, "app/Dockerfile": f"{text}USER root\n"})
    mr = shop.open_merge_request("moved")
    change = project.mergerequests.get(1)
    wrong = at(mr, "app/Dockerfile", new_line=42)
    with pytest.raises(gitlab.GitlabCreateError, match="line_code"):
        change.discussions.create({"body": "x", "position": wrong})
    change.discussions.create({"body": "x", "position": {**wrong, "old_path": "Dockerfile"}})


def test_notes_are_plain_or_threads(change: ProjectMergeRequest, mr: MergeRequest) -> None:
    plain = change.notes.create({"body": "Summary"})
    thread = change.discussions.create({"body": "Whole"})
    rows = {one.id: one.attributes for one in change.discussions.list(get_all=True)}
    assert [row["individual_note"] for row in rows.values()] == [True, False]
    assert plain.resolvable is False
    own = next(one for one in change.discussions.list(get_all=True) if one.individual_note)
    own.resolved = True
    with pytest.raises(gitlab.GitlabUpdateError, match="not resolvable"):
        own.save()
    thread.resolved = True
    thread.save()
    assert (
        change.notes.get(thread.attributes["notes"][0]["id"]).resolved_by["username"] == "redline"
    )


def test_who_resolves_and_who_edits(lab: FakeGitLab, mr: MergeRequest, shop: Repo) -> None:
    thread = mr.discuss("ada", "Look", 2, "Dockerfile")
    for login, allowed in (("gus", False), ("redline", True)):
        one = (
            signed_in(lab, login).projects.get(shop.id).mergerequests.get(1).discussions.get(thread)
        )
        one.resolved = True
        if allowed:
            one.save()
        else:
            with pytest.raises(gitlab.GitlabUpdateError, match="403"):
                one.save()
    assert mr.threads[0]["resolved_by"] == "redline"
    bot = signed_in(lab, "redline").projects.get(shop.id).mergerequests.get(1)
    note = bot.notes.get(mr.threads[0]["comments"][0]["id"])
    note.body = "mine now"
    with pytest.raises(gitlab.GitlabUpdateError, match="403"):
        note.save()
    with pytest.raises(gitlab.GitlabDeleteError, match="403"):
        note.delete()
    mr.edit("mia", note.id, "a Maintainer's words")
    [row] = mr.threads[0]["comments"]
    assert (row["author"], row["body"]) == ("ada", "a Maintainer's words")
    assert lab.hooks.log[-1].payload["user"]["username"] == "mia"


def test_replies_edits_and_deletes(
    change: ProjectMergeRequest, mr: MergeRequest, lab: FakeGitLab
) -> None:
    thread = change.discussions.create({"body": "Look", "position": at(mr, new_line=2)})
    mr.reply("ada", thread.id, "why?")
    first = thread.notes.get(thread.attributes["notes"][0]["id"])
    first.body = "Fixed"
    first.save()
    [row] = mr.threads
    assert [one["body"] for one in row["comments"]] == ["Fixed", "why?"]
    assert [text for _, text in row["comments"][0]["history"]] == ["Look"]
    first.delete()
    assert texts(change) == ["why?"]
    assert mr.notifications == 2
    assert lab.violations == []


def test_a_plain_note_that_is_answered_is_a_thread(
    change: ProjectMergeRequest, mr: MergeRequest
) -> None:
    change.notes.create({"body": "Summary"})
    [one] = change.discussions.list(get_all=True)
    mr.reply("ada", one.id, "Thanks")
    [one] = change.discussions.list(get_all=True)
    assert one.individual_note is False
    assert [note["type"] for note in one.attributes["notes"]] == ["DiscussionNote"] * 2


def test_a_thread_follows_its_line_and_is_outdated_when_it_is_gone(
    change: ProjectMergeRequest, mr: MergeRequest
) -> None:
    change.discussions.create({"body": "new", "position": at(mr, new_line=2)})
    change.discussions.create({"body": "old", "position": at(mr, old_line=31)})
    change.discussions.create({"body": "same", "position": at(mr, old_line=20, new_line=21)})
    text = mr.text("Dockerfile")
    mr.push({"Dockerfile": text.replace("USER root\n", "LABEL a=b\nUSER root\n")})
    lines = [(row["old_line"], row["new_line"]) for row in mr.threads]
    assert lines == [(None, 3), (31, None), (20, 22)]
    rows = [one.attributes["notes"][0] for one in change.discussions.list(get_all=True)]
    shas = {row["position"]["head_sha"] for row in rows if not row["system"]}
    assert shas == {mr.head}
    mr.push({"Dockerfile": text.replace("USER root\n", "USER 1000\n")})
    gone, *kept = mr.threads
    assert (gone["outdated"], gone["line"], gone["original_line"]) == (True, None, 2)
    assert [row["outdated"] for row in kept] == [False, False]
    thread = change.discussions.get(gone["id"])
    said = [(note["system"], note["body"][:17]) for note in thread.attributes["notes"]]
    assert said == [(False, "new"), (True, "changed this line")]


def test_a_thread_follows_a_renamed_file(change: ProjectMergeRequest, mr: MergeRequest) -> None:
    change.discussions.create({"body": "x", "position": at(mr, new_line=2)})
    mr.push({"Dockerfile": None, "images/Dockerfile": mr.text("Dockerfile")})
    [row] = mr.threads
    assert (row["path"], row["old_path"], row["line"]) == ("images/Dockerfile", "Dockerfile", 2)


def test_too_long_or_nothing(change: ProjectMergeRequest) -> None:
    for body in ("", "  ", "x" * 1_000_001):
        with pytest.raises(gitlab.GitlabCreateError, match="400"):
            change.notes.create({"body": body})
    change.notes.create({"body": "x" * 1_000_000})
    with pytest.raises(gitlab.GitlabHttpError, match="body is missing"):
        change.manager.gitlab.http_post(f"{change.manager.path}/1/notes")


def test_a_bots_slash_runs_and_is_recorded(
    change: ProjectMergeRequest, mr: MergeRequest, lab: FakeGitLab
) -> None:
    harmless = "a /close in a line\n```\nno slash\n```"
    change.notes.create({"body": harmless})
    assert lab.violations == []
    change.notes.create({"body": "Hello\n/recheck\n"})
    assert texts(change)[-1] == "Hello\n/recheck\n"
    note = change.notes.create({"body": "Found this:\n~~~\n/close\n~~~"})
    assert mr.state.state == "closed"
    assert note.body == "Found this:\n~~~\n~~~"
    assert len(lab.violations) == 2


def test_a_plain_fence_protects_until_the_first_plain_fence(
    change: ProjectMergeRequest, mr: MergeRequest, lab: FakeGitLab
) -> None:
    change.notes.create({"body": "```\n/close\n```"})
    assert mr.state.state == "opened"
    change.notes.create({"body": "````\n```\nx\n```\n/close\n````"})
    assert mr.state.state == "closed"
    assert len(lab.violations) == 2


def test_notes_of_quick_actions_only(mr: MergeRequest, lab: FakeGitLab) -> None:
    mr.label("urgent")
    before = len(lab.hooks.log)
    assert mr.comment("ada", "/label ~iam ~network\n/draft") == 0
    assert mr.state.labels == ("urgent", "iam", "network")
    assert mr.state.draft is True
    assert [one.event for one in lab.hooks.log[before:]] == ["merge_request"] * 2
    number = mr.comment("ada", "Please\n/ready")
    assert [note.body for note in mr.notes if note.id == number] == ["Please"]
    mr.edit("ada", number, "Please\n/close")
    assert mr.state.state == "closed"


def test_people_without_a_role_run_nothing(mr: MergeRequest) -> None:
    mr.comment("gus", "/close")
    assert mr.state.state == "opened"


def test_resolving_the_last_thread_is_said_once(
    change: ProjectMergeRequest, mr: MergeRequest, lab: FakeGitLab
) -> None:
    one = change.discussions.create({"body": "x", "position": at(mr, new_line=2)})
    for _ in range(2):
        one.resolved = True
        one.save()
    said = [row["body"] for row in mr.conversation()["timeline"]]
    assert said == ["resolved all threads"]
    assert [told.kind for told in lab.server.notifications] == ["note", "all resolved"]
    assert mr.notifications == 1


def test_reactions(change: ProjectMergeRequest, mr: MergeRequest, lab: FakeGitLab) -> None:
    number = mr.comment("ada", "/redline help")
    emojis = change.notes.get(number).awardemojis
    eyes = emojis.create({"name": "eyes"})
    with pytest.raises(gitlab.GitlabCreateError, match="has already been taken"):
        emojis.create({"name": "eyes"})
    with pytest.raises(gitlab.GitlabCreateError, match="not a valid emoji"):
        emojis.create({"name": "+1"})
    emojis.create({"name": "thumbsup"})
    emojis.delete(eyes.id)
    [row] = mr.conversation()["timeline"]
    assert row["reactions"] == [{"content": "thumbsup", "by": "redline"}]
    kinds = [one.action for one in lab.hooks.log if one.event == "emoji"]
    assert kinds == ["award", "award", "revoke"]
    mr.react("ada", number, "heart")
    heart = next(one for one in emojis.list(get_all=True) if one.name == "heart")
    with pytest.raises(gitlab.GitlabDeleteError, match="403"):
        emojis.delete(heart.id)


def test_a_suggestion_is_applied(
    change: ProjectMergeRequest, mr: MergeRequest, lab: FakeGitLab
) -> None:
    body = "Do\n````suggestion:-0+1\nUSER 1000\n```\nRUN step 0\n````\n"
    made = change.discussions.create({"body": body, "position": at(mr, new_line=2)})
    [note] = made.attributes["notes"]
    [offered] = note["suggestions"]
    assert (offered["from_line"], offered["to_line"]) == (2, 3)
    assert offered["from_content"] == "USER root\nRUN step 1\n"
    former = mr.head
    assert mr.apply("ada", note["id"]) == mr.head != former
    assert mr.text("Dockerfile").startswith(
        "FROM debian:12\nUSER 1000\n```\nRUN step 0\nRUN step 2"
    )
    assert mr.threads[0]["resolved_by"] == "ada"
    assert lab.violations == []


def test_a_suggestion_on_a_removed_line_is_none(
    change: ProjectMergeRequest, mr: MergeRequest
) -> None:
    body = "```suggestion\nx\n```"
    made = change.discussions.create({"body": body, "position": at(mr, old_line=31)})
    assert made.attributes["notes"][0]["suggestions"] == []
