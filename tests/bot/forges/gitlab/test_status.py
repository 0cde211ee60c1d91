"""What stands at a commit: one row in the pipeline that counts, never green without a reason."""

import pytest

from bot.change import Change, ChangeId, ForgeName, Kind, Seen
from bot.forges.base import Denied, Unsure
from bot.forges.gitlab import GitLab
from bot.review import Outcome, Progress, Status
from tests.bot.forges.gitlab.conftest import Connect, id_of
from tests.fakes.gitlab import FakeGitLab, MergeRequest, Repo

PAGE = "https://redline.example/reviews/1"
QUEUED = Status(Progress.QUEUED, "Waiting", url=PAGE)
RUNNING = Status(Progress.RUNNING, "3/7 hadolint", url=PAGE)
PASSED = Status(Progress.DONE, "0 blocking", Outcome.PASSED, green=True, summary="All", url=PAGE)
FAILED = Status(Progress.DONE, "Blocks merge", Outcome.FAILED, summary="Bad", url=PAGE)
UNCHECKED = Status(Progress.DONE, "Could not check", Outcome.UNCHECKED)
NOTHING = Status(Progress.DONE, "No infrastructure files", Outcome.NOT_NEEDED, green=True)
OBSERVED = Status(Progress.DONE, "Would block", Outcome.FAILED, green=True)
SUPERSEDED = Status(Progress.SUPERSEDED, "superseded by abc1234")

EACH = [
    (QUEUED, "pending"),
    (RUNNING, "running"),
    (PASSED, "success"),
    (FAILED, "failed"),
    (UNCHECKED, "failed"),
    (NOTHING, "success"),
    (OBSERVED, "success"),
    (SUPERSEDED, "canceled"),
]
POST = "POST /projects/*/statuses/*"


def rows(repo: Repo, sha: str) -> list[tuple[str, str | None]]:
    return [(row.state, row.description) for row in repo.statuses(sha) if not row.retried]


@pytest.mark.parametrize(("status", "state"), EACH)
def test_each_status(forge: GitLab, change: Change, repo: Repo, status: Status, state: str) -> None:
    assert forge.unfinished(change)
    forge.status(change, status)
    (row,) = repo.statuses(change.head)
    assert (row.name, row.state, row.description) == ("redline", state, status.title)
    assert (row.target_url or "") == status.url
    assert forge.unfinished(change) is (state not in ("success", "failed"))


def test_a_whole_review_is_one_row(forge: GitLab, change: Change, repo: Repo) -> None:
    for status in (QUEUED, RUNNING, RUNNING, FAILED, FAILED):
        forge.status(change, status)
    assert [state for _, state, _ in repo.history(change.head)] == ["pending", "running", "failed"]
    assert len(repo.statuses(change.head)) == 1
    assert len(repo.state.pipelines) == 1


def test_the_text_of_a_running_status_is_not_sent(
    forge: GitLab, change: Change, gitlab: FakeGitLab
) -> None:
    forge.status(change, RUNNING)
    forge.status(change, Status(Progress.RUNNING, "4/7 kubernetes rules"))
    forge.status(change, QUEUED)
    assert gitlab.counters[POST] == 1
    assert gitlab.refused == []


def test_it_stands_in_the_pipeline_of_the_head(
    forge: GitLab, change: Change, repo: Repo, request_: MergeRequest
) -> None:
    """An older one of the same commit holds nothing back."""
    older = repo.pipeline(change.head, "break")
    newer = repo.pipeline(change.head, "refs/merge-requests/1/head", source="merge_request_event")
    forge.status(change, FAILED)
    (row,) = repo.statuses(change.head)
    assert row.pipeline == newer.id != older.id
    repo.set(only_allow_merge_if_pipeline_succeeds=True)
    repo.finish(change.head)
    assert request_.mergeable == "ci_must_pass"
    forge.status(change, PASSED)
    assert request_.mergeable == "mergeable"


def test_a_pipeline_that_comes_late_has_no_final_status(
    forge: GitLab, change: Change, repo: Repo, request_: MergeRequest
) -> None:
    forge.status(change, FAILED)
    assert not forge.unfinished(change)
    late = repo.pipeline(change.head, "break")
    assert forge.unfinished(change)
    forge.status(change, FAILED)
    assert not forge.unfinished(change)
    assert [row.pipeline for row in repo.statuses(change.head)][-1] == late.id


