"""What stands at a commit: written once, edited after that, never green without a reason."""

from dataclasses import replace
from typing import Any

import pytest

from bot.change import Change, ChangeId, ForgeName, Kind
from bot.forges.base import Denied, Role, Unsure
from bot.forges.github import GitHub
from bot.review import Annotation, Outcome, Progress, Status
from rules.finding import Severity
from tests.bot.forges.github.conftest import Connect, app_settings, id_of
from tests.fakes.github import AppKey, FakeGitHub, PullRequest, Repo

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
    (QUEUED, ("queued", None), "pending"),
    (RUNNING, ("in_progress", None), "pending"),
    (PASSED, ("completed", "success"), "success"),
    (FAILED, ("completed", "failure"), "failure"),
    (UNCHECKED, ("completed", "failure"), "failure"),
    (NOTHING, ("completed", "skipped"), "success"),
    (OBSERVED, ("completed", "success"), "success"),
    (SUPERSEDED, ("completed", "cancelled"), "error"),
]


@pytest.fixture
def ours(as_app: Connect, pull: PullRequest) -> tuple[GitHub, Change]:
    forge = as_app()
    return forge, forge.change(id_of(pull))


@pytest.fixture
def persons(as_person: Connect, pull: PullRequest) -> tuple[GitHub, Change]:
    forge = as_person()
    return forge, forge.change(id_of(pull))


def notes(count: int) -> tuple[Annotation, ...]:
    each = (Severity.INFO, Severity.WARNING, Severity.BLOCKING)
    return tuple(
        Annotation("Dockerfile", n + 1, each[n % 3], f"title {n}", "why") for n in range(count)
    )


def test_each_status_of_an_app(ours: tuple[GitHub, Change], repo: Repo) -> None:
    forge, change = ours
    assert forge.unfinished(change)
    for number, (status, shown, _state) in enumerate(EACH):
        sha = repo.push("break", {"n": str(number)})
        forge.status(forge.change(change.id), status)
        (run,) = repo.checks(sha)
        assert (run.name, (run.status, run.conclusion)) == ("redline", shown)
        assert run.output["title"] == status.title
        assert run.output["summary"] == status.summary or status.title
        final = shown[1] not in (None, "cancelled")
        assert forge.unfinished(forge.change(change.id)) is not final


def test_one_look_serves_the_write_that_it_was_for(
    as_app: Connect, github: FakeGitHub, pull: PullRequest, repo: Repo
) -> None:
    forge = as_app(settle_seconds=60)
    change = forge.change(id_of(pull))
    looks = github.counters["checks/list-for-ref"]
    assert forge.unfinished(change)
    forge.status(change, RUNNING)
    assert github.counters["checks/list-for-ref"] == looks + 1
    forge.status(change, PASSED)
    assert github.counters["checks/list-for-ref"] == looks + 2, "an older look is not trusted"
    assert len(repo.checks(pull.head)) == 1


def test_each_status_of_a_person(persons: tuple[GitHub, Change], repo: Repo) -> None:
    forge, change = persons
    assert forge.unfinished(change)
    for number, (status, _shown, state) in enumerate(EACH):
        sha = repo.push("break", {"n": str(number)})
        forge.status(forge.change(change.id), status)
        (row,) = repo.statuses(sha)
        assert (row.context, row.state, row.description) == ("redline", state, status.title)
        assert (row.target_url or "") == status.url
        assert forge.unfinished(forge.change(change.id)) is (state in ("pending", "error"))


def test_one_run_from_queued_to_done(
    ours: tuple[GitHub, Change], repo: Repo, github: FakeGitHub
) -> None:
    forge, change = ours
    for status in (QUEUED, RUNNING, FAILED):
        forge.status(change, status)
    assert [row[1:] for row in repo.history(change.head)] == [
        ("queued", None, "Waiting"),
        ("in_progress", None, "3/7 hadolint"),
        ("completed", "failure", "Blocks merge"),
    ]
    (run,) = repo.checks(change.head)
    assert run.details_url == PAGE
    assert [action["identifier"] for action in run.actions] == ["recheck"]


