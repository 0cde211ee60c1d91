"""What stands at a change of either fake, as a reader finds it."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from bot import marks
from bot.review import CommentKind, Mark
from tests.history.desk import KEY, Change
from tests.line.forges import annotations, identity
from tests.line.forges import said as everything

_ROW = re.compile(r"^\| (?:blocking|warning|info) \| .* \| `(\w{4,12})` \|$", re.MULTILINE)
_CODE = re.compile(r"`([a-z2-9]{4,12})`")
_MORE = re.compile(r"^\.\.\. and \[?(\d+) more", re.MULTILINE)


@dataclass(frozen=True)
class Thread:
    """One thread of ours: the ids of the findings that it speaks for, and whether it is over."""

    id: int | str
    mark: Mark
    ids: frozenset[str]
    over: bool
    path: str


@dataclass(frozen=True)
class Said:
    """All of it: threads, summaries, and what the status's annotations name, where it has any.

    ``notified``: how often people were told of something so far.
    """

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


NOTHING = Said((), (), frozenset(), 0)


def said(change: Change, ids: Collection[str]) -> Said:
    """Read a change back; ``ids`` are those of the findings that may be spoken of."""
    name, key = identity(change), KEY.encode()
    threads = []
    for row in change.threads:
        body = row["comments"][0]["body"]
        mark = marks.read(body, name, key)
        assert mark is not None, "a thread without our mark"
        named = frozenset(_CODE.findall(body)).intersection(ids)
        over = row["resolved"] or mark.fixed
        threads.append(Thread(row["id"], mark, named, over, row["path"]))
    ours = [(body, marks.read(body, name, key)) for body, place in everything(change)]
    summaries = [body for body, mark in ours if mark and mark.kind is CommentKind.SUMMARY]
    return Said(tuple(threads), tuple(summaries), _annotated(change), change.notifications)


def _annotated(change: Change) -> frozenset[str]:
    """The ids at the end of the annotations' titles, at head."""
    return frozenset(str(row["title"]).rpartition(" ")[2] for row in annotations(change))
