"""Merge requests: listings, what is late, what a diff leaves out, what may be merged."""

import gitlab
import httpx
from gitlab.v4.objects import Project, ProjectMergeRequest

from tests.fakes.conftest import signed_in
from tests.fakes.gitlab import FakeGitLab, MergeRequest, Repo


def test_one(change: ProjectMergeRequest, mr: MergeRequest, lab: FakeGitLab) -> None:
    assert (change.sha, change.draft, change.changes_count) == (mr.head, False, "3")
    refs = {"base_sha": mr.merge_base, "start_sha": mr.base, "head_sha": mr.head}
    assert change.diff_refs == refs
    assert (change.source_project_id, change.target_project_id) == (mr.state.project.id,) * 2
    assert (change.head_pipeline, change.detailed_merge_status) == (None, "mergeable")
    assert lab.violations == []


def test_diffs_are_late(project: Project, mr: MergeRequest, lab: FakeGitLab) -> None:
    lab.late.versions = 5
    read = project.mergerequests.get(1)
    assert (read.sha, read.diff_refs, read.changes_count) == (mr.head, None, None)
    assert read.diffs.list(get_all=True) == []
    lab.clock.advance(5)
    assert project.mergerequests.get(1).changes_count == "3"
    former = mr.head
    mr.push({"x": "y"})
    read = project.mergerequests.get(1)
    assert (read.sha, read.diff_refs["head_sha"], read.changes_count) == (mr.head, former, None)
    lab.clock.advance(5)
    heads = [one.head_commit_sha for one in read.diffs.list(get_all=True)]
    assert heads == [mr.head, former]


def test_large_diffs_are_empty(project: Project, shop: Repo, lab: FakeGitLab) -> None:
    files = {"small": "x\n", "collapsed": "line\n" * 5_000, "large": ("x" * 99 + "\n") * 2_500}
    shop.push("big", files)
    shop.open_merge_request("big")
    change = project.mergerequests.get(1)
    newest = change.diffs.get(change.diffs.list(get_all=True)[0].id)
    shown = {one["new_path"]: (bool(one["diff"]), one["collapsed"], one["too_large"])
             for one in newest.diffs}  # fmt: skip
    assert shown == {
        "small": (True, False, False),
        "collapsed": (False, True, False),
        "large": (False, False, True),
    }
    lab.largest.lines = 4_000
    newest = change.diffs.get(newest.id)
    assert [one["diff"] for one in newest.diffs] == ["", "", ""]
    lab.largest.files = 2
    newest = change.diffs.get(newest.id)
    assert len(newest.diffs) == 2
    assert project.mergerequests.get(1).changes_count == "2+"


def test_listings(gl: gitlab.Gitlab, shop: Repo, project: Project, lab: FakeGitLab) -> None:
    for name in ("one", "two", "three"):
        shop.push(name, {name: "x"})
        shop.open_merge_request(name, draft=name == "two")
    shop.merge_request(1).close()
    opened = project.mergerequests.list(state="opened", get_all=True)
    assert [one.iid for one in opened] == [3, 2]
    assert [one.draft for one in opened] == [False, True]
    assert gl.mergerequests.list(state="opened", get_all=True) == []  # by its author only
    found = gl.mergerequests.list(state="opened", scope="all", sort="asc", get_all=True)
    assert [one.iid for one in found] == [2, 3]
    url = f"/groups/{'org'}/merge_requests"
    assert len(gl.http_list(url, query_data={"state": "all"}, get_all=True)) == 3
    secret = lab.repository("org/secret", visibility="private")
    secret.push("one", {"a": "b"})
    secret.open_merge_request("one")
    assert len(gl.mergerequests.list(scope="all", state="opened", get_all=True)) == 2
    assert lab.violations == []


def test_what_has_not_changed(lab: FakeGitLab, shop: Repo, mr: MergeRequest) -> None:
    url = f"{lab.api}/projects/{shop.id}/merge_requests?state=opened"
    first = httpx.get(url)
    same = {"If-None-Match": first.headers["etag"]}
    assert httpx.get(url, headers=same).status_code == 304
    mr.comment("ada", "Hello")
    assert httpx.get(url, headers=same).status_code == 200