def test_what_was_planned_can_be_planned_again(ours: tuple[GitHub, Change], repo: Repo) -> None:
    forge, change = ours
    forge.status(change, replace(FAILED, plans=True))
    (run,) = repo.checks(change.head)
    assert [action["label"] for action in run.actions] == ["Re-run", "Re-plan"]


def test_what_stands_is_not_written_again(
    ours: tuple[GitHub, Change], github: FakeGitHub, as_app: Connect
) -> None:
    forge, change = ours
    forge.status(change, FAILED)
    writes = github.counters["checks/create"] + github.counters["checks/update"]
    as_app().status(change, FAILED)
    assert github.counters["checks/create"] + github.counters["checks/update"] == writes


def test_a_persons_status_is_not_posted_again(
    persons: tuple[GitHub, Change], repo: Repo, as_person: Connect
) -> None:
    forge, change = persons
    for again in (forge, forge, as_person()):
        again.status(change, FAILED)
    as_person().status(change, PASSED)
    assert [row.state for row in repo.statuses(change.head)] == ["failure", "success"]


def test_others_statuses_of_that_name_do_not_count(
    persons: tuple[GitHub, Change], github: FakeGitHub, repo: Repo, as_person: Connect
) -> None:
    forge, change = persons
    repo.allow("eve", "write")
    as_person(github_token=github.token("eve")).status(change, PASSED)
    assert forge.unfinished(change)
    forge.status(change, FAILED)
    assert not forge.unfinished(change)


def test_another_apps_run_of_that_name_does_not_count(
    ours: tuple[GitHub, Change], github: FakeGitHub, repo: Repo, as_app: Connect
) -> None:
    forge, change = ours
    as_app(**app_settings(github.app("other"))).status(change, PASSED)
    assert forge.unfinished(change)
    forge.status(change, FAILED)
    assert [run.conclusion for run in repo.checks(change.head)] == ["success", "failure"]


def test_a_recheck_gets_a_run_of_its_own(ours: tuple[GitHub, Change], repo: Repo) -> None:
    forge, change = ours
    forge.status(change, FAILED)
    forge.status(change, QUEUED)
    assert forge.unfinished(change)
    forge.status(change, PASSED)
    shown = [(run.status, run.conclusion) for run in repo.checks(change.head)]
    assert shown == [("completed", "failure"), ("completed", "success")]
    assert not forge.unfinished(change)


def test_a_listing_that_lags_makes_no_second_run(
    ours: tuple[GitHub, Change], repo: Repo, github: FakeGitHub
) -> None:
    forge, change = ours
    github.faults.stale(5, "checks")
    for status in (QUEUED, RUNNING, FAILED):
        forge.status(change, status)
    (run,) = repo.checks(change.head)
    assert run.conclusion == "failure"
    assert not forge.unfinished(change)


def test_a_listing_that_lags_makes_no_second_status(
    persons: tuple[GitHub, Change], repo: Repo, github: FakeGitHub
) -> None:
    forge, change = persons
    github.faults.stale(5, "statuses")
    for status in (QUEUED, FAILED, FAILED):
        forge.status(change, status)
    assert [row.state for row in repo.statuses(change.head)] == ["pending", "failure"]


@pytest.mark.parametrize("fault", [{"status": 502}, {"what": "drop"}])
def test_a_lost_answer_makes_no_second_run(
    ours: tuple[GitHub, Change], repo: Repo, github: FakeGitHub, fault: dict[str, Any]
) -> None:
    forge, change = ours
    github.faults.add("POST */check-runs", after=True, **fault)
    with pytest.raises(Unsure):
        forge.status(change, QUEUED)
    forge.status(change, FAILED)
    (run,) = repo.checks(change.head)
    assert run.conclusion == "failure"


def test_an_older_run_left_open_is_ended(
    ours: tuple[GitHub, Change], repo: Repo, as_app: Connect, github: FakeGitHub
) -> None:
    forge, change = ours
    github.faults.stale(60, "checks")
    forge.status(change, QUEUED)
    as_app().status(change, RUNNING)
    assert len(repo.checks(change.head)) == 2
    github.faults.clear()
    as_app().status(change, FAILED)
    assert [run.conclusion for run in repo.checks(change.head)] == ["cancelled", "failure"]


