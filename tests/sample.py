"""``make sample SEED=1``: findings over the real corpus, drawn by rule, to be read by a person."""

import argparse
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.review import Outcome
from rules.finding import Finding
from tests.history.corpus import REAL, bundles, clone, loose, ranges
from tests.repositories import Repository
from workers import parent
from workers.checkout import Checkout, local
from workers.pipe import Wishes

_AROUND = 4  # lines shown above and below
_WIDEST = 140


@dataclass(frozen=True)
class Drawn:
    """A finding, the project that it is from, and its file."""

    project: str
    finding: Finding
    lines: tuple[str, ...]


def main() -> int:
    """Print the sample; 0 whatever is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=60)
    parser.add_argument("--rule", help="this rule alone")
    asked = parser.parse_args()
    if not REAL.is_dir():
        print("not there: ../shared/corpus/real")
        return 0
    by_rule: dict[str, list[Drawn]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="redline-sample-") as folder:
        for each in everything(Path(folder)):
            by_rule[each.finding.rule].append(each)
    for rule in [asked.rule] if asked.rule else sorted(by_rule):
        found = by_rule[rule]
        some = random.Random(f"{asked.seed} {rule}").sample(found, min(asked.each, len(found)))
        print(f"\n{'=' * 100}\n{rule}: {len(found)} findings, {len(some)} of them drawn\n")
        for number, each in enumerate(some, 1):
            print("\n".join(shown(number, each)), end="\n\n")
    return 0


def everything(folder: Path) -> Iterator[Drawn]:
    """All findings: in the loose files, each project by itself, and in the newest trees."""
    for project, files in projects().items():
        repository = Repository.create(folder / "loose" / project)
        head = repository.commit(files)
        yield from judged(project, repository, head)
    for bundle in bundles():
        newest = [each for each in ranges() if each.bundle == bundle][-1]
        yield from judged(bundle, clone(bundle, folder), newest.head)


def projects() -> Mapping[str, dict[str, bytes]]:
    """Loose files by project."""
    found: dict[str, dict[str, bytes]] = defaultdict(dict)
    for kind in ("dockerfile", "k8s"):
        for name, data in loose(kind):
            project, _, path = name.partition("/")
            found[project][path] = data
    return found


def judged(project: str, repository: Repository, head: str) -> Iterator[Drawn]:
    """Every finding of one tree, as `redline review --all` has it."""
    with local(repository.path, head, head) as checkout:
        wishes = Wishes(all_new=True)
        for result in parent.run(checkout, wishes, lambda _event: None):
            if result.outcome is Outcome.UNCHECKED:
                print(f"{project}: {result.stage} unchecked: {result.reason}")
            for finding in result.findings:
                yield Drawn(project, finding, lines(checkout, finding.location.path))


def lines(checkout: Checkout, path: str) -> tuple[str, ...]:
    """The lines of a file at head."""
    entry = checkout.find(checkout.head, [path])[path]
    content = checkout.blobs([entry.sha])[entry.sha] if entry.regular else b""
    return tuple(
        (content if isinstance(content, bytes) else b"").decode(errors="replace").split("\n")
    )


def shown(number: int, drawn: Drawn) -> Iterator[str]:
    """One finding as people read it, with the lines around it."""
    finding, where = drawn.finding, drawn.finding.location
    place = f"{drawn.project}/{where.path}:{where.line}"
    yield f"{number}. {finding.severity.word} {place} {finding.id}"
    yield f"   {finding.message}"
    if finding.fix:
        yield f"   Fix: {finding.fix}"
    first, last = max(1, where.line - _AROUND), min(len(drawn.lines), where.line + _AROUND)
    for line in range(first, last + 1):
        mark = ">" if line == where.line else " "
        yield f"   {mark} {line:5} {drawn.lines[line - 1][:_WIDEST]}"


if __name__ == "__main__":
    raise SystemExit(main())
