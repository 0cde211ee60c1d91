"""What GitLab shows at a commit: the commit status ``redline`` in the change's newest pipeline.

It converges: what is there is listed first, and only what differs is written, since a final status
that is posted again makes a second row. What was listed or written a moment ago counts as listed.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.change import Change, Kind, Seen
from bot.forges.base import Denied, Gone, Refused, Unsure
from bot.forges.gitlab import answers
from bot.forges.gitlab.credentials import Account
from bot.forges.gitlab.errors import Conflict, Forbidden
from bot.forges.gitlab.merge_requests import MergeRequests, Recent
from bot.forges.gitlab.standin import StandIn
from bot.review import Progress, Status

NAME = "redline"
_LONGEST = 255  # characters of name, description and address
_FINAL = ("success", "failed", "skipped")
_GOING = ("pending", "running")
_PAUSES = (0.1, 0.3, 0.9)  # seconds before it is tried again while another status is written
_SHUT_SECONDS = 3600.0  # for which a project that refused our status is not tried again
_TRANSITION = re.compile(r"Cannot transition status via :(\w+) from :(\w+)")
_ALREADY = (
    *(("enqueue", "pending"), ("enqueue", "running"), ("run", "running")),
    *(("success", "success"), ("drop", "failed"), ("cancel", "canceled")),
)

_Rows = list[answers.CommitStatus]


@dataclass(frozen=True, slots=True)
class Place:
    """Where rows stand: a project's commit and, where it is known, the pipeline that counts.

    ``ref`` names the branch of the pipeline that GitLab makes where there is none.
    """

    project: int
    sha: str
    pipeline: int = 0
    ref: str = ""


class Statuses:
    """The statuses of all changes; ``settle``: seconds that a listing may lag behind."""

    def __init__(
        self, account: Account, requests: MergeRequests, key: bytes, settle: float
    ) -> None:
        self._account, self._client, self._requests = account, account.client, requests
        self._key = key
        self._listed: Recent[_Rows] = Recent(settle)
        self._shut: Recent[bool] = Recent(_SHUT_SECONDS)

    def final(self, change: Change | Seen) -> bool:
        """Whether the head has a final status of ours in the pipeline that counts."""
        request = self._requests.lately(change.id) if change.id.kind is Kind.CHANGE else None
        for place in self._places(change, request):
            newest = _newest(self._rows(place), place)
            if newest is not None:
                return newest.status in _FINAL
        return _from_fork(request) and self._stand_in(change).final(change.head)

    def show(self, change: Change | Seen, status: Status) -> None:
        """Make the head show this status, in a thread where no status may be shown."""
        request = self._requests.lately(change.id) if change.id.kind is Kind.CHANGE else None
        if request and request.sha != change.head:
            self._leave(change, request, status)
            return
        if not _from_fork(request):
            self._own_project(change, self._places(change, request)[0], status)
            return
        for place in self._places(change, request):
            try:
                self._bring(place, status)
            except (Gone, Forbidden):
                self._shut.put((place.project, change.id), True)
            else:
                if status.progress is Progress.DONE:  # a thread from before that was possible
                    self._stand_in(change).show(change.head, status, begin=False)
                return
        self._stand_in(change).show(change.head, status)

    def _own_project(self, change: Change | Seen, place: Place, status: Status) -> None:
        try:
            self._bring(place, status)
        except Forbidden as error:
            raise Denied(f"{error} (the token must be a Developer's here)") from error
        except Gone as error:  # the pipeline was deleted: another may be there by now
            self._requests.forget(change.id)
            raise Unsure(str(error)) from error

    def _leave(self, change: Change | Seen, request: answers.MergeRequest, status: Status) -> None:
        """End what stands at a head that was replaced, in the pipeline where it stands."""
        for place in _projects(change, request):
            for row in self._rows(place):
                if row.status in _GOING:
                    self._bring(replace(place, pipeline=row.pipeline_id or 0), status)

    def _places(self, change: Change | Seen, request: answers.MergeRequest | None) -> list[Place]:
        """A fork's own project first: the pipeline that counts is there."""
        if request is None:
            pipeline = change.pipeline if isinstance(change, Train) else 0
            return [Place(change.id.repository, change.head, pipeline)]
        every = _projects(change, request)
        open_ = [one for one in every if not self._shut.get((one.project, change.id))]
        return [_in_pipeline(one, change, request) for one in open_]

    def _rows(self, place: Place) -> _Rows:
        """Our rows at the commit, the newest first; none where we may not look."""
        key = (place.project, place.sha)
        known = self._listed.get(key)
        if known is None:
            path = f"/projects/{place.project}/repository/commits/{place.sha}/statuses"
            try:
                every = self._client.pages(path, answers.CommitStatus, name=NAME, all=True)
                known = [one for one in every if self._ours(one)]
            except (Gone, Forbidden):
                known = []
            self._listed.put(key, known)
        return sorted(known, key=lambda row: row.id, reverse=True)

    def _ours(self, row: answers.CommitStatus) -> bool:
        return row.name == NAME and self._account.wrote(row.author)

    def _bring(self, place: Place, status: Status) -> None:
        newest = _newest(self._rows(place), place)
        wanted = _wanted(status)
        if newest is not None and _stands(newest, wanted):
            return
        body = {"name": NAME, **wanted}
        pipeline = place.pipeline or (newest.pipeline_id if newest else 0)
        if pipeline:
            body["pipeline_id"] = pipeline  # with a ref that is not its own it would not be found
        elif place.ref:
            body["ref"] = place.ref
        self._write(place, body)

    def _write(self, place: Place, body: dict[str, str | int]) -> None:
        path, key = f"/projects/{place.project}/statuses/{place.sha}", (place.project, place.sha)
        listed = self._rows(place)
        self._listed.drop(key)  # whatever the answer is
        for pause in (*_PAUSES, None):
            try:
                row = self._client.post(path, body, answers.CommitStatus)
            except Conflict as error:
                if pause is None:
                    raise Unsure(str(error)) from error
                time.sleep(pause)
            except Refused as error:
                if _already(str(error)):
                    return
                raise
            else:
                rows = [each for each in listed if each.id != row.id]
                self._listed.put(key, [*rows, row])
                return

    def _stand_in(self, change: Change | Seen) -> StandIn:
        return StandIn(self._account, change.id, self._key)


