"""What things were called at earlier heads of a change: files, and findings. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot.told import Item, Told
from rules.finding import Finding

_MOST = 20  # folders in which a finding is looked for

Renames = Callable[[str], Mapping[str, str]]
"""From a commit to the reviewed one, old path to new; empty where the commit is gone."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a finding was called in the last review, and the file that it stood in."""

    identity: str
    path: str


@dataclass(frozen=True)
class Past:
    """``then`` leads from a finding's identity of today to its place in the last review.

    git follows files from head to head; objects that leave theirs are followed by what was found.
    """

    renames: Renames
    then: Mapping[str, Place] = field(default_factory=dict)


def then(findings: Iterable[Finding], last: Told | None) -> Mapping[str, Place]:
    """The places of those findings that the last review had too, in whatever folder."""
    if last is None:
        return {}
    known = {item.identity: item for item in last.new}
    alike: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in last.new:
        alike[item.rule, item.address].append(item)
    found = {}
    for finding in findings:
        old = known.get(finding.identity) or _elsewhere(
            finding, alike[finding.rule, finding.address][:_MOST]
        )
        if old is not None:
            found[finding.identity] = Place(old.identity, old.path)
    return found


def _elsewhere(finding: Finding, items: Iterable[Item]) -> Item | None:
    """The same one of another project: of the folder that its object stood in."""
    for item in items:
        if replace(finding.key, project=item.project).identity == item.identity:
            return item
    return None
