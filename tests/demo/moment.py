"""What is new at a change after people did something."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_SHOWN = 5


@dataclass(frozen=True)
class Moment:
    """What people ``did``, and what the forge has shown since; rows as the fake gives them.

    ``closed`` are the threads that were resolved or hidden, ``threads`` the others that changed.
    """

    did: str
    commit: str
    statuses: tuple[Row, ...]
    annotations: tuple[Row, ...]
    comments: tuple[Row, ...]
    threads: tuple[Row, ...]
    closed: tuple[Row, ...]

    @property
    def quiet(self) -> bool:
        """Whether Redline wrote nothing but statuses."""
        ours = [row for row in self.comments if is_bot(row["author"])]
        return not (ours or self.threads or self.closed)


def moment(did: str, now: Row, before: Row | None) -> Moment:
    """Compare the conversation with what it was before."""
    old_threads = {row["id"]: _said(row) for row in before["threads"]} if before else {}
    changed = [row for row in now["threads"] if _said(row) != old_threads.get(row["id"])]
    there = [row for row in now["timeline"] if not row["deleted"]]
    comments = [row for row in there if row["kind"] == "comment" or row["body"]]
    known = before["timeline"] if before else []
    statuses, shown = _statuses(now), _statuses(before) if before else []
    same_commit = before is not None and before["head"] == now["head"]
    return Moment(
        did=did,
        commit=now["head"],
        statuses=tuple(statuses[len(shown) :] if same_commit else statuses),
        annotations=() if same_commit else tuple(_annotations(now)),
        comments=tuple(row for row in comments if row not in known),
        threads=tuple(row for row in changed if not closed(row)),
        closed=tuple(row for row in changed if closed(row)),
    )


def is_bot(author: str) -> bool:
    """Whether this is Redline's account: GitHub marks an App's, GitLab does not."""
    return author in ("redline", "redline[bot]")


def closed(thread: Row) -> bool:
    """Whether people see it folded."""
    return bool(thread["resolved"] or thread["comments"][0]["minimized"])


def place(thread: Row) -> str:
    """The file and line that it stands on, or stood on when the line is gone."""
    return f"{thread['path']}:{thread['line'] or thread['original_line']}"


@dataclass(frozen=True)
class Line:
    """A line of a hunk: its number on each side, its sign (``+``, ``-``, blank), its text."""

    old: int | None
    new: int | None
    sign: str
    text: str


def excerpt(hunk: str) -> list[Line]:
    """The end of a hunk, as a forge shows it above a comment."""
    return list(_numbered(hunk))[-_SHOWN:]


def _numbered(hunk: str) -> Iterator[Line]:
    old = new = 0
    for line in hunk.splitlines():
        if found := _HUNK.match(line):
            old, new = int(found[1]), int(found[2])
            continue
        sign, text = line[:1], line[1:]
        yield Line(old if sign != "+" else None, new if sign != "-" else None, sign, text)
        old += sign != "+"
        new += sign != "-"


def _said(thread: Row) -> tuple[object, ...]:
    return closed(thread), *(comment["body"] for comment in thread["comments"])


def _statuses(conversation: Row) -> list[Row]:
    rows = conversation["statuses"].get(conversation["head"], [])
    return [{"name": row["name"], **shown} for row in rows for shown in row["history"]]


def _annotations(conversation: Row) -> Iterator[Row]:
    for row in conversation["statuses"].get(conversation["head"], []):
        yield from row.get("annotations", ())
