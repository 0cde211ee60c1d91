"""What things were called at earlier heads of a change: files, and findings. Pure."""

from collections import Counter, defaultdict
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
    """The places of those findings that the last review had too, in whatever folder.

    One that is still where it was, or that two could be, has not moved: those are copies.
    """
    every = tuple(findings)
    known = {item.identity: item for item in last.new} if last else {}
    here = {each.identity for each in every}
    alike: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in known.values():
        if item.identity not in here:
            alike[item.rule, item.address].append(item)
    found = {
        each.identity: known.get(each.identity)
        or _elsewhere(each, alike[each.rule, each.address][:_MOST])
        for each in every
    }
    claims = Counter(item.identity for item in found.values() if item)
    return {
        name: Place(item.identity, item.path)
        for name, item in found.items()
        if item and claims[item.identity] == 1
    }


def _elsewhere(finding: Finding, items: Iterable[Item]) -> Item | None:
    """The same one of another project: of the folder that its object stood in."""
    for item in items:
        if replace(finding.key, project=item.project).identity == item.identity:
            return item
    return None
