"""Every suggestion over the files of others, applied and read by another parser than ours."""

import copy
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from rules.finding import Finding, Side
from tests.history.corpus import REAL, needed
from workers.project import LARGEST_FILE, Entry, Project
from workers.proving import applied, proven
from workers.stages import kubernetes_rules

MEANT = {
    "privilege-escalation": ("allowPrivilegeEscalation", False),
    "privileged-container": ("privileged", False),
    "root-container": ("runAsNonRoot", True),
}
PODS = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
GROUPS = ("initContainers", "containers", "ephemeralContainers")


class Folder:
    """A folder of loose files, as a commit."""

    commit = "c" * 40

    def __init__(self, root: Path) -> None:
        self._files = {
            str(path.relative_to(root)): path
            for path in sorted(root.rglob("*"))
            if path.is_file() and path.suffix in (".yaml", ".yml", ".json")
            and path.stat().st_size < LARGEST_FILE // 8
        }  # fmt: skip

    def find(self, paths: Iterable[str]) -> Mapping[str, Entry]:
        return {path: Entry("100644", "1" * 40) for path in paths if path in self._files}

    def entries(self) -> Mapping[str, Entry]:
        return self.find(self._files)

    def beside(self, folder: str) -> Mapping[str, Entry]:
        return self.find([path for path in self._files if path.rpartition("/")[0] == folder])

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return {path: self._files[path].read_bytes() for path in paths if path in self._files}

    def targets(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return {}


class Loader(yaml.CSafeLoader):
    """YAML without dates: some that real files have are none."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, rx) for tag, rx in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def documents(data: bytes) -> list[Any]:
    return list(yaml.load_all(data, Loader))


def objects(document: Any) -> list[Any]:
    """The document itself, or the items of a list."""
    many = isinstance(document, dict) and "List" in str(document.get("kind"))
    return document.get("items") or [] if many else [document]


def places(one: Any, finding: Finding) -> list[Any]:
    """Where the finding's object can be mended; some files name two containers alike."""
    if not isinstance(one, dict) or finding.object is None:
        return []
    metadata = one.get("metadata") or {}
    name = str(metadata.get("name") or metadata.get("generateName") or "")
    if (one.get("kind"), name) != (finding.object.kind, finding.object.name):
        return []
    spec: Any = one
    for key in PODS.get(one["kind"], ("spec", "template", "spec")):
        spec = spec[key]
    if finding.detail.startswith("pod "):
        return [spec]
    every = (each for group in GROUPS for each in spec.get(group) or ())
    return [each for each in every if each.get("name") == finding.container]


def all_meant(document: Any, finding: Finding) -> Iterator[Any]:
    """The document as the finding's rule wants it."""
    key, value = MEANT[finding.rule]
    count = sum(len(places(one, finding)) for one in objects(document))
    for number in range(count):
        mended = copy.deepcopy(document)
        place = [each for one in objects(mended) for each in places(one, finding)][number]
        place["securityContext"] = {**(place.get("securityContext") or {}), key: value}
        yield mended


def only_as_meant(before: bytes, finding: Finding) -> bool:
    """Whether the suggestion changes exactly one object, and that as its rule says."""
    assert finding.suggestion is not None
    after = applied(before, finding.suggestion)
    assert after is not None
    old, new = documents(before), documents(after)
    unlike = [at for at, (one, other) in enumerate(zip(old, new, strict=True)) if one != other]
    if len(unlike) != 1:
        return False
    (at,) = unlike
    return new[at] in all_meant(old[at], finding)


def offered(root: Path) -> Iterator[tuple[Folder, Finding, bool]]:
    """The findings of rules that offer something, and whether theirs is proven."""
    tree = Folder(root)
    paths = tuple(tree.entries())
    project = Project("", Side.HEAD, paths, tree)
    for path in paths:
        alone = replace(project, paths=(path,))
        found = [one for one in kubernetes_rules.run(alone).findings if one.rule in MEANT]
        for one in found:
            (said,) = proven(kubernetes_rules.run, project, [one])
            yield tree, said, one.suggestion is not None


def measured(root: Path) -> tuple[Counter[str], list[str]]:
    """Findings and suggestions by rule, and what is wrong with one."""
    counts: Counter[str] = Counter()
    wrong = []
    for tree, finding, tried in offered(root):
        counts[f"{finding.rule} found"] += 1
        counts[f"{finding.rule} offered"] += tried
        if finding.suggestion is None:
            continue
        counts[f"{finding.rule} proven"] += 1
        path = finding.location.path
        if not only_as_meant(tree.read([path])[path], finding):
            wrong.append(f"{path}:{finding.location.line} {finding.rule} {finding.suggestion}")
    return counts, wrong


@needed
def test_no_suggestion_over_real_manifests_is_wrong() -> None:
    counts, wrong = measured(REAL / "k8s" / "kubernetes__examples")
    assert wrong == []
    assert counts["privilege-escalation proven"] > counts["privilege-escalation found"] // 2
