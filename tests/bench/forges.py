"""What a review costs at each forge: calls for ten threads, and what an idle push writes.

Counted at the strict fakes: the real clients in the run that a worker makes, from the change to its
status. Apart are git's own requests; what is asked once an hour of a repository, as for a token;
and one call for each edit of a long review's progress. How a change is shown as waiting before a
worker is free has a row of its own.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.row import Row
from tests.history.desk import Desk
from tests.line.forges import FORGES
from tests.safety.attack import pod

TITLE = "Calls of the forges"

_THREADS = 10
_SETTLE = 6.0  # seconds, as where nothing else is set
_MOST = {"github": 12, "gitlab": 25}


def rows(scratch: Path) -> Iterator[Row]:
    """The figures, forge by forge."""
    for forge, most in _MOST.items():
        there = FORGES[forge](scratch)
        with there.fake as fake:
            desk = Desk(there, scratch / f"state-{forge}", _SETTLE)
            repo = desk.repository("shop")
            opened(desk, repo, 1)
            before = Counter(fake.counters)
            change = opened(desk, repo, _THREADS)
            made = len([row for row in change.threads if not row["resolved"]])
            yield _calls(f"{forge}: calls for a review with {made} threads",
                         _api(fake.counters - before), most)  # fmt: skip
            yield from _again(desk, change, forge)
            yield _announced(desk, repo, forge)
            desk.close()
            assert (made, fake.violations, fake.refused) == (_THREADS, [], [])


def opened(desk: Desk, repo: Any, number: int, *, waits: bool = False) -> Any:
    """A reviewed change that breaks so many files; ``waits``: it was shown as waiting first."""
    branch = f"change-{number}{'-waits' * waits}"
    repo.push(branch, {f"deploy/{at}.yaml": pod(f"pod-{at}") for at in range(number)})
    change = desk.there.open(repo, branch)
    if waits:
        desk.announce(change)
    desk.review(change)
    return change


def _announced(desk: Desk, repo: Any, forge: str) -> Row:
    """The same review where no worker was free at once."""
    before = Counter(desk.there.fake.counters)
    change = opened(desk, repo, _THREADS, waits=True)
    assert len(change.threads) == _THREADS
    what = f"{forge}: calls for such a review that was shown as waiting first"
    return _calls(what, _api(desk.there.fake.counters - before))


def _again(desk: Desk, change: Any, forge: str) -> Iterator[Row]:
    """A push that changes no finding, and moves one."""
    fake = desk.there.fake
    before, written = Counter(fake.counters), len(fake.content_writes)
    change.push({"deploy/0.yaml": f"# a line\n{pod('pod-0')}", "NOTES.md": "More.\n"})
    desk.review(change)
    wrote = [name for _when, name in fake.content_writes[written:]]
    what = f"{forge}: content that a push writes which changes no finding"
    yield Row(what, f"{len(wrote)}", ", ".join(wrote), "none", not wrote, gates=True)
    yield _calls(f"{forge}: calls for the review of that push", _api(fake.counters - before))


def _api(counts: Counter[str]) -> Counter[str]:
    """Without git, and without what GitHub's GraphQL counts a second time by field."""
    own = {name: n for name, n in counts.items() if not name.startswith(("git ", "graphql/"))}
    return Counter(own)


def _calls(what: str, counts: Counter[str], most: int | None = None) -> Row:
    how = ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
    if most is None:
        return Row(what, f"{counts.total()}", how)
    met = counts.total() <= most
    return Row(what, f"{counts.total()}", how, f"at most {most}", met, gates=True)
