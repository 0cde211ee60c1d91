"""How much a finding weighs: detection says what is wrong, the profile what that does."""

from enum import StrEnum

from rules.finding import Blocks, Finding, Severity


class Profile(StrEnum):
    """The three gates that a repository can choose from."""

    OBSERVE = "observe"
    DEFAULT = "default"
    STRICT = "strict"


def weigh(finding: Finding, profile: Profile, *, added: bool, owned: bool) -> Severity:
    """The severity of a new finding.

    ``added``: the change adds the object or file it stands on. ``owned``: the file is this
    repository's own, not vendored. Under ``observe`` severities are those of ``default``: only
    what the gate does with them differs.
    """
    if profile is Profile.STRICT or finding.severity is not Severity.BLOCKING:
        return finding.severity
    blocking = finding.blocks is Blocks.NEW or (finding.blocks is Blocks.ADDED and added)
    return Severity.BLOCKING if blocking and owned else Severity.WARNING
