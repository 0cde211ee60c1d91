"""``make blocks SEED=1``: which real pull requests each profile blocks, why, and some to read."""

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.review import Outcome
from rules.config import Defaults
from rules.finding import Finding, Severity
from rules.profile import Profile
from tests.history.corpus import REAL, Range, clone, ranges
from tests.repositories import Repository
from tests.sample import Drawn, lines, shown
from workers import parent
from workers.checkout import local
from workers.pipe import Wishes

PROFILES = (Profile.DEFAULT, Profile.STRICT)


@dataclass(frozen=True)
class Judged:
    """What one profile makes of a pull request."""

    range: Range
    new: int
    blocking: Sequence[Drawn]
    unchecked: Sequence[str]


def main() -> int:
    """Print the table and the drawn ones; 0 whatever is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=20)
    asked = parser.parse_args()
    if not REAL.is_dir():
        print("not there: ../shared/corpus/real")
        return 0
    with tempfile.TemporaryDirectory(prefix="redline-blocks-") as folder:
        every = {
            profile: [judged(one, clone(one.bundle, Path(folder)), profile) for one in ranges()]
            for profile in PROFILES
        }
    print("\n".join(table(every)))
    for profile, some in every.items():
        blocked = [each for each in some if each.blocking]
        drawn = random.Random(asked.seed).sample(blocked, min(asked.each, len(blocked)))
        for each in sorted(drawn, key=lambda one: one.range.name):
            print(f"\n{'=' * 100}\n{profile}: {each.range.name}\n")
            for number, finding in enumerate(each.blocking, 1):
                print("\n".join(shown(number, finding)), end="\n\n")
    return 0


def judged(one: Range, repository: Repository, profile: Profile) -> Judged:
    """The review of one pull request under a profile."""
    wishes = Wishes(defaults=Defaults({"gate": {"profile": profile.value}}))
    with local(repository.path, one.base, one.head) as checkout:
        results = parent.run(checkout, wishes, lambda _event: None)
        new = [finding for result in results for finding in result.findings if finding.new]
        blocking = [
            Drawn(one.name, finding, lines(checkout, finding.location.path))
            for finding in new
            if finding.severity is Severity.BLOCKING
        ]
    unchecked = [result.stage for result in results if result.outcome is Outcome.UNCHECKED]
    return Judged(one, len(new), blocking, unchecked)


def table(every: Mapping[Profile, Sequence[Judged]]) -> Iterator[str]:
    """A row for each pull request that has a new finding: what blocks, by rule."""
    yield "| pull request | new | " + " | ".join(every) + " |"
    yield "|---|---|" + "---|" * len(every)
    for row in zip(*every.values(), strict=True):
        if any(each.new for each in row):
            cells = (_cell([drawn.finding for drawn in each.blocking]) for each in row)
            yield f"| {row[0].range.name} | {max(each.new for each in row)} | {' | '.join(cells)} |"
    for profile, some in every.items():
        found = sum(1 for each in some if each.new)
        blocked = sum(1 for each in some if each.blocking)
        yield f"\n{profile}: of {len(some)} {found} have new findings, {blocked} are blocked"
        yield from (
            f"unchecked: {each.range.name} {each.unchecked}" for each in some if each.unchecked
        )


def _cell(findings: Sequence[Finding]) -> str:
    by_rule = Counter(finding.rule for finding in findings)
    return ", ".join(f"{rule} {count}" for rule, count in by_rule.most_common()) or "-"


if __name__ == "__main__":
    raise SystemExit(main())
