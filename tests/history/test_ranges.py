"""Real pull requests in `redline review`: no crash, no file forgotten, a place for everything."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.cli.review import Request, examine
from tests.fakes.diff import File, diff
from tests.fakes.git import Bare
from tests.fakes.github import anchors
from tests.fakes.github.state import Place
from tests.history import figures
from tests.history.accounting import Fate, fates
from tests.history.conftest import Clone
from tests.history.corpus import EVERYTHING, Range, bundles, needed, ranges
from tests.repositories import Repository
from workers.checkout import local
from workers.project import STAGE_NAMES

CRASHES = ("crashed", "has died", "nonsense", "left a stage out")
SIDES = {"head": "RIGHT", "base": "LEFT"}
pytestmark = needed


@dataclass
class Measured:
    """Figures over all ranges; ``faults`` must stay empty.

    ``untouched`` is for people to read: new findings on lines that the change did not write.
    """

    ranges: int = 0
    seconds: float = 0.0
    findings: Counter[str] = field(default_factory=Counter)
    exits: Counter[int] = field(default_factory=Counter)
    unchecked: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    placed: Counter[str] = field(default_factory=Counter)
    untouched: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def measured() -> Iterator[Measured]:
    start, counts = time.monotonic(), Measured()
    yield counts
    counts.seconds = round(time.monotonic() - start, 1)
    figures.write("history", vars(counts))


@pytest.mark.parametrize("bundle", bundles())
def test_every_pull_request_of(
    bundle: str, clone: Clone, measured: Measured, tmp_path: Path
) -> None:
    some = [each for each in ranges() if each.bundle == bundle]
    if not EVERYTHING:
        others = [each for each in some if not each.ours]
        some = [each for each in some if each.ours] + others[::12]
    repository = clone(bundle)
    with ThreadPoolExecutor(2) as pool:
        reviews = pool.map(lambda each: reviewed(repository, each, tmp_path), some)
        for each, (status, document) in zip(some, reviews, strict=True):
            count(measured, each, status, document)
            place(measured, Bare(repository.path), each, document)
            account(measured, repository, each)
    assert measured.faults == []


def reviewed(repository: Repository, one: Range, folder: Path) -> tuple[int, dict[str, Any]]:
    """Exit status and document of `redline review` over one range."""
    output = folder / f"{one.name.replace(' ', '-')}.json"
    request = Request(repository.path, one.base, one.head, everything=False, tools=True)
    status = examine(request, "json", output, "blocking")
    return status, json.loads(output.read_text())


def count(measured: Measured, one: Range, status: int, document: Mapping[str, Any]) -> None:
    measured.ranges += 1
    measured.exits[status] += 1
    measured.findings.update("new" if each["new"] else "old" for each in document["findings"])
    if status not in (0, 1, 2) or [each["stage"] for each in document["stages"]] != [*STAGE_NAMES]:
        measured.faults.append(f"{one.name}: exit {status}")
    for stage in document["stages"]:
        if stage["outcome"] == "unchecked":
            measured.unchecked[f"{stage['stage']}: {stage['reason']}"] += 1
            if any(word in stage["reason"] for word in CRASHES):
                measured.faults.append(f"{one.name}: {stage['stage']} {stage['reason']}")


def place(measured: Measured, git: Bare, one: Range, document: Mapping[str, Any]) -> None:
    """Each finding, old ones too, has a place that GitHub would take."""
    files = diff(git, document["merge_base"], document["head"])
    for finding in document["findings"]:
        anchor = finding["anchor"]
        measured.placed[anchor["kind"]] += 1
        if finding["new"] and not written(files.get(finding["path"]), finding["line"]):
            measured.untouched.append(f"{one.name}: {finding['path']}:{finding['line']}")
        if anchor["kind"] == "summary":
            continue
        wanted = Place(anchor["path"], anchor["kind"], SIDES[anchor["side"]], anchor["line"])
        measured.faults += [
            f"{one.name}: {finding['rule']} at {anchor}: {why}"
            for why in anchors.faults(files, wanted)
        ]


def written(file: File | None, line: int) -> bool:
    """Whether the change wrote this line of head."""
    hunks = file.hunks if file else ()
    return any(row.sign == "+" and row.new == line for hunk in hunks for row in hunk.rows)


def account(measured: Measured, repository: Repository, one: Range) -> None:
    """Each Dockerfile and manifest that the range changed is judged, or said not to be."""
    with local(repository.path, one.base, one.head) as checkout:
        for path, fate in fates(checkout):
            measured.files[fate] += 1
            if fate is Fate.FORGOTTEN:
                measured.faults.append(f"{one.name}: {path} is forgotten")


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_command_itself(form: str, clone: Clone) -> None:
    one = next(each for each in ranges() if each.name.endswith("microservices-demo pr-005"))
    command = [sys.executable, "-m", "bot.cli", "review", str(clone(one.bundle).path)]
    range_ = ["--base", one.base, "--head", one.head, "--format", form]
    ran = subprocess.run([*command, *range_], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "privilege-escalation" in ran.stdout
    if form == "json":
        assert json.loads(ran.stdout)["outcome"] == "failed"
