"""What stands at a change, read from a fake's ``conversation``: both forges' have the same keys."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from tests.scenarios.forges import Thread, visible

_SIDES = {"RIGHT": "head", "LEFT": "base"}
_SUMMARY = "**Redline:"


class Read(ABC):
    """The reading half of a Page."""

    bot: str

    @abstractmethod
    def conversation(self) -> Mapping[str, Any]:
        """Timeline and threads, as the fake has them."""

    def threads(self) -> Sequence[Thread]:
        rows = [row for row in self.conversation()["threads"] if not row["pending"]]
        return [_thread(row) for row in rows if row["comments"][0]["author"] == self.bot]

    def summaries(self) -> Sequence[str]:
        return [text for text in self._said() if text.startswith(_SUMMARY)]

    def answers(self) -> Sequence[str]:
        return [text for text in self._said() if not text.startswith(_SUMMARY)]

    def reactions(self, comment: str) -> Sequence[str]:
        there = self.conversation()
        every = [*there["timeline"], *(one for row in there["threads"] for one in row["comments"])]
        rows = [row for row in every if str(row["id"]) == comment]
        return [_EMOJI.get(each["content"], each["content"]) for each in rows[0]["reactions"]]

    def _said(self) -> Sequence[str]:
        rows = [row for row in self.conversation()["timeline"] if row["kind"] != "system"]
        ours = [row for row in rows if row["author"] == self.bot and not row["deleted"]]
        return [text for row in ours if (text := visible(row["body"] or ""))]


_EMOJI = {"thumbsup": "+1"}


def _thread(row: Mapping[str, Any]) -> Thread:
    first, *replies = row["comments"]
    side = "file" if row["subject"] == "file" else _SIDES[row["side"]]
    line = row["original_line"] if row["outdated"] else row["line"]
    return Thread(
        row["id"],
        row["path"],
        line,
        side,
        visible(first["body"]),
        row["resolved"] or first["minimized"] is not None,
        tuple((one["author"], visible(one["body"])) for one in replies),
    )
