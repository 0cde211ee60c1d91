"""``make corpus``: the form of what it writes, and the scores it has to keep."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import corpus

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  securityContext: {runAsNonRoot: true}
  containers:
    - {name: web, image: "o/web:1", securityContext: {allowPrivilegeEscalation: false}}
"""


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "tests.corpus", *map(str, arguments)]
    return subprocess.run(program, check=False, capture_output=True, text=True)


def test_each_case_s_files_are_judged_together(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "pod.yaml").write_text(POD)
    (tmp_path / "web" / "Dockerfile").write_text("FROM python:3.12.3-slim\nUSER app\n")
    (tmp_path / "bad.yaml").write_text("apiVersion: v1\nkind: [\n")
    cases = [
        {"case": "both", "files": ["pod.yaml", "web/Dockerfile"]},
        {"case": "alone", "files": ["pod.yaml"]},
        {"case": "bad", "files": ["bad.yaml"]},
    ]
    (tmp_path / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    out = tmp_path / "out.jsonl"
    done = run("--cases", tmp_path / "cases.jsonl", "--root", tmp_path, "--out", out)
    assert (done.returncode, done.stdout) == (0, "")
    found = [json.loads(line) for line in out.read_text().splitlines()]
    unprovable = [each for each in found if each["rule"] == "unprovable-user"]
    assert [each["case"] for each in unprovable] == ["both", "alone"]
    assert unprovable[0] == {
        "case": "both",
        "file": "pod.yaml",
        "rule": "unprovable-user",
        "line": 5,
        "object": {"kind": "Pod", "name": "p"},
        "container": "web",
        "resource": None,
    }
    assert unprovable[1]["line"] == 7  # nobody could look


def test_cases_that_are_not_there(tmp_path: Path) -> None:
    done = run("--cases", tmp_path / "none.jsonl")
    assert done.returncode == 0
    assert done.stdout.startswith("not there")


@pytest.mark.skipif(not corpus.SHARED.exists(), reason="../shared/corpus is not there")
def test_the_shared_cases_keep_their_scores() -> None:
    done = run()
    assert done.returncode == 0
    total = next(line for line in done.stdout.splitlines() if line.startswith("all "))
    caught, cases = map(int, total.split()[2].split("/"))
    false, clean = map(int, total.split()[6].split("/"))
    assert cases - caught <= 2
    assert false <= 1
    assert cases > 100
    assert clean > 50
