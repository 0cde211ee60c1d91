"""``make corpus``: judge graded cases, a finding a line; by default score the shared ones."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from rules.defined import Index
from rules.finding import Finding
from rules.images import Images
from rules.release import Release
from rules.rule import Subject, judge, rules_of
from rules.subjects import dockerfile, manifest
from rules.subjects.yaml import Unreadable

SHARED = Path(__file__).parents[2] / "shared/corpus/rules"
RULES = (*rules_of("kubernetes"), *rules_of("dockerfile"))
SCORED = (
    "k8s.run_as_non_root,k8s.allow_privilege_escalation,k8s.privileged,k8s.image_tag,"
    "docker.from_pinned,docker.user_nonroot,docker.user_numeric,docker.secrets,docker.combine_run"
)


def main() -> int:
    """Judge the cases; 0 whatever is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--root", type=Path)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    cases = asked.cases or SHARED / "all.jsonl"
    if not cases.exists():
        print(f"not there: {cases.name} of ../shared/corpus/rules")
        return 0
    lines = list(judged(cases, asked.root or cases.parent))
    if asked.out:
        asked.out.write_text("".join(lines))
    elif asked.cases:
        sys.stdout.writelines(lines)
    if not asked.cases:
        score(lines)
    return 0


def judged(cases: Path, root: Path) -> Iterator[str]:
    """The findings of all cases as JSON lines; cases with the same files are judged once."""
    known: dict[tuple[str, ...], list[Finding]] = {}
    for text in cases.read_text().splitlines():
        case = json.loads(text)
        files = tuple(case["files"])
        if files not in known:
            there = [name for name in files if (root / name).is_file()]
            known[files] = findings_of({name: (root / name).read_bytes() for name in there})
        for finding in known[files]:
            yield json.dumps(_line(case["case"], finding)) + "\n"


def findings_of(files: dict[str, bytes]) -> list[Finding]:
    """What all rules say of one case's files, judged together."""
    images = Images(lambda: files, lambda paths: {p: files[p] for p in paths if p in files})
    subjects = [each for path, data in files.items() for each in subjects_of(path, data)]
    objects = [each for each in subjects if isinstance(each, manifest.Manifest)]
    index = Index(files.items)
    release = Release(
        "", images.dockerfile_of, images.tagged_later, lambda: objects, index=lambda: index
    )
    return judge(RULES, subjects, release)


def subjects_of(path: str, data: bytes) -> list[Subject]:
    """What a file holds: manifests or a Dockerfile, by its name; nothing if unreadable."""
    try:
        if PurePosixPath(path).suffix in (".yaml", ".yml", ".json"):
            return list(manifest.parse(data, path))
        return [dockerfile.parse(data, path)] if dockerfile.is_dockerfile(path) else []
    except (Unreadable, dockerfile.Unreadable) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return []


def _line(case: str, finding: Finding) -> dict[str, Any]:
    named = finding.object
    return {
        "case": case,
        "file": finding.location.path,
        "rule": finding.rule,
        "line": finding.location.line,
        "object": {"kind": named.kind, "name": named.name} if named else None,
        "container": finding.container,
        "resource": None,
    }


def score(lines: list[str]) -> None:
    """Print what score.py says of them, and each miss."""
    with tempfile.TemporaryDirectory() as scratch:
        found, misses = Path(scratch, "found.jsonl"), Path(scratch, "misses.jsonl")
        found.write_text("".join(lines))
        program = [sys.executable, str(SHARED / "score.py"), str(found)]
        wanted = ["--rules", SCORED, "--misses", str(misses)]
        subprocess.run([*program, *wanted], check=True, stdin=subprocess.DEVNULL)
        for text in misses.read_text().splitlines():
            miss = json.loads(text)
            kind = "missed" if miss["missed"] else "false"
            print(f"{kind}: {miss['seed_rule']} {miss['case']}")


if __name__ == "__main__":
    raise SystemExit(main())
