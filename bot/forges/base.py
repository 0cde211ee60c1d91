"""What Redline needs of a forge, in the words of a review, and how a forge says no."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Protocol

from bot.change import Change, ChangeId, Seen
from bot.protection import Protection
from bot.review import Comment, Posted, Status


class ForgeError(Exception):
    """The forge said no or nothing: Gone, Limited, Refused, Denied or Unsure says which."""


class Gone(ForgeError):
    """The change, the repository or the access to it is not there any more: end quietly."""


class Denied(ForgeError):
    """Our credentials are refused (after one refresh) or lack a permission: the text says which."""


class Refused(ForgeError):
    """The forge understood and will not do it (422, 400): nothing was written, no use to repeat."""


class Partly(Refused):
    """Of several comments the forge took some only; ``refused`` are the others."""

    def __init__(self, message: str, refused: Sequence[Comment]) -> None:
        super().__init__(message)
        self.refused = tuple(refused)


class Unsure(ForgeError):
    """No clear answer (5xx, time-out, dropped connection): it may have been written; list first."""


class Limited(ForgeError):
    """Too many requests: wait until ``until``."""

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until


@contextmanager
def still_there() -> Iterator[None]:
    """A comment that somebody deleted is not the end of the change: Gone becomes Refused."""
    try:
        yield
    except Gone as error:
        raise Refused(str(error)) from error


class Role(IntEnum):
    """What someone may do in a repository; a greater one includes the smaller."""

    NONE = 0
    READ = 1  # Guest, Planner
    TRIAGE = 2  # Reporter
    WRITE = 3  # Developer
    MAINTAIN = 4
    ADMIN = 5  # Owner


class Reaction(StrEnum):
    """How a comment that asks something is answered without words."""

    SEEN = "eyes"
    DONE = "+1"
    CONFUSED = "confused"


class Conversation(Protocol):
    """The comments of one change. Each write raises ForgeError; none is repeated here."""

    def own(self) -> list[Posted]:
        """Our comments: written by our account and with a mark that verifies, both."""

    def post(self, comments: Sequence[Comment]) -> None:
        """Post the threads and the summary, as one review that people are told of once.

        Raises Partly where the forge took some of them only.
        """

    def edit(self, posted: Posted, body: str) -> None:
        """Replace the text of a comment of ours, without a notification."""

    def resolve(self, posted: Posted) -> None:
        """Close a thread of ours, or hide it where closing is not ours to do."""

    def reopen(self, posted: Posted) -> None:
        """Open a thread that we closed, or show it where it was hidden."""

    def reply(self, posted: Posted, text: str) -> None:
        """Answer in a thread of ours."""

    def react(self, comment: str, reaction: Reaction) -> None:
        """Show a reaction on what was asked (bot.hooks.delivery.Asked), in place of our earlier."""

    def answer(self, text: str) -> None:
        """Say something to whoever gave a command: a comment of its own."""


class Forge(Protocol):
    """One forge, as one account of ours sees it."""

    def change(self, change: ChangeId) -> Change:
        """The change as it is now. Raises Gone when it cannot be reviewed any more."""

    def head(self, change: ChangeId) -> str:
        """The change's newest commit now. Raises Gone when it cannot be reviewed any more."""

    def open_changes(self) -> Iterator[Seen]:
        """Every open change of the repositories that we may review, oldest activity last."""

    def unfinished(self, change: Change | Seen) -> bool:
        """Whether the head lacks a final status of ours."""

    def send_again(self) -> int:
        """Ask for the webhooks that did not reach us; how many, 0 where the forge has no log."""

    def token(self, change: Change, *, fresh: bool = False) -> str:
        """What git may fetch this repository with; ``""`` where none is needed.

        ``fresh``: not the one that was given last, which was refused.
        """

    def role(self, change: Change, login: str) -> Role:
        """What this person may do in the change's repository, asked live."""

    def status(self, change: Change | Seen, status: Status) -> None:
        """Make the change's head show this status: written once, and edited after that."""

    def conversation(self, change: Change) -> Conversation:
        """The comments of this change."""

    def protection(self, repository: str) -> Protection:
        """Whether a repository, by its name, holds back what is not green. Raises Gone."""
