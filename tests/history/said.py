"""What stands at a pull request of the fake, as a reader finds it."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from bot import marks
from bot.review import CommentKind, Mark
from tests.fakes.github import PullRequest
from tests.history.desk import KEY, identity

_ROW = re.compile(r"^\| (?:blocking|warning|info) \| .* \| `(\w{4,12})` \|$", re.MULTILINE)
_CODE = re.compile(r"`([a-z2-9]{4,12})`")
_MORE = re.compile(r"^\.\.\. and \[?(\d+) more", re.MULTILINE)


@dataclass(frozen=True)
class Thread:
    """One thread of ours: the ids of the findings that it speaks for, and whether it is over."""

    id: int
    mark: Mark
    ids: frozenset[str]
    over: bool
    path: str


@dataclass(frozen=True)
class Said:
    """All of it: threads, summaries, and what the check's annotations name."""

    threads: tuple[Thread, ...]
    summaries: tuple[str, ...]
    annotated: frozenset[str]
    notified: int

    @cached_property
    def open(self) -> dict[str, Thread]:
        """The open thread of each finding that has one, by its short id."""
        return {id_: each for each in self.threads if not each.over for id_ in each.ids}

    @cached_property
    def rows(self) -> list[str]:
        """The short ids of the summary's rows, in order."""
        return [id_ for text in self.summaries for id_ in _ROW.findall(text)]

    @cached_property
    def cut(self) -> int:
        """How many rows a summary says that it has no room for."""
        return sum(int(more) for text in self.summaries for more in _MORE.findall(text))


def said(pull: PullRequest, ids: Collection[str]) -> Said:
    """Read a pull request back; ``ids`` are those of the findings that may be spoken of."""
    change, key = identity(pull), KEY.encode()
    threads = []
    for row in pull.threads:
        body = row["comments"][0]["body"]
        mark = marks.read(body, change, key)
        assert mark is not None, "a thread without our mark"
        named = frozenset(_CODE.findall(body)).intersection(ids)
        over = row["resolved"] or mark.fixed
        threads.append(Thread(row["id"], mark, named, over, row["path"]))
    bodies = [comment.body for comment in pull.comments]
    ours = [(body, marks.read(body, change, key)) for body in bodies]
    summaries = [body for body, mark in ours if mark and mark.kind is CommentKind.SUMMARY]
    return Said(tuple(threads), tuple(summaries), _annotated(pull), _notified(pull))


def _annotated(pull: PullRequest) -> frozenset[str]:
    """The ids at the end of the annotations' titles, at head."""
    lines = pull.state.repository.checks.values()
    runs = [line.now for line in lines if line.now and line.now.sha == pull.head]
    rows = runs[-1].annotations if runs else ()
    return frozenset(str(row["title"]).rpartition(" ")[2] for row in rows)


def _notified(pull: PullRequest) -> int:
    return sum(each.pull == pull.number for each in pull.server.notifications)
