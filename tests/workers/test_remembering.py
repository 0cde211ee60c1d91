"""What is kept is what would be said: of every stage, whatever else it looks at."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from rules.config import Config, Does, Weight
from rules.finding import Side, folder
from tests.repositories import Content, Repository
from tests.workers.trees import Commit, diff
from workers.project import Judged, Project, Unchecked
from workers.remembering import Remembering
from workers.stages import dockerfile_rules, kubernetes_rules

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: "web:1", envFrom: [{configMapRef: {name: settings}}]}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
FILES: Mapping[str, Content] = {
    "a/deployment.yaml": DEPLOYMENT,
    "a/service.yaml": SERVICE,
    "b/deployment.yaml": DEPLOYMENT,
    "web/Dockerfile": "FROM golang:latest\nUSER app\n",
}


@dataclass
class Kept:
    """A memory, and what was asked of it."""

    data: dict[str, bytes] = field(default_factory=dict)
    hits: int = 0

    def recall(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        found = {key: self.data[key] for key in keys if key in self.data}
        self.hits += len(found)
        return found

    def keep(self, key: str, data: bytes) -> None:
        self.data[key] = data


@dataclass
class Counting:
    """A stage that counts its runs."""

    runs: int = 0
    NAME: str = kubernetes_rules.NAME

    def run(self, project: Project) -> Judged:
        self.runs += 1
        return kubernetes_rules.run(project)


def project(files: Mapping[str, Content], **more: object) -> Project:
    paths = tuple(sorted(path for path in files if path.endswith(".yaml")))
    made = Project("", Side.HEAD, paths, Commit(files))
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.fixture
def stage() -> Counting:
    return Counting()


def judged(stage: Counting, memory: Kept, there: Project, edition: str = "1") -> Judged:
    return Remembering(memory, edition).judged(stage, folder, there)


def same(one: Judged, other: Judged) -> bool:
    return (
        sorted(one.findings, key=repr) == sorted(other.findings, key=repr)
        and one.subjects == other.subjects
    )


def test_the_second_time_nothing_is_judged(stage: Counting) -> None:
    memory = Kept()
    first = judged(stage, memory, project(FILES))
    assert stage.runs == 2
    second = judged(stage, memory, project(FILES))
    assert stage.runs == 2
    assert first.findings
    assert same(first, second)
    assert same(second, kubernetes_rules.run(project(FILES)))


@pytest.mark.parametrize(
    ("path", "content", "anew"),
    [
        ("a/service.yaml", SERVICE.replace("app: web", "app: other"), 1),
        ("b/notes.txt", "not a manifest\n", 0),
        ("b/more.yaml.j2", "a source of manifests\n", 1),
        ("b/kustomization.yaml", "resources: [deployment.yaml]\n", 1),
        ("c/settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n", 2),
        ("other/README", "elsewhere\n", 0),
    ],
)
def test_what_is_looked_at_decides(stage: Counting, path: str, content: str, anew: int) -> None:
    """Whatever changes, the word is the one that would be said without a memory."""
    memory = Kept()
    judged(stage, memory, project(FILES))
    before, now = stage.runs, project({**FILES, path: content})
    now = replace(now, paths=project(FILES).paths)
    assert same(judged(stage, memory, now), kubernetes_rules.run(now))
    assert stage.runs - before >= anew


def test_another_edition_or_configuration_is_another_word(stage: Counting) -> None:
    memory = Kept()
    judged(stage, memory, project(FILES))
    judged(stage, memory, project(FILES), edition="2")
    assert stage.runs == 4
    off = Config(rules={"floating-image": (Weight(Does.OFF),)})
    quiet = judged(stage, memory, project(FILES, config=off))
    assert stage.runs == 6
    assert "floating-image" not in {one.rule for one in quiet.findings}


def test_the_merge_base_is_looked_at_too(stage: Counting) -> None:
    """What the change took away is told by both sides."""
    memory = Kept()
    settings = {"a/settings.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"}
    before = {**FILES, **settings}
    files = diff(before, FILES).files
    gone = project(FILES, before=Commit(before), changed=files)
    plain = project(FILES, before=Commit(FILES))
    one, other = judged(stage, memory, plain), judged(stage, memory, gone)
    assert same(one, kubernetes_rules.run(plain))
    assert same(other, kubernetes_rules.run(gone))
    assert not same(one, other)


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x92\x90\x90"])
def test_an_entry_that_cannot_be_read_is_none(stage: Counting, data: bytes) -> None:
    memory = Kept()
    first = judged(stage, memory, project(FILES))
    memory.data = dict.fromkeys(memory.data, data)
    assert same(judged(stage, memory, project(FILES)), first)
    assert stage.runs == 4


def test_what_could_not_be_judged_is_not_kept() -> None:
    class Cut:
        NAME = "cut"

        def run(self, _project: Project) -> Judged:
            return Judged(excess=Unchecked("too much", theirs=True))

    memory = Kept()
    said = Remembering(memory, "1").judged(Cut(), folder, project(FILES))
    assert str(said.excess) == "too much"
    assert not memory.data


def test_a_path_that_is_no_text_is_judged_each_time(stage: Counting) -> None:
    memory, there = Kept(), project({"a/\udcff.yaml": DEPLOYMENT})
    assert judged(stage, memory, there).findings
    assert not memory.data


def test_no_secret_is_kept(stage: Counting) -> None:
    """Not even one that someone made a name of: what is kept lies on a disk."""
    memory = Kept()
    for name in ("ghp_" + "a1B2" * 9, "web"):
        there = project({f"{name[:3]}/a.yaml": DEPLOYMENT.replace("name: web", f"name: {name}")})
        assert judged(stage, memory, there).findings
    assert len(memory.data) == 1
    assert not any(b"ghp_" in data for data in memory.data.values())


def test_dockerfiles_are_kept_one_by_one() -> None:
    memory = Kept()
    paths = ("one/Dockerfile", "two/Dockerfile")
    files = dict.fromkeys(paths, "FROM golang:latest\n")
    there = Project("", Side.HEAD, paths, Commit(files))
    first = Remembering(memory, "1").judged(dockerfile_rules, str, there)
    assert same(first, dockerfile_rules.run(there))
    assert len(memory.data) == 2
    other = replace(there, tree=Commit({**files, "two/Dockerfile": "FROM golang:1.22.5\n"}))
    second = Remembering(memory, "1").judged(dockerfile_rules, str, other)
    assert same(second, dockerfile_rules.run(other))
    assert (memory.hits, len(memory.data)) == (1, 3)


def test_another_process_finds_what_one_has_kept(tmp_path: Path) -> None:
    """The order of a set differs from process to process: it is in no key and in no answer."""
    made = Repository.create(tmp_path / "repository")
    made.commit(FILES)
    made.checkout()
    argv = [sys.executable, "-m", "bot.cli", "review", "--all", "--no-tools", "--format", "json"]
    said, kept = [], []
    for seed in ("1", "2"):
        cache = {"REDLINE_CACHE_DIR": str(tmp_path / "cache"), "PYTHONHASHSEED": seed}
        ran = subprocess.run(
            argv, cwd=made.path, env={**os.environ, **cache}, capture_output=True, check=False
        )
        assert ran.returncode == 1, ran.stderr
        document = json.loads(ran.stdout)
        said.append([(one["identity"], one["suggestion"]) for one in document["findings"]])
        kept.append(sorted(path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()))
    assert said[0] == said[1]
    assert kept[0] == kept[1]
    assert len(kept[0]) >= 3
