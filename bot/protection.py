"""Whether a repository's own rules hold a change back until our status is green. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What a fact is about."""

    GATE = "gate"
    RIGHTS = "rights"
    WEBHOOKS = "webhooks"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was looked at, in plain words.

    ``fine``: None where it cannot be known, or is only good to know. ``step`` is what to do where
    it is not fine, exactly and where.
    """

    part: Part
    name: str
    fine: bool | None
    says: str
    step: str = ""


@dataclass(frozen=True, slots=True)
class Protection:
    """A repository's default branch, as our account sees it.

    ``blocks``: whether a change whose status of ours is not green can be merged by nobody who
    follows the rules; None where we are not allowed to look.
    """

    forge: str
    repository: str
    branch: str
    blocks: bool | None
    facts: tuple[Fact, ...] = ()