def test_a_pipeline_that_shows_late_is_not_made_twice(
    forge: GitLab, change: Change, repo: Repo, gitlab: FakeGitLab
) -> None:
    gitlab.late.pipelines = 600
    for status in (QUEUED, RUNNING, PASSED):
        forge.status(change, status)
    assert len(repo.state.pipelines) == 1
    assert rows(repo, change.head) == [("success", "0 blocking")]


def test_another_while_it_is_written_is_waited_for(
    forge: GitLab, change: Change, repo: Repo, gitlab: FakeGitLab
) -> None:
    fault = gitlab.faults.add("POST */statuses/*", status=409, times=2)
    forge.status(change, PASSED)
    assert fault.hits == 2
    assert rows(repo, change.head) == [("success", "0 blocking")]


def test_another_that_is_written_for_ever_is_unsure(
    forge: GitLab, change: Change, gitlab: FakeGitLab
) -> None:
    gitlab.faults.add("POST */statuses/*", status=409, times=None)
    with pytest.raises(Unsure, match="409"):
        forge.status(change, PASSED)


@pytest.mark.parametrize(
    "said",
    [
        "Cannot transition status via :enqueue from :pending (Reason(s): ...)",
        "Cannot transition status via :run from :running",
        "Cannot transition status via :enqueue from :running",
    ],
)
def test_what_is_so_already_is_no_fault(
    forge: GitLab, change: Change, gitlab: FakeGitLab, said: str
) -> None:
    gitlab.faults.add("POST */statuses/*", status=400, message=said)
    forge.status(change, QUEUED)


def test_another_workers_row_is_seen_however_late(
    as_bot: Connect, change: Change, repo: Repo, gitlab: FakeGitLab
) -> None:
    """GitLab itself refuses to go back, since our listing did not show how far it is."""
    as_bot().status(change, RUNNING)
    gitlab.faults.stale(600, "statuses")
    as_bot().status(change, QUEUED)
    as_bot().status(change, RUNNING)
    assert rows(repo, change.head) == [("running", "3/7 hadolint")]


def test_a_lost_answer_makes_no_second_row(
    forge: GitLab, change: Change, repo: Repo, gitlab: FakeGitLab
) -> None:
    fault = gitlab.faults.add("POST */statuses/*", after=True)
    with pytest.raises(Unsure):
        forge.status(change, FAILED)
    forge.status(change, FAILED)
    assert fault.hits == 1
    assert len(repo.statuses(change.head)) == 1


def test_a_late_listing_makes_no_second_row(
    as_bot: Connect, request_: MergeRequest, repo: Repo, gitlab: FakeGitLab
) -> None:
    forge = as_bot(settle_seconds=60)
    change = forge.change(id_of(request_))
    gitlab.faults.stale(600, "statuses")
    for status in (QUEUED, RUNNING, FAILED, FAILED):
        forge.status(change, status)
    assert len(repo.statuses(change.head)) == 1
    assert not forge.unfinished(change)


def test_a_review_asks_little(as_bot: Connect, request_: MergeRequest, gitlab: FakeGitLab) -> None:
    forge = as_bot(settle_seconds=60)
    change = forge.change(id_of(request_))
    before = gitlab.counters.total()
    assert forge.unfinished(change)
    for status in (QUEUED, RUNNING, PASSED):
        forge.status(change, status)
    assert gitlab.counters.total() - before == 4  # one listing, three rows


def test_looked_at_again_a_final_one_is_left(forge: GitLab, change: Change, repo: Repo) -> None:
    forge.status(change, FAILED)
    forge.status(change, RUNNING)
    forge.status(change, PASSED)
    assert [row.state for row in repo.statuses(change.head)] == ["failed", "success"]
    assert rows(repo, change.head) == [("success", "0 blocking")]


def test_somebody_elses_row_is_not_ours(
    as_bot: Connect, forge: GitLab, change: Change, repo: Repo, gitlab: FakeGitLab
) -> None:
    other = as_bot(gitlab_token=gitlab.token("ada"))
    other.status(change, PASSED)
    assert forge.unfinished(change)