def test_what_becomes_of_it(project: Project, mr: MergeRequest, shop: Repo) -> None:
    mr.to_draft()
    read = project.mergerequests.get(1)
    assert (read.title, read.draft) == ("Draft: Change things", True)
    assert read.detailed_merge_status == "draft_status"
    mr.ready()
    shop.push("release", {}, start="main")
    mr.retarget("release")
    assert len(project.mergerequests.get(1).diffs.list(get_all=True)) == 2
    mr.close()
    pushed = shop.push("feature", {"x": "y"})
    assert project.mergerequests.get(1).sha != pushed
    mr.reopen()
    assert project.mergerequests.get(1).sha == pushed
    sha = mr.merge()
    read = project.mergerequests.get(1)
    assert (read.state, read.merge_commit_sha) == ("merged", sha)
    assert [event["what"] for event in mr.conversation()["events"]] == [
        "open", "update", "update", "update", "close", "reopen", "update", "merge",
    ]  # fmt: skip
    said = [row["body"] for row in mr.conversation()["timeline"] if row["kind"] == "system"]
    assert said[0] == "marked this merge request as **draft**"
    assert "changed target branch from `main` to `release`" in said


def test_a_fork_has_its_head_in_the_target_project(
    lab: FakeGitLab, shop: Repo, project: Project
) -> None:
    fork = shop.fork("eve")
    sha = fork.push("patch", {"evil": "x"}, by="eve")
    mr = shop.open_merge_request("patch", fork=fork, by="eve")
    read = project.mergerequests.get(1)
    assert (read.sha, read.source_project_id) == (sha, fork.id)
    assert project.commits.get(sha).id == mr.head
    fork.delete()
    assert project.mergerequests.get(1).source_project_id is None
    assert lab.violations == []


def test_pipelines_decide(project: Project, shop: Repo, mr: MergeRequest) -> None:
    shop.set(only_allow_merge_if_pipeline_succeeds=True)
    assert mr.mergeable == "ci_must_pass"
    one = shop.pipeline(mr.head, "feature")
    assert mr.mergeable == "ci_still_running"
    shop.finish(mr.head)
    assert mr.mergeable == "mergeable"
    read = project.mergerequests.get(1)
    assert (read.head_pipeline["id"], read.head_pipeline["status"]) == (one.id, "success")
    mr.push({"x": "y"})
    assert project.mergerequests.get(1).head_pipeline is None
    assert mr.mergeable == "ci_must_pass"


def test_a_late_pipeline_is_the_head_then(
    lab: FakeGitLab, project: Project, shop: Repo, mr: MergeRequest
) -> None:
    lab.late.pipelines = 3
    shop.pipeline(mr.head, "feature")
    assert project.mergerequests.get(1).head_pipeline is None
    lab.clock.advance(3)
    assert project.mergerequests.get(1).head_pipeline["ref"] == "feature"


def test_a_merge_train(project: Project, shop: Repo, mr: MergeRequest, lab: FakeGitLab) -> None:
    head = shop.queue(mr)
    asked = lab.hooks.log[-1].payload
    assert asked["object_attributes"]["sha"] == head
    assert asked["object_attributes"]["source"] == "merge_request_event"
    assert asked["object_attributes"]["ref"] == "feature"
    assert asked["merge_request"]["iid"] == 1
    pipeline = project.pipelines.get(asked["object_attributes"]["id"])
    assert (pipeline.ref, pipeline.sha) == ("refs/merge-requests/1/train", head)
    car = project.merge_trains.list(get_all=True)[0]
    assert (car.pipeline["id"], car.merge_request["iid"]) == (pipeline.id, 1)
    assert project.mergerequests.get(1).head_pipeline is None  # the train's is not the branch's
    shop.destroy_queue(mr)
    assert project.merge_trains.list(get_all=True) == []
    assert lab.hooks.log[-1].payload["object_attributes"]["status"] == "canceled"
    assert lab.violations == []


def test_no_status_checks_without_ultimate(lab: FakeGitLab, shop: Repo, mr: MergeRequest) -> None:
    gl = signed_in(lab, "mia")
    for path in ("external_status_checks", "merge_requests/1/status_checks"):
        answer = httpx.get(f"{lab.api}/projects/{shop.id}/{path}", headers=gl.headers)
        assert answer.status_code == 404
    assert lab.violations == []
