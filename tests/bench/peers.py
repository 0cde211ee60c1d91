"""Our rules against the tools that answer the same questions, over the same files.

Our rules that checkov has an answer to run in a process of their own, checkov with only the checks
that they answer; `redline review` runs all of its rules, in two processes and over git objects.
hadolint cannot be told to do less. Compared is the CPU time of whole processes, start included
where nothing else is said.
"""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.bench import given
from tests.bench.judging import ANSWERED
from tests.bench.measure import rounds, spent
from tests.bench.row import Row, at_least, missing

TITLE = "Our rules against checkov and hadolint"

_ROOT = Path(__file__).parents[2]
_REVIEW = [sys.executable, "-m", "bot.cli", "review", "--all", "--no-tools", "--format", "json"]
_RULES = [sys.executable, "-m", "tests.bench.judging"]
_EVERY = 4  # hadolint is slow: it gets one Dockerfile of so many


def rows(scratch: Path) -> Iterator[Row]:
    """The figures."""
    manifests, dockerfiles = dict(given.scanned("k8s")), dict(given.scanned("dockerfile"))
    yield from _checkov({**manifests, **dockerfiles}, scratch)
    yield from _hadolint(dict(list(dockerfiles.items())[::_EVERY]), scratch)


def _checkov(files: dict[str, bytes], scratch: Path) -> Iterator[Row]:
    what = f"checkov over {len(files)} files"
    checkov = _installed()
    if checkov is None:
        yield missing(what, "checkov could not be installed")
        return
    folder, nothing = given.written(scratch / "both", files), scratch / "nothing"
    nothing.mkdir()
    argv = [checkov, "-d", ".", "--framework", "kubernetes", "dockerfile"]
    argv += ["--check", ",".join(ANSWERED), "--quiet", "--compact", "-o", "json"]
    programs = {
        "checkov": partial(spent, argv, folder),
        "review": partial(spent, _REVIEW, folder),
        "rules": partial(spent, [*_RULES, str(folder)], _ROOT),
        "idle checkov": partial(spent, argv, nothing),
        "idle rules": partial(spent, [*_RULES, str(nothing)], _ROOT),
    }
    ran = rounds(programs, most=5, seconds=120)
    beyond = ran.beyond({"checkov": "idle checkov", "rules": "idle rules"})
    # The aim was set for rules, start included; that the others miss it is shown all the same.
    for name, says, costs in (
        ("rules", "our rules", ran),
        ("rules", "our rules, both without their start", beyond),
        ("review", "`redline review --all --no-tools`", ran),
    ):
        how = costs.words("checkov", name)
        gates = says == "our rules"
        yield at_least(f"{what}, to {says}", costs.ratio("checkov", name), 40, how, gates=gates)


def _hadolint(files: dict[str, bytes], scratch: Path) -> Iterator[Row]:
    what = f"hadolint over {len(files)} Dockerfiles"
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        yield missing(what, "hadolint is not installed")
        return
    folder = given.written(scratch / "dockerfiles", files)
    programs = {
        "hadolint": partial(spent, [str(hadolint), "--no-fail", "-f", "json", *files], folder),
        "review": partial(spent, _REVIEW, folder),
        "rules": partial(spent, [*_RULES, str(folder)], _ROOT),
    }
    ran = rounds(programs, most=5, seconds=40)
    for name, says in (("rules", "our rules"), ("review", "`redline review`")):
        how = ran.words("hadolint", name)
        yield at_least(f"{what}, to {says}", ran.ratio("hadolint", name), 1, how)


def _installed() -> str | None:
    """Where checkov is, None where it is not to be had."""
    ran = subprocess.run([_ROOT / "tools/checkov/install"], stdout=subprocess.PIPE, check=False)
    return ran.stdout.decode().strip() if ran.returncode == 0 else None