def test_long_words_are_cut(forge: GitLab, change: Change, repo: Repo) -> None:
    forge.status(change, Status(Progress.DONE, "x" * 400, Outcome.FAILED, url="https://x/" * 40))
    (row,) = repo.statuses(change.head)
    assert row.description is not None
    assert len(row.description) == 255
    assert row.target_url is None


def test_a_head_that_was_replaced_is_ended(
    forge: GitLab, change: Change, repo: Repo, request_: MergeRequest
) -> None:
    forge.status(change, RUNNING)
    request_.push({"Dockerfile": "FROM debian:12.5\n"})
    newer = forge.change(change.id)
    old = Seen(change.id, change.head)
    assert forge.unfinished(old)
    forge.status(old, SUPERSEDED)
    assert rows(repo, change.head) == [("canceled", "superseded by abc1234")]
    forge.status(newer, PASSED)
    assert rows(repo, newer.head) == [("success", "0 blocking")]
    assert not forge.unfinished(newer)


def test_a_head_without_a_row_gets_none_when_it_was_replaced(
    forge: GitLab, change: Change, repo: Repo, request_: MergeRequest
) -> None:
    request_.push({"Dockerfile": "FROM debian:12.5\n"})
    forge.status(Seen(change.id, change.head), SUPERSEDED)
    assert repo.statuses(change.head) == []


def test_a_force_push_back_is_looked_at_anew(
    forge: GitLab, change: Change, repo: Repo, request_: MergeRequest
) -> None:
    repo.use_ci()
    forge.status(change, FAILED)
    repo.push("break", {"Dockerfile": "FROM x\n"})
    repo.move("break", change.head)
    back = forge.change(change.id)
    assert back.head == change.head
    assert forge.unfinished(back)
    forge.status(back, FAILED)
    assert request_.pipeline is not None
    assert repo.statuses(back.head)[-1].pipeline == request_.pipeline.id


def test_without_the_right_it_is_denied_loudly(forge: GitLab, change: Change, repo: Repo) -> None:
    repo.allow("redline", "reporter")
    with pytest.raises(Denied, match="Developer"):
        forge.status(change, QUEUED)


def test_a_pipeline_that_was_deleted_is_looked_for_anew(
    as_bot: Connect, request_: MergeRequest, repo: Repo
) -> None:
    forge = as_bot(settle_seconds=60)
    pipeline = repo.pipeline(request_.head, "break")
    change = forge.change(id_of(request_))
    del repo.state.pipelines[pipeline.id]
    with pytest.raises(Unsure, match="404 Pipeline"):
        forge.status(change, PASSED)
    forge.status(change, PASSED)
    assert rows(repo, change.head) == [("success", "0 blocking")]


def test_a_merge_train_has_it_at_its_own_commit(
    forge: GitLab, repo: Repo, request_: MergeRequest
) -> None:
    head = repo.queue(request_)
    ref = f"refs/merge-requests/{request_.number}/train"
    change = forge.change(ChangeId(ForgeName.GITLAB, repo.id, Kind.MERGE_GROUP, ref=ref))
    forge.status(change, QUEUED)
    forge.status(change, FAILED)
    (row,) = repo.statuses(head)
    train = request_.state.train
    assert train is not None
    assert (row.state, row.pipeline) == ("failed", train.id)
    assert not forge.unfinished(change)
    assert repo.statuses(request_.head) == []


@pytest.fixture
def fork(repo: Repo) -> Repo:
    made = repo.fork("eve")
    made.push("mine", {"Dockerfile": "FROM x\n"}, by="eve")
    return made


@pytest.fixture
def from_fork(repo: Repo, fork: Repo) -> MergeRequest:
    return repo.open_merge_request("mine", by="eve", fork=fork)


def test_a_fork_that_lets_us_has_it_in_its_own_project(
    forge: GitLab, repo: Repo, fork: Repo, from_fork: MergeRequest
) -> None:
    fork.allow("redline", "developer")
    pipeline = fork.pipeline(from_fork.head, "mine")
    change = forge.change(id_of(from_fork))
    forge.status(change, FAILED)
    assert [row.pipeline for row in fork.statuses(change.head)] == [pipeline.id]
    assert repo.statuses(change.head) == []
    assert not forge.unfinished(change)
    assert from_fork.threads == []


