"""Commit statuses: which pipeline they stand in, and which ways a state may go."""

from typing import Any

import gitlab
import pytest
from gitlab.v4.objects import Project

from tests.fakes.conftest import signed_in
from tests.fakes.gitlab import FakeGitLab, MergeRequest, Repo


def post(project: Project, sha: str, state: str, **fields: Any) -> Any:
    body = {"state": state, "name": "redline", **fields}
    return project.manager.gitlab.http_post(
        f"/projects/{project.id}/statuses/{sha}", post_data=body
    )


def refused(project: Project, sha: str, state: str, **fields: Any) -> tuple[int | None, str]:
    with pytest.raises(gitlab.GitlabHttpError) as no:
        post(project, sha, state, **fields)
    return no.value.response_code, str(no.value.error_message)


def shown(project: Project, sha: str, **query: Any) -> list[str]:
    rows = project.commits.get(sha).statuses.list(get_all=True, **query)
    return [row.status for row in rows]


def test_without_a_pipeline_one_is_made(
    project: Project, mr: MergeRequest, shop: Repo, lab: FakeGitLab
) -> None:
    made = post(project, mr.head, "pending", description="waits", target_url="https://x.example")
    assert (made["ref"], made["status"], made["description"]) == ("feature", "pending", "waits")
    assert mr.pipeline is not None
    assert (mr.pipeline.id, mr.pipeline.source) == (made["pipeline_id"], "external")
    post(project, mr.head, "running", pipeline_id=made["pipeline_id"])
    again = post(project, mr.head, "failed", pipeline_id=made["pipeline_id"], description="no")
    assert (again["id"], again["description"]) == (made["id"], "no")
    assert [row[1] for row in shop.history(mr.head)] == ["pending", "running", "failed"]
    told = [one.payload["object_attributes"]["status"] for one in lab.hooks.log
            if one.event == "pipeline"]  # fmt: skip
    assert told == ["pending", "running", "failed"]
    assert lab.violations == []


@pytest.mark.parametrize(
    ("first", "then", "event"),
    [
        ("pending", "pending", "enqueue"),
        ("running", "running", "run"),
        ("running", "pending", "enqueue"),
        ("running", "skipped", "skip"),
    ],
)
def test_ways_that_a_state_may_not_go(
    project: Project, mr: MergeRequest, first: str, then: str, event: str
) -> None:
    post(project, mr.head, first)
    status, text = refused(project, mr.head, then, description="other")
    assert status == 400
    assert text.startswith(f"Cannot transition status via :{event} from :{first}")
    assert shown(project, mr.head) == [first]


def test_a_final_status_again_is_a_second_row(
    project: Project, mr: MergeRequest, shop: Repo
) -> None:
    for state in ("failed", "failed", "success"):
        post(project, mr.head, state)
    assert shown(project, mr.head) == ["success"]
    assert shown(project, mr.head, all=True) == ["failed", "failed", "success"]
    assert [row.retried for row in shop.statuses(mr.head)] == [True, True, False]
    shop.set(only_allow_merge_if_pipeline_succeeds=True)
    assert mr.mergeable == "mergeable"


def test_the_pipeline_must_fit(project: Project, mr: MergeRequest, shop: Repo) -> None:
    one = shop.pipeline(mr.head, "feature")
    assert post(project, mr.head, "failed", pipeline_id=one.id)["pipeline_id"] == one.id
    text = "404 Pipeline for pipeline_id, sha and ref Not Found"
    for fields in ({"pipeline_id": one.id, "ref": "main"}, {"pipeline_id": 1}):
        assert refused(project, mr.head, "failed", **fields) == (404, text)
    assert refused(project, "f" * 40, "failed") == (404, "404 Commit Not Found")
    train = shop.queue(mr)
    assert refused(project, mr.head, "failed", pipeline_id=mr.state.train.id)[0] == 404  # type: ignore[union-attr]
    assert post(project, train, "failed")["ref"] == "refs/merge-requests/1/train"


