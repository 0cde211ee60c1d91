"""A merge request read back in order, as its page shows it: plain data, ready for JSON.

The same keys as the conversation of a pull request has.
"""

from typing import TYPE_CHECKING, Any

from tests.fakes.gitlab import pipelines, positions
from tests.fakes.gitlab.state import Discussion, Event, Note, Pipeline, Position, Request
from tests.fakes.gitlab.web import stamp
from tests.fakes.timeline import Timeline

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server

Row = dict[str, Any]


def conversation(server: "Server", request: Request) -> Row:
    """``timeline`` (notes that stand on no line, oldest first; kind is comment or system),
    ``events`` (open, update, ...), ``threads``, ``statuses`` by sha.
    """
    timeline = [
        note_row(server, one, line)
        for one in request.discussions.values() if one.first.position is None
        for line in one.notes.values()
    ]  # fmt: skip
    told = [one for one in server.notifications if one.request == request.id]
    shas = dict.fromkeys([*(one.head for one in request.versions), *heads(request)])
    return {
        "number": request.iid,
        "title": request.title,
        "author": request.author.login,
        "state": "open" if request.state == "opened" else request.state,
        "draft": request.draft,
        "head": request.head,
        "timeline": sorted(timeline, key=lambda row: row["at"]),
        "events": [event_row(event) for event in request.events],
        "threads": thread_rows(server, request),
        "statuses": {sha: status_rows(server, request, sha) for sha in shas},
        "notifications": sum(one.kind != "all resolved" for one in told),
    }


def heads(request: Request) -> list[str]:
    """The commits of its cars on the merge train."""
    return [one.sha for one in request.project.pipelines.values() if one.request is request]


def event_row(event: Event) -> Row:
    return {"what": event.what, "by": event.by.login, "at": event.when, "time": stamp(event.when),
            "head": event.head}  # fmt: skip


def note_row(server: "Server", discussion: Discussion, line: Timeline[Note]) -> Row:
    """What a note says and said: ``history`` has each earlier text with its time."""
    texts = [(stamp(when), one.body) for when, one in line.versions if one is not None]
    history = [row for at, row in enumerate(texts) if at == 0 or row[1] != texts[at - 1][1]]
    last = next(one for _, one in reversed(line.versions) if one is not None)
    awards = server.state.awards.get(last.id, [])
    return {
        "kind": "system" if last.system else "comment",
        "id": last.id,
        "author": last.author.login,
        "body": last.body,
        "at": line.born,
        "time": stamp(line.born),
        "deleted": line.now is None,
        "history": history[:-1],
        "minimized": None,
        "discussion": discussion.id,
        "resolved": last.resolver is not None,
        "reactions": [{"content": one.now.name, "by": one.now.account.login}
                      for one in awards if one.now is not None],
    }  # fmt: skip


def thread_rows(server: "Server", request: Request) -> list[Row]:
    """Threads that stand on a line or a file, oldest first."""
    found = [one for one in request.discussions.values() if one.first.original is not None]
    return [thread_row(server, request, one) for one in found if one.there()]


def thread_row(server: "Server", request: Request, discussion: Discussion) -> Row:
    first = discussion.first
    now, original = first.position, first.original
    assert now is not None
    assert original is not None
    resolver = first.resolver
    return {
        "id": discussion.id,
        "path": now.new_path,
        "old_path": now.old_path,
        "line": None if first.outdated else line_of(now),
        "old_line": now.old_line,
        "new_line": now.new_line,
        "side": "LEFT" if now.new_line is None and now.kind == "text" else "RIGHT",
        "subject": "line" if now.kind == "text" else "file",
        "original_path": original.new_path,
        "original_line": line_of(original),
        "original_commit": original.head,
        "hunk": positions.hunk(request.project.git, original),
        "outdated": first.outdated,
        "pending": False,
        "resolved": resolver is not None,
        "resolved_by": resolver.login if resolver else None,
        "comments": [row for line in discussion.notes.values()
                     if (row := note_row(server, discussion, line))["kind"] == "comment"],
    }  # fmt: skip


def line_of(where: Position) -> int | None:
    return where.old_line if where.new_line is None else where.new_line


def status_rows(server: "Server", request: Request, sha: str) -> list[Row]:
    """Statuses of a commit in each pipeline, each with all that it ever showed."""
    projects = [request.project]
    if request.source is not None and request.source is not request.project:
        projects.append(request.source)
    found = [one for project in projects for one in project.pipelines.values() if one.sha == sha]
    return [row for one in found for row in shown(one)]


def shown(one: Pipeline) -> list[Row]:
    """One row a name: what it is now, and its history."""
    told = [
        (when, status)
        for line in one.project.statuses
        for when, status in line.versions
        if status is not None and status.pipeline == one.id and not status.retried
    ]
    rows: dict[str, Row] = {}
    for when, status in sorted(told, key=lambda pair: pair[0]):
        final = status.state in pipelines.FINAL
        now = {"state": status.state, "conclusion": status.state if final else None,
               "title": status.description, "time": stamp(when)}  # fmt: skip
        row = rows.setdefault(status.name, {"kind": "status", "name": status.name, "history": []})
        row["history"].append(now)
        row.update(now, url=status.target_url, pipeline=one.id)
    return list(rows.values())