def test_a_forks_pipeline_in_the_target_project_has_it(
    forge: GitLab, repo: Repo, fork: Repo, from_fork: MergeRequest
) -> None:
    pipeline = repo.pipeline(from_fork.head, "refs/merge-requests/1/head")
    change = forge.change(id_of(from_fork))
    forge.status(change, RUNNING)
    forge.status(change, PASSED)
    assert [row.pipeline for row in repo.statuses(change.head)] == [pipeline.id]
    assert not forge.unfinished(change)


def stand_in(request: MergeRequest) -> list[tuple[str, bool]]:
    """What the thread in the status's place says first, and whether it is resolved."""
    found = request.state.discussions.values()
    return [
        (one.first.body.partition("\n")[0], one.first.resolver is not None)
        for one in found
        if "takes its place" in one.first.body
    ]


def test_else_a_thread_takes_its_place(
    forge: GitLab, repo: Repo, fork: Repo, from_fork: MergeRequest, gitlab: FakeGitLab
) -> None:
    repo.set(only_allow_merge_if_all_discussions_are_resolved=True)
    change = forge.change(id_of(from_fork))
    forge.status(change, QUEUED)
    forge.status(change, RUNNING)
    assert stand_in(from_fork) == []
    assert forge.unfinished(change)
    forge.status(change, FAILED)
    assert stand_in(from_fork) == [(f"**Redline** at {change.head[:7]}: Blocks merge", False)]
    assert from_fork.mergeable == "discussions_not_resolved"
    assert not forge.unfinished(change)
    assert forge.conversation(change).own() == []
    told = from_fork.notifications
    forge.status(change, FAILED)
    from_fork.push({"Dockerfile": "FROM debian:12.5\n"}, by="eve")
    newer = forge.change(change.id)
    assert forge.unfinished(newer)
    for title in ("checking out", "1/7 hadolint", "2/7 kubernetes rules"):
        forge.status(newer, Status(Progress.RUNNING, title))
    edits = sum(n for call, n in gitlab.counters.items() if call.startswith("PUT"))
    assert edits == 1
    forge.status(newer, PASSED)
    assert stand_in(from_fork) == [(f"**Redline** at {newer.head[:7]}: 0 blocking", True)]
    assert from_fork.mergeable == "mergeable"
    assert not forge.unfinished(newer)
    forge.status(newer, RUNNING)
    assert stand_in(from_fork)[0][1] is False
    assert from_fork.notifications == told


def test_a_status_that_can_be_shown_later_ends_the_thread(
    as_bot: Connect, repo: Repo, from_fork: MergeRequest
) -> None:
    """Someone runs a pipeline for the fork's change: nobody looks at the thread any more."""
    repo.set(only_allow_merge_if_all_discussions_are_resolved=True)
    forge = as_bot()
    change = forge.change(id_of(from_fork))
    forge.status(change, FAILED)
    assert from_fork.mergeable == "discussions_not_resolved"
    repo.pipeline(from_fork.head, "refs/merge-requests/1/head")
    later = as_bot()
    later.status(change, RUNNING)
    later.status(change, PASSED)
    assert rows(repo, change.head) == [("success", "0 blocking")]
    assert stand_in(from_fork) == [(f"**Redline** at {change.head[:7]}: 0 blocking", True)]
    assert from_fork.mergeable == "mergeable"


def test_a_green_change_of_a_fork_has_a_thread_that_is_resolved(
    forge: GitLab, repo: Repo, from_fork: MergeRequest
) -> None:
    change = forge.change(id_of(from_fork))
    forge.status(change, PASSED)
    assert stand_in(from_fork) == [(f"**Redline** at {change.head[:7]}: 0 blocking", True)]
    assert not forge.unfinished(change)


def test_a_fork_that_was_deleted(
    forge: GitLab, repo: Repo, fork: Repo, from_fork: MergeRequest
) -> None:
    fork.delete()
    change = forge.change(id_of(from_fork))
    forge.status(change, FAILED)
    assert stand_in(from_fork)[0][1] is False
