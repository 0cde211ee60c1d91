"""Real pull requests at each strict forge: no place is refused, no finding is left unsaid."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bot.change import ForgeName
from rules.rule import rules_of
from tests.fakes.git import identity
from tests.history import figures
from tests.history.conftest import Clone
from tests.history.corpus import EVERYTHING, Range, bundles, needed, ranges
from tests.history.desk import Change, Desk
from tests.history.said import Said, said
from tests.repositories import Repository

MOST_THREADS = 10
MOST_ANNOTATIONS = 200
LISTED = 25  # findings that one thread names
INLINE = {rule.name for rule in rules_of("kubernetes") if rule.family}
pytestmark = needed


@dataclass
class Measured:
    """Figures over all pull requests; ``faults`` must stay empty."""

    changes: int = 0
    findings: int = 0
    threads: int = 0
    annotations: int = 0
    rows: int = 0
    cut: int = 0


@pytest.fixture(scope="module")
def counts() -> Iterator[dict[str, Measured]]:
    """Counts by forge."""
    every: dict[str, Measured] = defaultdict(Measured)
    yield every
    for name, measured in every.items():
        figures.write(f"placed on {name}", vars(measured))


@pytest.mark.parametrize("bundle", bundles())
def test_every_finding_has_a_place(
    bundle: str, clone: Clone, desk: Desk, counts: dict[str, Measured]
) -> None:
    measured, repo = counts[desk.there.name], brought(desk, clone(bundle))
    for change in changes(desk, repo, [each for each in ranges() if each.bundle == bundle]):
        document = desk.review(change)
        new = [each for each in document["findings"] if each["new"]]
        stands = said(change, {each["id"] for each in new})
        measured.changes += 1
        measured.findings += len(new)
        count(measured, stands)
        judge(new, stands, annotates=desk.there.name is ForgeName.GITHUB)


def brought(desk: Desk, source: Repository) -> Any:
    """A repository at the forge with all branches of a bundle."""
    repo = desk.repository(source.path.stem.partition("__")[2])
    repo.state.git.git("fetch", "--quiet", str(source.path), "+refs/heads/*:refs/heads/*")
    return repo


def changes(desk: Desk, repo: Any, every: list[Range]) -> Iterator[Change]:
    """From the first state kept to the last; from nothing; real ones, and each the other way."""
    yield opened(desk, repo, "wide", every[0].base, f"{every[-1].head}^{{tree}}")
    yield opened(desk, repo, "whole", repo.sha("main"), f"{every[-1].head}^{{tree}}")
    some = every if EVERYTHING else [each for each in every if "dockerfile" in each.kinds][:2]
    for number, each in enumerate(some):
        yield opened(desk, repo, f"real-{number}", each.base, each.head)
        yield opened(desk, repo, f"back-{number}", each.head, f"{each.base}^{{tree}}")


def opened(desk: Desk, repo: Any, name: str, base: str, head: str) -> Change:
    """A change from a commit to another, or to a commit of this tree on top of it."""
    git = repo.state.git
    if head.endswith("}"):
        environment = identity("ada", 1_700_000_000)
        head = git.line("commit-tree", head, "-p", base, "-m", "x", environment=environment)
    repo.move(f"{name}-base", base)
    repo.move(name, head)
    change: Change = desk.there.open(repo, name, base=f"{name}-base")
    return change


def count(measured: Measured, stands: Said) -> None:
    measured.threads += len(stands.threads)
    measured.annotations += len(stands.annotated)
    measured.rows += len(stands.rows)
    measured.cut += stands.cut


def judge(new: list[dict[str, Any]], stands: Said, *, annotates: bool) -> None:
    """A row for each; a thread for what blocks, as far as there is room; else an annotation."""
    ids, rows = {each["id"] for each in new}, stands.rows
    assert len(ids) == len(new)
    assert len(rows) == len(set(rows)) == len(new) - stands.cut
    assert set(rows) <= ids
    inline = {
        each["id"] for each in new if each["severity"] == "blocking" or each["rule"] in INLINE
    }
    named = set(stands.open)
    placed = {each["id"] for each in new if each["anchor"]["kind"] != "summary"}
    assert named <= inline & placed
    full = len(stands.threads) == MOST_THREADS
    assert full or named == inline & placed or any(len(t.ids) == LISTED for t in stands.threads)
    blocking = {each["id"] for each in new if each["severity"] == "blocking"}
    quiet = ids - blocking - inline
    assert stands.annotated <= quiet
    assert len(stands.annotated) == (min(len(quiet), MOST_ANNOTATIONS) if annotates else 0)