@dataclass(frozen=True, slots=True)
class Train(Change):
    """A merge train's commit, and the pipeline that runs at it."""

    pipeline: int = 0


def _projects(change: Change | Seen, request: answers.MergeRequest) -> Iterator[Place]:
    source, target = request.source_project_id, change.id.repository
    for project in dict.fromkeys((source, target)):
        if project is not None:
            yield Place(
                project, change.head, ref=request.source_branch if project == source else ""
            )


def _in_pipeline(place: Place, change: Change | Seen, request: answers.MergeRequest) -> Place:
    """The place in the change's newest pipeline, if that is of this head and in this project.

    One of merged results runs at a commit of its own, and holds the merge back all the same.
    """
    head = request.head_pipeline
    if head is None or request.sha != change.head:
        return place
    if (head.project_id or change.id.repository) != place.project:
        return place
    merged = head.ref == f"refs/merge-requests/{request.iid}/merge"
    return (
        replace(place, sha=head.sha, pipeline=head.id) if merged or head.sha == place.sha else place
    )


def _from_fork(request: answers.MergeRequest | None) -> bool:
    return request is not None and request.source_project_id != request.target_project_id


def _newest(rows: _Rows, place: Place) -> answers.CommitStatus | None:
    """The row that counts: of the pipeline that does, where that is known."""
    there = [row for row in rows if place.pipeline in (0, row.pipeline_id or place.pipeline)]
    return there[0] if there else None


def _stands(row: answers.CommitStatus, wanted: dict[str, str | int]) -> bool:
    """Whether nothing is to be written: the text of a status that is going cannot be changed."""
    if wanted["state"] in _GOING and row.status in _GOING:
        return row.status == wanted["state"] or row.status == "running"
    said = (row.status, row.description or "", row.target_url or "")
    return said == (wanted["state"], wanted["description"], wanted.get("target_url", ""))


def _already(said: str) -> bool:
    """Whether GitLab refused because the status is so already."""
    found = _TRANSITION.search(said)
    return found is not None and found.groups() in _ALREADY


def _wanted(status: Status) -> dict[str, str | int]:
    text = status.title if len(status.title) <= _LONGEST else f"{status.title[: _LONGEST - 1]}…"
    wanted: dict[str, str | int] = {"state": _state(status), "description": text}
    if status.url and len(status.url) <= _LONGEST:
        wanted["target_url"] = status.url
    return wanted


def _state(status: Status) -> str:
    if status.progress is Progress.SUPERSEDED:
        return "canceled"
    if status.progress is Progress.DONE:
        return "success" if status.green else "failed"
    return "running" if status.progress is Progress.RUNNING else "pending"