def test_a_status_in_an_older_pipeline_holds_nothing_back(
    project: Project, mr: MergeRequest, shop: Repo
) -> None:
    shop.set(only_allow_merge_if_pipeline_succeeds=True)
    old = shop.pipeline(mr.head, "feature", "success")
    shop.pipeline(mr.head, "feature", "success")
    post(project, mr.head, "failed", pipeline_id=old.id)
    assert mr.mergeable == "mergeable"
    assert mr.pipeline is not None
    post(project, mr.head, "failed", pipeline_id=mr.pipeline.id)
    assert mr.mergeable == "ci_must_pass"


def test_two_at_once_make_two_pipelines(
    lab: FakeGitLab, mr: MergeRequest, project: Project
) -> None:
    lab.late.pipelines = 1
    pipelines = [post(project, mr.head, "pending")["pipeline_id"] for _ in range(2)]
    assert len(set(pipelines)) == 2
    lab.clock.advance(1)
    assert post(project, mr.head, "failed")["pipeline_id"] == pipelines[1]
    assert mr.pipeline is not None
    assert mr.pipeline.id == pipelines[1]


def test_lengths_and_addresses(project: Project, mr: MergeRequest, lab: FakeGitLab) -> None:
    long = "x" * 256
    for fields in ({"name": long}, {"description": long}, {"target_url": f"https://{long}"}):
        status, text = refused(project, mr.head, "failed", **fields)
        assert (status, "too long (maximum is 255 characters)" in text) == (400, True)
    assert "Only allowed schemes" in refused(project, mr.head, "failed", target_url="ftp://x")[1]
    assert refused(project, mr.head, "blocked")[1] == "state does not have a valid value"
    assert shown(project, mr.head) == []
    assert len(lab.violations) == 5


def test_only_developers(lab: FakeGitLab, mr: MergeRequest, shop: Repo) -> None:
    shop.allow("tess", "reporter")
    for login in ("tess", "eve"):
        other = signed_in(lab, login).projects.get(shop.id)
        assert refused(other, mr.head, "failed") == (403, "403 Forbidden")
        assert shown(other, mr.head) == []


def test_a_forks_commit(lab: FakeGitLab, shop: Repo, project: Project, gl: gitlab.Gitlab) -> None:
    fork = shop.fork("eve")
    sha = fork.push("patch", {"evil": "x"}, by="eve")
    mr = shop.open_merge_request("patch", fork=fork, by="eve")
    assert refused(gl.projects.get(fork.id), sha, "failed")[0] == 403
    assert refused(project, sha, "failed") == (404, "404 References for commit Not Found")
    assert refused(project, sha, "failed", ref="patch")[0] == 403
    one = shop.pipeline(sha, "refs/merge-requests/1/head", source="merge_request_event")
    assert post(project, sha, "failed", pipeline_id=one.id)["ref"] == one.ref
    assert mr.pipeline == one
    fork.allow("redline", "developer")
    assert post(gl.projects.get(fork.id), sha, "failed")["ref"] == "patch"
    assert lab.violations == []


def test_a_conflict(lab: FakeGitLab, project: Project, mr: MergeRequest) -> None:
    lab.faults.add("POST *statuses/*", status=409, message="409 Conflict")
    assert refused(project, mr.head, "failed") == (409, "409 Conflict")
    assert post(project, mr.head, "failed")["status"] == "failed"


def test_what_a_conversation_shows(project: Project, mr: MergeRequest) -> None:
    for state in ("running", "failed"):
        post(project, mr.head, state, description=state.title())
    [row] = mr.conversation()["statuses"][mr.head]
    assert (row["name"], row["conclusion"], row["title"]) == ("redline", "failed", "Failed")
    assert [(one["state"], one["conclusion"]) for one in row["history"]] == [
        ("running", None),
        ("failed", "failed"),
    ]
