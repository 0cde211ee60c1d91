"""Findings that survive a push are not posted again, and no thread is resolved that still holds."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from tests.history import figures
from tests.history.accounting import Fate, fates
from tests.history.changes import Telling
from tests.history.conftest import Clone
from tests.history.corpus import EVERYTHING, Range, bundles, needed, ranges
from tests.history.desk import Desk
from tests.history.made import NUMBER, made, remade
from tests.history.tally import Tally
from tests.history.test_placed import brought
from tests.line.forges import FORGES
from tests.repositories import Repository
from workers.checkout import local

ALLOWED = 15 / 1000  # of the surviving findings may be posted again
PARTS = 5
pytestmark = needed


@pytest.fixture(scope="module")
def counts() -> Iterator[dict[str, Tally]]:
    """Counts by forge and by what the changes are made of."""
    every: dict[str, Tally] = defaultdict(Tally)
    yield every
    for name, tally in every.items():
        figures.write(f"identity on {name}", told(tally))


def told(tally: Tally) -> dict[str, Any]:
    thousandth = 1000 * tally.repeated / max(1, tally.survivors + tally.kept)
    return {**vars(tally), "posted again of 1,000": round(thousandth, 1)}


def judge(tally: Tally) -> None:
    """What must hold of any number of changes."""
    mistakes = ("wrongly", "lost", "left", "doubled", "unsaid", "loud")
    assert {name: getattr(tally, name) for name in mistakes} == dict.fromkeys(mistakes, 0), (
        tally.examples
    )


@pytest.mark.parametrize("part", range(PARTS))
def test_changes_made_of_real_files(part: int, desk: Desk, counts: dict[str, Tally]) -> None:
    repo, tally = desk.repository("made"), counts[f"{desk.there.name}, made"]
    few = range(part, NUMBER, PARTS if EVERYTHING else PARTS * 4)
    for number, change in enumerate(made()):
        if number in few:
            tally.add(Telling(desk, repo, change).told())
    judge(tally)


def judged(source: Repository, bundle: str) -> Iterator[Range]:
    """The ranges that change a Dockerfile, or a manifest that is not only judged when rendered."""
    for each in ranges():
        if each.bundle == bundle:
            with local(source.path, each.base, each.head) as checkout:
                if any(fate is Fate.JUDGED for _, fate in fates(checkout)):
                    yield each


@pytest.mark.parametrize("bundle", bundles())
def test_real_ranges(bundle: str, clone: Clone, desk: Desk, counts: dict[str, Tally]) -> None:
    source = clone(bundle)
    some = list(islice(judged(source, bundle), None if EVERYTHING else 1))
    if not some:
        pytest.skip("no range of it changes a Dockerfile or a plain manifest")
    repo, tally = brought(desk, source), counts[f"{desk.there.name}, ranges"]
    for each in some:
        tally.add(Telling(desk, repo, remade(each, source)).told())
    judge(tally)


@pytest.mark.parametrize("forge", FORGES)
def test_few_survivors_are_posted_again(forge: str, counts: dict[str, Tally]) -> None:
    both = Tally()
    for name, each in counts.items():
        if name.startswith(forge):
            both.add(each)
    assert both.repeated < ALLOWED * (both.survivors + both.kept), both.examples
    assert both.survivors >= 1000 or not EVERYTHING
