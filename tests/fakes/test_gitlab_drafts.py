"""Draft notes: what is lost in publishing them, and what a draft reply does to a thread."""

import gitlab
import pytest
from gitlab.v4.objects import ProjectMergeRequest

from tests.fakes.conftest import signed_in
from tests.fakes.gitlab import FakeGitLab, MergeRequest, Repo
from tests.fakes.test_gitlab_notes import at, texts


def test_a_review_is_told_once(
    change: ProjectMergeRequest, mr: MergeRequest, lab: FakeGitLab
) -> None:
    for line, old in ((1, 1), (2, None), (3, 2)):
        where = at(mr, old_line=old, new_line=line)
        draft = change.draft_notes.create({"note": f"Line {line}", "position": where})
        assert draft.line_code.endswith(f"_{old or 0}_{line}")
    assert texts(change) == []
    assert mr.notifications == 0
    change.draft_notes.bulk_publish()
    assert [row["line"] for row in mr.threads] == [1, 2, 3]
    assert change.draft_notes.list(get_all=True) == []
    assert mr.notifications == 1
    assert [one.event for one in lab.hooks.log].count("note") == 3
    change.draft_notes.bulk_publish()
    assert mr.notifications == 1
    change.draft_notes.create({"note": "Without a place"})
    change.draft_notes.bulk_publish(post_data={"note": "And a summary"})
    assert texts(change)[3:] == ["Without a place", "And a summary"]
    assert mr.notifications == 2
    assert lab.violations == []


def test_a_bad_position_is_taken_and_lost_without_a_word(
    change: ProjectMergeRequest, mr: MergeRequest, lab: FakeGitLab
) -> None:
    lost = change.draft_notes.create({"note": "lost", "position": at(mr, new_line=1)})
    assert lost.line_code is None
    change.draft_notes.create({"note": "kept", "position": at(mr, new_line=2)})
    change.draft_notes.bulk_publish()
    assert texts(change) == ["kept"]
    assert mr.drafts == []
    assert lab.refused == []


def test_a_push_before_it_is_published(change: ProjectMergeRequest, mr: MergeRequest) -> None:
    change.draft_notes.create({"note": "there", "position": at(mr, new_line=2)})
    mr.push({"x": "y"})
    change.draft_notes.bulk_publish()
    assert texts(change) == ["there"]  # at the version that it was written for


def test_a_reply_opens_a_resolved_thread_again(
    change: ProjectMergeRequest, mr: MergeRequest
) -> None:
    thread = mr.discuss("ada", "Look", 2, "Dockerfile")
    mr.resolve("ada", thread)
    change.draft_notes.create({"note": "still", "in_reply_to_discussion_id": thread})
    change.draft_notes.bulk_publish()
    assert not mr.threads[0]["resolved"]
    reply = {"note": "gone", "in_reply_to_discussion_id": thread, "resolve_discussion": True}
    change.draft_notes.create(reply).publish()
    assert mr.threads[0]["resolved"]
    assert [row["body"] for row in mr.threads[0]["comments"]] == ["Look", "still", "gone"]
    mr.reply("ada", thread, "a plain reply leaves it resolved")
    assert mr.threads[0]["resolved"]


def test_drafts_are_their_authors(
    change: ProjectMergeRequest, mr: MergeRequest, lab: FakeGitLab, shop: Repo
) -> None:
    draft = change.draft_notes.create({"note": "mine"})
    other = signed_in(lab, "ada").projects.get(shop.id).mergerequests.get(1)
    assert other.draft_notes.list(get_all=True) == []
    with pytest.raises(gitlab.GitlabGetError, match="404"):
        other.draft_notes.get(draft.id)
    other.draft_notes.bulk_publish()
    assert texts(change) == []
    draft.delete()
    assert mr.drafts == []


def test_an_edited_draft_loses_its_position(change: ProjectMergeRequest, mr: MergeRequest) -> None:
    draft = change.draft_notes.create({"note": "one", "position": at(mr, new_line=2)})
    change.manager.gitlab.http_put(
        f"{change.manager.path}/1/draft_notes/{draft.id}", post_data={"note": "two"}
    )
    change.draft_notes.bulk_publish()
    assert texts(change) == ["two"]
    assert mr.threads == []


def test_a_drafts_slash_is_recorded(
    change: ProjectMergeRequest, mr: MergeRequest, lab: FakeGitLab
) -> None:
    change.draft_notes.create({"note": "x\n/close"})
    assert len(lab.violations) == 1
    change.draft_notes.bulk_publish()
    assert mr.state.state == "closed"
