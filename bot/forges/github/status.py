"""What GitHub shows at a commit: one check run of our App, or commit statuses with a plain token.

Both converge: what is there is listed first, and only what differs is written, so that a repeated
write after an unsure answer does nothing twice. What was written just now counts as listed, since
GitHub's listings lag behind.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from bot.change import Change, Seen
from bot.forges.base import Denied, Gone
from bot.forges.github import answers
from bot.forges.github.client import Client, read
from bot.forges.github.credentials import Me
from bot.review import Annotation, Outcome, Progress, Status
from rules.finding import Severity

NAME = "redline"
_DESCRIPTION, _TITLE, _SUMMARY = 140, 255, 65_535  # characters that GitHub takes
_MESSAGE = 16_000  # characters of an annotation; GitHub takes 64 KB
_A_REQUEST, _ALL = 50, 200  # annotations
_LOOKED = 10_000  # heads whose status is remembered
_AT_ONCE = 1.0  # seconds at most between a look at a status and the write that it was for
_LEVELS = {Severity.INFO: "notice", Severity.WARNING: "warning", Severity.BLOCKING: "failure"}
_FINAL = ("success", "failure", "skipped")
_AGAIN = {
    "label": "Re-run",
    "description": "Review this commit again",
    "identifier": "recheck",
}
_PLAN_AGAIN = {
    "label": "Re-plan",
    "description": "Plan and review this commit again",
    "identifier": "replan",
}


class Board(Protocol):
    """Where a commit's status stands."""

    def final(self, change: Change | Seen) -> bool:
        """Whether the head has a final status of ours."""

    def show(self, change: Change | Seen, status: Status) -> None:
        """Make the head show this status."""


T = TypeVar("T")


class _Fresh(Generic[T]):
    """What we wrote at each commit in the last seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._written: dict[tuple[int, str], tuple[float, T]] = {}

    def put(self, change: Change | Seen, written: T) -> None:
        now = time.monotonic()
        self._written = {key: one for key, one in self._written.items() if one[0] > now}
        self._written[change.id.repository, change.head] = (now + self._seconds, written)

    def get(self, change: Change | Seen) -> T | None:
        until, written = self._written.get((change.id.repository, change.head), (0.0, None))
        return written if until > time.monotonic() else None

    def take(self, change: Change | Seen) -> T | None:
        """The same, and never again."""
        found = self.get(change)
        self._written.pop((change.id.repository, change.head), None)
        return found


class _Looked:
    """What listings said when they were last looked at, by their addresses, with their ETags."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, bool]] = {}

    def get(self, path: str) -> tuple[str, bool]:
        return self._seen.get(path, ("", False))

    def put(self, path: str, etag: str, final: bool) -> None:
        self._seen.pop(path, None)
        self._seen[path] = (etag, final)
        if len(self._seen) > _LOOKED:
            del self._seen[next(iter(self._seen))]


class CheckRuns:
    """The check run ``redline``. ``listed``: what was looked at just now, to be written to."""

    def __init__(
        self,
        client: Client,
        me: Me,
        fresh: _Fresh[answers.CheckRun],
        listed: _Fresh[list[answers.CheckRun]],
        looked: "_Looked",
    ) -> None:
        self._client, self._me = client, me
        self._fresh, self._listed, self._looked = fresh, listed, looked

    def final(self, change: Change | Seen) -> bool:
        """As it was when it was looked at last, where GitHub says that nothing has changed."""
        if (written := self._fresh.get(change)) is not None:
            return written.conclusion in _FINAL
        path, query = self._listing(change)
        etag, final = self._looked.get(path)
        headers, data = self._client.send(
            "GET", path, query=query, headers={"If-None-Match": etag} if etag else {}
        )
        if data is not None:
            runs = self._ours(read(path, data, answers.CheckRuns).check_runs)
            final = bool(runs) and runs[0].conclusion in _FINAL
            if "link" not in headers:
                self._listed.put(change, runs)
            self._looked.put(path, headers.get("etag", ""), final)
        return final

    def show(self, change: Change | Seen, status: Status) -> None:
        """Bring the newest run to this status; another run where that one is finished.

        GitHub does not open a completed run again: a recheck gets a run of its own.
        """
        runs = self._runs(change)
        ended = bool(runs) and runs[0].status == "completed"
        if not runs or (ended and status.progress in (Progress.QUEUED, Progress.RUNNING)):
            wanted = {"name": NAME, "head_sha": change.head, **_state(status, last=False)}
            made = self._write(change, "POST", "", {**wanted, **_output(status, ())})
            runs = [made, *runs]
        self._bring(change, runs[0], status)
        for older in runs[1:]:
            if older.status != "completed":
                replaced = {"status": "completed", "conclusion": "cancelled"}
                self._client.patch(f"{self._path(change)}/{older.id}", replaced, object)

    def _bring(self, change: Change | Seen, run: answers.CheckRun, status: Status) -> None:
        """Annotations first, 50 a request, and only with the last of them the conclusion."""
        left = status.annotations[run.output.annotations_count : _ALL]
        if not left and _shows(run, status):
            return
        parts = [left[i : i + _A_REQUEST] for i in range(0, len(left), _A_REQUEST)] or [()]
        for part in parts:
            body = {**_state(status, last=part is parts[-1]), **_output(status, part)}
            self._write(change, "PATCH", f"/{run.id}", body)

    def _write(
        self, change: Change | Seen, verb: str, below: str, body: dict[str, Any]
    ) -> answers.CheckRun:
        path = self._path(change) + below
        written = read(path, self._client.send(verb, path, body=body)[1], answers.CheckRun)
        self._fresh.put(change, written)
        return written

    def _runs(self, change: Change | Seen) -> list[answers.CheckRun]:
        """Our runs at the head, the newest first."""
        path, query = self._listing(change)
        listed = self._listed.take(change)
        if listed is None:
            listed = list(self._client.pages(path, answers.CheckRun, "check_runs", **query))
        fresh = self._fresh.get(change)
        return self._ours([*listed, *([fresh] if fresh else [])])

    def _listing(self, change: Change | Seen) -> tuple[str, dict[str, str | int]]:
        path = f"/repositories/{change.id.repository}/commits/{change.head}/check-runs"
        return path, {"check_name": NAME, "app_id": self._me.app, "filter": "all"}

    def _ours(self, listed: Iterable[answers.CheckRun]) -> list[answers.CheckRun]:
        """The newest first; of one that is listed twice the last counts."""
        runs = {run.id: run for run in listed if run.app and run.app.id == self._me.app}
        return [runs[id_] for id_ in sorted(runs, reverse=True)]

    def _path(self, change: Change | Seen) -> str:
        return f"/repositories/{change.id.repository}/check-runs"


