"""What the gate of a repository does with what was found and with what could not be checked."""

from dataclasses import dataclass
from enum import StrEnum

from rules.finding import Severity
from rules.profile import Profile


class OnUnchecked(StrEnum):
    """What a stage that could not run does to the status."""

    BLOCK = "block"
    ALLOW = "allow"  # the status is green, and its title says NOT CHECKED


@dataclass(frozen=True, slots=True)
class Gate:
    """The repository's choice: ``block_on`` is the least severity that blocks."""

    profile: Profile = Profile.DEFAULT
    block_on: Severity = Severity.BLOCKING
    on_unchecked: OnUnchecked = OnUnchecked.BLOCK

    @property
    def passes_unchecked(self) -> bool:
        """Whether the status is green though something could not be checked."""
        return self.profile is Profile.OBSERVE or self.on_unchecked is OnUnchecked.ALLOW