@pytest.mark.parametrize(("count", "requests"), [(0, 2), (1, 2), (50, 2), (51, 3), (150, 4)])
def test_annotations_go_in_parts(
    ours: tuple[GitHub, Change], repo: Repo, github: FakeGitHub, count: int, requests: int
) -> None:
    forge, change = ours
    status = Status(Progress.DONE, "w", Outcome.PASSED, green=True, annotations=notes(count))
    forge.status(change, status)
    (run,) = repo.checks(change.head)
    assert [note["title"] for note in run.annotations] == [f"title {n}" for n in range(count)]
    assert github.counters["checks/create"] + github.counters["checks/update"] == requests
    if count:
        levels = {note["annotation_level"] for note in run.annotations}
        assert levels <= {"notice", "warning", "failure"}
        first = run.annotations[0]
        assert (first["path"], first["start_line"], first["message"]) == ("Dockerfile", 1, "why")


def test_a_kill_between_annotations_repeats_none(
    ours: tuple[GitHub, Change], repo: Repo, github: FakeGitHub, as_app: Connect
) -> None:
    forge, change = ours
    status = Status(Progress.DONE, "w", Outcome.PASSED, green=True, annotations=notes(120))
    forge.status(change, RUNNING)
    github.faults.add("PATCH */check-runs/*", after=True, times=1)
    with pytest.raises(Unsure):
        forge.status(change, status)
    assert forge.unfinished(change)
    as_app().status(change, status)
    (run,) = repo.checks(change.head)
    assert [note["title"] for note in run.annotations] == [f"title {n}" for n in range(120)]
    assert run.conclusion == "success"


def test_too_many_annotations_are_counted(ours: tuple[GitHub, Change], repo: Repo) -> None:
    forge, change = ours
    forge.status(change, Status(Progress.DONE, "w", Outcome.FAILED, annotations=notes(205)))
    (run,) = repo.checks(change.head)
    assert len(run.annotations) == 200
    assert run.output["summary"] == "w\n\n5 more have no annotation here."


@pytest.mark.parametrize("sign", ["x", "ü", "\N{FIRE}"])
def test_texts_are_cut_by_characters(
    ours: tuple[GitHub, Change], persons: tuple[GitHub, Change], repo: Repo, sign: str
) -> None:
    long = Annotation("Dockerfile", 1, Severity.INFO, sign * 300, sign * 70_000)
    status = Status(Progress.DONE, sign * 300, Outcome.FAILED, summary=sign * 70_000)
    for forge, change in (ours, persons):
        forge.status(change, status)
    (run,) = repo.checks(ours[1].head)
    assert (len(run.output["title"]), len(run.output["summary"])) == (255, 65_535)
    (row,) = repo.statuses(ours[1].head)
    assert row.description == sign * 139 + "…"
    forge, change = ours
    forge.status(change, Status(Progress.DONE, "t", Outcome.FAILED, annotations=(long,)))
    assert len(repo.checks(change.head)[0].annotations[0]["message"]) == 16_000


def test_a_permission_that_is_taken_away_is_named(
    ours: tuple[GitHub, Change], app: AppKey, github: FakeGitHub
) -> None:
    forge, change = ours
    for token in github.server.state.tokens.values():
        token.permissions["checks"] = "read"
    with pytest.raises(Denied, match="checks=write"):
        forge.status(change, QUEUED)


def test_a_merge_group_has_the_same_status(
    ours: tuple[GitHub, Change], repo: Repo, pull: PullRequest
) -> None:
    forge, _ = ours
    head = repo.queue(pull)
    ref = f"refs/heads/gh-readonly-queue/main/pr-1-{repo.sha()}"
    group = forge.change(ChangeId(ForgeName.GITHUB, repo.id, Kind.MERGE_GROUP, ref=ref))
    forge.status(group, PASSED)
    (run,) = repo.checks(head)
    assert (run.name, run.conclusion) == ("redline", "success")


def test_a_token_that_may_only_read_is_no_silent_end(
    as_person: Connect, github: FakeGitHub, pull: PullRequest, repo: Repo
) -> None:
    repo.allow("eve", "read")
    forge = as_person(github_token=github.token("eve"))
    change = forge.change(id_of(pull))
    with pytest.raises(Denied, match="write here"):
        forge.status(change, QUEUED)
    assert forge.role(change, "ada") is Role.NONE
