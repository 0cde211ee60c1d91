"""What a webhook asks for, in our words. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from bot.change import ChangeId, ForgeName


class Unsigned(Exception):
    """Not from the forge, as far as can be told: no signature, a wrong one, or several."""


class Unreadable(Exception):
    """Signed, but no JSON that we accept; the text says what is wrong with it."""


class Wish(StrEnum):
    """What is to be done. ``NOTHING`` is for all the events that are not for us."""

    REVIEW = "review"  # a head, if it is not reviewed yet
    AFRESH = "afresh"  # the same head again, since its change is another now (base, draft)
    COMMAND = "command"  # someone may have asked for something in a comment
    CLOSE = "close"
    BASE = "base"  # a branch moved: changes that are to go into it may be others now
    PIPELINE = "pipeline"  # one began at a commit: a change may lack its status there
    NOTHING = "nothing"


BUTTON = "button "  # in place of a comment's id, with the delivery's: nobody wrote a comment
# GitHub counts what is said in threads and in reviews apart: such an id says its kind, in the way
# in which its address does.
IN_THREAD, IN_REVIEW = "discussion_r", "pullrequestreview-"


@dataclass(frozen=True, slots=True)
class Asked:
    """A comment by a person on an open change, that may hold a command; or a button they pressed.

    ``comment`` is the forge's id of it, with its kind where ids of several kinds may be equal;
    ``author`` a login. ``at``: when it was written, by the
    forge's clock (seconds since 1970, 0 unknown): a webhook may come much later.
    """

    comment: str
    author: str
    text: str
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook, read.

    ``id`` is the forge's, equal when it sends the same again; ``digest`` the body's sha256.
    ``repository`` is the name and ``head`` the commit as the payload says them: hints, the forge
    is asked for both. ``at``: when the change was last altered by the payload's word (seconds
    since 1970, 0 unknown), by which a delivery that comes late is known. ``change`` None with
    the wish COMMAND: each open change of ``repository_id`` at ``head``; with the wish BASE each
    one that is to go into ``branch``. With the wish PIPELINE it is the group that the pipeline is
    for if ``head`` is no change's own.
    """

    forge: ForgeName
    id: str
    event: str
    digest: str
    wish: Wish = Wish.NOTHING
    change: ChangeId | None = None
    repository: str = ""
    head: str = ""
    asked: Asked | None = None
    repository_id: int = 0
    at: float = 0.0
    branch: str = ""