class CommitStatuses:
    """The commit status ``redline``, where only a plain token is configured."""

    def __init__(self, client: Client, me: Me, fresh: _Fresh[answers.CommitStatus]) -> None:
        self._client, self._me, self._fresh = client, me, fresh

    def final(self, change: Change | Seen) -> bool:
        newest = self._newest(change)
        return newest is not None and newest.state in _FINAL

    def show(self, change: Change | Seen, status: Status) -> None:
        newest = self._newest(change)
        state, said = _commit_state(status), _cut(status.title, _DESCRIPTION)
        there = newest and (newest.state, newest.description or "", newest.target_url or "")
        if there == (state, said, status.url):
            return
        body = {"context": NAME, "state": state, "description": said}
        if status.url:
            body["target_url"] = status.url
        path = f"/repositories/{change.id.repository}/statuses/{change.head}"
        try:
            self._fresh.put(change, self._client.post(path, body, answers.CommitStatus))
        except Gone as error:  # it was there to be listed: GitHub hides what one may not do
            raise Denied(f"{error} (the token must be allowed to write here)") from error

    def _newest(self, change: Change | Seen) -> answers.CommitStatus | None:
        fresh = self._fresh.get(change)
        return fresh or next(self._ours(change), None)

    def _ours(self, change: Change | Seen) -> Iterator[answers.CommitStatus]:
        path = f"/repositories/{change.id.repository}/commits/{change.head}/statuses"
        for status in self._client.pages(path, answers.CommitStatus):
            if status.context == NAME and self._me.wrote(status.creator):
                yield status


class Boards:
    """Makes the board for an account; ``settle``: seconds that a listing may lag behind."""

    def __init__(self, settle: float) -> None:
        self._runs: _Fresh[answers.CheckRun] = _Fresh(settle)
        self._listed: _Fresh[list[answers.CheckRun]] = _Fresh(min(settle, _AT_ONCE))
        self._statuses: _Fresh[answers.CommitStatus] = _Fresh(settle)
        self._looked = _Looked()

    def of(self, client: Client, me: Me) -> Board:
        """Check runs for an App, commit statuses for a person's account."""
        if me.app:
            return CheckRuns(client, me, self._runs, self._listed, self._looked)
        return CommitStatuses(client, me, self._statuses)


def _shows(run: answers.CheckRun, status: Status) -> bool:
    wanted = _state(status, last=True)
    return (
        run.status == wanted["status"]
        and run.conclusion == wanted.get("conclusion")
        and (not status.url or run.details_url == status.url)  # else GitHub links the App's page
        and (run.output.title, run.output.summary) == (_title(status), _summary(status))
    )


def _state(status: Status, *, last: bool) -> dict[str, Any]:
    """A check run's status and conclusion; it is not concluded before the ``last`` request."""
    address = {"details_url": status.url} if status.url else {}
    if status.progress is Progress.QUEUED:
        return {"status": "queued", **address}
    if status.progress is Progress.RUNNING or not last:
        return {"status": "in_progress", **address}
    buttons = [_AGAIN, _PLAN_AGAIN] if status.plans else [_AGAIN]
    concluded = {"status": "completed", "conclusion": _conclusion(status), "actions": buttons}
    return {**concluded, **address}


def _conclusion(status: Status) -> str:
    """Never neutral: GitHub lets that pass."""
    if status.progress is Progress.SUPERSEDED:
        return "cancelled"
    if not status.green:
        return "failure"
    return "skipped" if status.outcome is Outcome.NOT_NEEDED else "success"


def _commit_state(status: Status) -> str:
    if status.progress is Progress.SUPERSEDED:
        return "error"
    if status.progress is not Progress.DONE:
        return "pending"
    return "success" if status.green else "failure"


def _output(status: Status, annotations: tuple[Annotation, ...]) -> dict[str, Any]:
    output: dict[str, Any] = {"title": _title(status), "summary": _summary(status)}
    if annotations:
        output["annotations"] = [_annotation(one) for one in annotations]
    return {"output": output}


def _annotation(one: Annotation) -> dict[str, str | int]:
    return {
        "path": one.path,
        "start_line": one.line,
        "end_line": one.line,
        "annotation_level": _LEVELS[one.severity],
        "title": _cut(one.title, _TITLE),
        "message": _cut(one.message, _MESSAGE),
    }


def _title(status: Status) -> str:
    return _cut(status.title, _TITLE)


def _summary(status: Status) -> str:
    more = len(status.annotations) - _ALL
    note = f"\n\n{more} more have no annotation here." if more > 0 else ""
    return _cut(status.summary or status.title, _SUMMARY - len(note)) + note


def _cut(text: str, most: int) -> str:
    """At most so many characters, as GitHub counts them."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
