"""A pull request read back in order, as its page shows it: plain data, ready for JSON."""

from typing import TYPE_CHECKING, Any

from tests.fakes.github.state import (
    CheckRun,
    Comment,
    Event,
    Pull,
    Repository,
    Review,
    ReviewComment,
    Thread,
)
from tests.fakes.github.web import stamp
from tests.fakes.timeline import Timeline

if TYPE_CHECKING:
    from tests.fakes.github.server import Server

Row = dict[str, Any]


def conversation(server: "Server", pull: Pull) -> Row:
    """``timeline`` (comments and reviews, oldest first), ``events`` (opened, synchronize, ...),
    ``threads``, ``statuses`` by sha.
    """
    timeline = [comment_row(server, line) for line in pull.comments.values()]
    timeline += [review_row(server, pull, line) for line in pull.reviews.values()]
    shas = dict.fromkeys([*(row["commit"] for row in timeline if "commit" in row), *heads(pull)])
    return {
        "number": pull.number,
        "title": pull.title,
        "author": pull.author.login,
        "state": "merged" if pull.merged else pull.state,
        "draft": pull.draft,
        "head": pull.head,
        "timeline": sorted((row for row in timeline if row), key=lambda row: row["at"]),
        "events": [event_row(event) for event in pull.events],
        "threads": thread_rows(server, pull),
        "statuses": {sha: status_rows(pull.repository, sha) for sha in shas},
        "notifications": sum(
            (each.repository, each.pull) == (pull.repository.id, pull.number)
            for each in server.notifications
        ),
    }


def event_row(event: Event) -> Row:
    return {
        "what": event.what,
        "by": event.by.login,
        "at": event.when,
        "time": stamp(event.when),
        "head": event.head,
    }


def heads(pull: Pull) -> list[str]:
    """Every commit with something to show, in the order in which it came."""
    runs = [line.first.sha for line in pull.repository.checks.values()]
    return [*runs, *(line.first.sha for line in pull.repository.statuses), pull.head]


def written(line: Timeline[Any]) -> Row:
    """What a comment says and said: ``history`` has each earlier text with its time."""
    texts = [(stamp(when), one.body) for when, one in line.versions if one is not None]
    history = [row for at, row in enumerate(texts) if at == 0 or row[1] != texts[at - 1][1]]
    last = next(one for _, one in reversed(line.versions) if one is not None)
    return {
        "id": last.id,
        "author": last.author.login,
        "body": last.body,
        "at": line.born,
        "time": stamp(line.born),
        "deleted": line.now is None,
        "history": history[:-1],
    }


def reactions(server: "Server", kind: str, number: int) -> list[Row]:
    lines = server.state.reactions.get((kind, number), [])
    return [{"content": line.now.content, "by": line.now.account.login}
            for line in lines if line.now is not None]  # fmt: skip


def comment_row(server: "Server", line: Timeline[Comment]) -> Row:
    row = written(line)
    now = line.now
    return {
        "kind": "comment",
        **row,
        "minimized": now.minimized if now else None,
        "reactions": reactions(server, "issue_comment", row["id"]),
    }


def review_row(server: "Server", pull: Pull, line: Timeline[Review]) -> Row:
    row = written(line)
    began = [
        thread.first.root
        for thread in pull.threads.values()
        if pull.review_comments[thread.first.root].first.review == row["id"]
    ]
    replies = [
        each.first.id
        for each in pull.review_comments.values()
        if each.first.review == row["id"] and each.first.reply_to is not None
    ]
    last = next(one for _, one in reversed(line.versions) if one is not None)
    shown = reactions(server, "review", row["id"])
    return {"kind": "review", **row, "reactions": shown, "state": last.state, "commit": last.commit,
            "threads": began, "replies": replies}  # fmt: skip


def thread_rows(server: "Server", pull: Pull) -> list[Row]:
    """Threads that are there, oldest first."""
    return [thread_row(server, pull, line.now) for line in pull.threads.values() if line.now]


def thread_row(server: "Server", pull: Pull, thread: Thread) -> Row:
    lines = [
        line
        for line in pull.review_comments.values()
        if thread.root in (line.first.id, line.first.reply_to)
    ]
    first: ReviewComment = lines[0].first if lines[0].now is None else lines[0].now
    resolved = thread.resolved_by
    return {
        "id": thread.root,
        "path": first.place.path,
        "line": first.place.line,
        "side": first.place.side,
        "start_line": first.place.start_line,
        "subject": first.place.subject,
        "original_path": first.original.path,
        "original_line": first.original.line,
        "original_commit": first.original_commit,
        "hunk": first.hunk,
        "outdated": first.place.subject == "line" and first.place.line is None,
        "pending": (review := pull.reviews[first.review].now) is not None
        and review.state == "PENDING",
        "resolved": resolved is not None,
        "resolved_by": resolved.login if resolved else None,
        "comments": [thread_comment(server, line) for line in lines],
    }


def thread_comment(server: "Server", line: Timeline[ReviewComment]) -> Row:
    row = written(line)
    hidden = line.now.minimized if line.now else None
    return {**row, "minimized": hidden, "reactions": reactions(server, "review_comment", row["id"])}


def status_rows(one: Repository, sha: str) -> list[Row]:
    """Checks and statuses of a commit, each with all it ever showed."""
    rows = [check_row(line) for line in one.checks.values() if line.first.sha == sha]
    for line in one.statuses:
        row = line.first
        if row.sha == sha:
            shown = {"state": row.state, "conclusion": None, "title": row.description,
                     "time": stamp(row.created)}  # fmt: skip
            same = [
                each for each in rows if each["kind"] == "status" and each["name"] == row.context
            ]
            if same:
                same[0]["history"].append(shown)
                same[0].update(shown)
            else:
                rows.append({"kind": "status", "name": row.context, **shown, "history": [shown]})
    return rows


def check_row(line: Timeline[CheckRun]) -> Row:
    run = line.now
    assert run is not None
    history = [
        {"state": each.status, "conclusion": each.conclusion, "title": each.output.get("title"),
         "time": stamp(when)}
        for when, each in line.versions
        if each is not None
    ]  # fmt: skip
    return {
        "kind": "check",
        "id": run.id,
        "name": run.name,
        **history[-1],
        "summary": run.output.get("summary"),
        "text": run.output.get("text"),
        "annotations": list(run.annotations),
        "actions": list(run.actions),
        "history": history,
    }
