"""Real input of others under ../shared/corpus/real: pull requests, Dockerfiles, manifests."""

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.repositories import Repository

REAL = Path(__file__).parents[3] / "shared/corpus/real"
EVERYTHING = int(os.environ.get("REDLINE_SEEDS", "3")) > 3  # as `make identity` has it
needed = pytest.mark.skipif(not REAL.is_dir(), reason="../shared/corpus/real is not here")


@dataclass(frozen=True)
class Range:
    """A real pull request: what it changed, between two commits of one of the bundles.

    ``kinds`` says what files it has: dockerfile, yaml, kustomize, helm, terraform, ci, other.
    """

    name: str
    bundle: str
    base: str
    head: str
    kinds: frozenset[str]

    @property
    def ours(self) -> bool:
        """Whether it has files that rules may judge unrendered."""
        return bool(self.kinds & {"dockerfile", "yaml"})


@cache
def ranges() -> tuple[Range, ...]:
    """All of them, those of one repository together."""
    lines = (REAL / "history/ranges.jsonl").read_text().splitlines()
    return tuple(sorted(map(_range, lines), key=lambda each: each.name))


def bundles() -> list[str]:
    """The repositories that the ranges are from; none where the corpus is not here."""
    return sorted({each.bundle for each in ranges()}) if REAL.is_dir() else []


def _range(line: str) -> Range:
    row = json.loads(line)
    bundle = Path(row["slim_repo"]).stem
    kinds = frozenset(row["classes"])
    return Range(f"{bundle} {row['ref']}", bundle, row["slim_base"], row["slim_head"], kinds)


def clone(bundle: str, folder: Path) -> Repository:
    """A bare repository with all of a bundle's branches, made once in the folder."""
    made = Repository(folder / f"{bundle}.git")
    if not made.path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        source = REAL / "history" / f"{bundle}.bundle"
        Repository(folder).git("clone", "--quiet", "--mirror", str(source), made.path.name)
    return made


@cache
def loose(kind: str) -> tuple[tuple[str, bytes], ...]:
    """Single files, ``dockerfile`` or ``k8s``: path and content, those of one project together.

    A path is the project and where the file lies in it.
    """
    rows = [json.loads(line) for line in (REAL / "manifest.jsonl").read_text().splitlines()]
    files = {
        f"{row['repo'].partition('/')[2]}/{row['path']}": REAL / row["file"]
        for row in rows
        if row.get("kind") == kind
    }
    return tuple((path, files[path].read_bytes()) for path in sorted(files))
