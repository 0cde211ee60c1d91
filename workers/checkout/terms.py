"""What may go wrong with a checkout, and what a blob that is too large looks like."""

from dataclasses import dataclass


class CheckoutError(Exception):
    """The files of a change are not to be had; the text says why, for people.

    HeadGone, Denied and Unreachable come from a forge; the others from a terminal's repository.
    """


class HeadGone(CheckoutError):
    """A commit of the change is not at the forge any more: superseded, end quietly."""


class Denied(CheckoutError):
    """The forge does not show the repository to this token."""


class Unreachable(CheckoutError):
    """The forge did not answer, or not in time: try again later."""


class NotARepository(CheckoutError):
    """The path holds no git repository that can be read."""


class NothingToCompare(CheckoutError):
    """No base is known, or none that the head has a commit in common with."""


class UnknownCommit(CheckoutError):
    """What was named as base or head is no commit here."""


class Incomplete(CheckoutError):
    """The clone leaves out objects that the review needs."""


@dataclass(frozen=True, slots=True)
class Oversize:
    """A blob too large to be judged: its size in bytes, and how it starts.

    After the start comes what else of it tells that it is a manifest.
    """

    size: int
    start: bytes = b""
