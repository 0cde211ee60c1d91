"""Whether each Dockerfile and manifest of a change is judged, said to be unreadable, or listed.

What a file is, is asked of PyYAML and of its name, not of Redline's own readers.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import yaml

from rules.finding import Side, folder
from workers.checkout import Checkout, Oversize
from workers.project import Entry, Judged, Project, TooLarge
from workers.stages import dockerfile_rules, kubernetes_rules

_Subject = tuple[str, str]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Fate(StrEnum):
    """What became of a file."""

    JUDGED = "judged"
    UNREADABLE = "unreadable"
    LISTED = "listed as judged when rendered"
    LARGE = "too large, unchecked"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True)
class Commit:
    """One commit of a checkout, as a stage reads it; the tests' own way to the git objects."""

    checkout: Checkout
    commit: str

    def find(self, paths: Iterable[str]) -> Mapping[str, Entry]:
        return self.checkout.find(self.commit, paths)

    def entries(self) -> Mapping[str, Entry]:
        return self.checkout.entries(self.commit)

    def beside(self, folder: str) -> Mapping[str, Entry]:
        return self.checkout.beside(self.commit, folder)

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        found = {path: one.sha for path, one in self.find(paths).items() if one.regular}
        blobs = self.checkout.blobs(found.values())
        read, large = {}, {}
        for path, sha in found.items():
            content = blobs[sha]
            if isinstance(content, Oversize):
                large[path] = content.size
            else:
                read[path] = content
        if large:
            raise TooLarge(large, {})
        return read

    def targets(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return {}


def fates(checkout: Checkout) -> Iterator[tuple[str, Fate]]:
    """The files at head that should be judged, each with what became of it."""
    tree = Commit(checkout, checkout.head)
    for path, file in checkout.diff.by_new_path.items():
        if file.new_mode not in ("100644", "100755"):
            continue
        if "dockerfile" in path.rpartition("/")[2].lower():
            yield path, _fate(dockerfile_rules.run, tree, path, {(folder(path), path)})
        elif path.endswith((".yaml", ".yml", ".json")):
            wanted = _objects(tree, path)
            if wanted:
                yield path, _fate(kubernetes_rules.run, tree, path, wanted)


def _objects(tree: Commit, path: str) -> set[_Subject]:
    """The objects that PyYAML finds in a manifest; a nameless one where it cannot read it."""
    unknown = {(folder(path), "")}
    try:
        data = tree.read([path])[path]
        documents = list(yaml.load_all(data, _LOADER))
    except TooLarge:
        return unknown
    except (yaml.YAMLError, ValueError):
        return unknown if b"apiVersion:" in data and b"kind:" in data else set()
    said = (one for one in documents if isinstance(one, dict) and {"apiVersion", "kind"} <= {*one})
    return {(folder(path), _address(one)) for one in said if one["kind"] != "List"}


def _address(found: dict[str, Any]) -> str:
    metadata = found.get("metadata") or {}
    group = found["apiVersion"].rpartition("/")[0]
    names = (found["kind"], metadata.get("namespace") or "", metadata.get("name") or "")
    return "/".join([*([group] if group else []), *map(str, names)])


def _fate(run: Callable[[Project], Judged], tree: Commit, path: str, wanted: set[_Subject]) -> Fate:
    try:
        judged = run(Project("", Side.HEAD, (path,), tree))
    except TooLarge:
        return Fate.LARGE
    if any(finding.rule == "unreadable-file" for finding in judged.findings):
        return Fate.UNREADABLE
    if path in judged.later:
        return Fate.LISTED
    return Fate.JUDGED if wanted <= judged.subjects else Fate.FORGOTTEN
