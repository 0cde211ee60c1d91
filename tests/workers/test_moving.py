"""Objects that move between files: nothing of them is new but what they bring."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.review import StageResult
from rules.finding import Finding
from tests.workers.trees import Commit, diff
from workers.pipe import Wishes
from workers.stages import kubernetes_rules
from workers.step import Step, attempted
from workers.touched import Reviewed, large_manifest, manifests

STEP = Step(kubernetes_rules, "Kubernetes manifest", manifests, large_manifest)
Files = Mapping[str, str]


@dataclass(frozen=True)
class Thing:
    """An object as somebody may write it. ``worse``: it brings something more."""

    kind: str
    name: str
    worse: bool = False
    notes: int = 0

    @property
    def address(self) -> str:
        group = {"Pod": "", "ConfigMap": ""}.get(self.kind, "apps/")
        return f"{group}{self.kind}//{self.name}"

    @property
    def text(self) -> str:
        notes = "".join(f"    note-{n}: said of {self.name}\n" for n in range(self.notes))
        head = (
            f"apiVersion: {'v1' if self.kind in ('Pod', 'ConfigMap') else 'apps/v1'}\n"
            f"kind: {self.kind}\nmetadata:\n  name: {self.name}\n"
            + (f"  annotations:\n{notes}" if notes else "")
        )
        if self.kind == "ConfigMap":
            return f"{head}data: {{a: '{self.name}'}}\n"
        labels = f"{{app: {self.name}}}"
        if self.kind == "Pod":
            return f"{head}spec:\n{self._pod('')}"
        return (
            f"{head}spec:\n  selector: {{matchLabels: {labels}}}\n  template:\n"
            f"    metadata: {{labels: {labels}}}\n    spec:\n{self._pod('    ')}"
        )

    def _pod(self, deep: str) -> str:
        privileged = "true" if self.worse else "false"
        lines = (
            "containers:",
            f"- name: {self.name}",
            f"  image: registry.example/shop/{self.name}:latest",
            "  ports: [{containerPort: 8080}]",
            f"  securityContext: {{privileged: {privileged}}}",
            "- name: side",
            "  image: registry.example/shop/side",
        )
        return "".join(f"{deep}  {line}\n" for line in lines)


def files(places: Sequence[tuple[str, Thing]]) -> Files:
    found: dict[str, list[str]] = {}
    for path, thing in places:
        found.setdefault(path, []).append(thing.text)
    return {path: "---\n".join(texts) for path, texts in found.items()}


def review(before: Files, after: Files, **renames: str) -> StageResult:
    reviewed = Reviewed(
        diff(before, after, **renames), Commit(before), Commit(after), lambda _paths: frozenset()
    )
    return attempted(STEP, reviewed, Wishes())


def new(before: Files, after: Files, **renames: str) -> Counter[tuple[str, str]]:
    """Rule and address of what is new."""
    return said(one for one in review(before, after, **renames).findings if one.new)


def said(findings: Iterable[Finding]) -> Counter[tuple[str, str]]:
    return Counter((one.rule, one.address) for one in findings)


WEB, API, DB = Thing("Deployment", "web"), Thing("Deployment", "api"), Thing("StatefulSet", "db")
PRIVILEGED = {("privileged-container", WEB.address): 1}


def test_a_file_is_split_over_folders() -> None:
    before = files([("all.yaml", WEB), ("all.yaml", API), ("all.yaml", DB)])
    after = files([("web/a.yaml", WEB), ("api/a.yaml", API), ("db/a.yaml", DB)])
    assert new(before, after) == {}
    assert new({}, after) != {}


def test_files_are_merged() -> None:
    after = files([("all.yaml", WEB), ("all.yaml", API), ("all.yaml", DB)])
    before = files([("web/a.yaml", WEB), ("api/a.yaml", API), ("all.yaml", DB)])
    assert new(before, after) == {}


def test_what_a_moved_object_brings_is_new() -> None:
    before = files([("a/all.yaml", WEB), ("a/all.yaml", API)])
    after = files([("b/all.yaml", replace(WEB, worse=True)), ("a/all.yaml", API)])
    assert new(before, after) == PRIVILEGED


def test_a_moved_object_is_not_added() -> None:
    """So what blocks only on what a change adds only warns when the object brings it."""
    limited = WEB.text.replace("  ports:", "  resources: {limits: {memory: 1Gi}}\n        ports:")
    after = files([("b/w.yaml", WEB)])

    def weights(before: Files) -> set[str]:
        found = review(before, after).findings
        return {one.severity.word for one in found if one.new and one.container == "web"
                and one.rule == "missing-memory-limit"}  # fmt: skip

    assert weights({}) == {"blocking"}
    assert weights({"a/w.yaml": limited}) == {"warning"}


def test_another_object_of_the_same_name_is_new() -> None:
    other = files([("b/w.yaml", WEB)])["b/w.yaml"].replace("registry.example/shop", "elsewhere")
    long = "\n".join(f"          env-{n}: {n}" for n in range(40))
    before = files([("a/w.yaml", WEB)])
    after = {"b/w.yaml": f"{other}\n      nodeSelector:\n{long}\n"}
    assert new(before, after) != {}


def test_a_copy_is_new() -> None:
    before = files([("a/w.yaml", WEB)])
    after = files([("a/w.yaml", WEB), ("b/w.yaml", WEB)])
    assert {address for _rule, address in new(before, after)} == {WEB.address}


def test_which_of_two_nobody_knows() -> None:
    before = files([("a/w.yaml", WEB)])
    after = files([("b/w.yaml", WEB), ("c/w.yaml", WEB)])
    once = said(review({}, files([("b/w.yaml", WEB)])).findings)
    assert new(before, after) == Counter({key: 2 * n for key, n in once.items()})


def test_two_that_move_are_told_by_their_text() -> None:
    small, large = replace(WEB, notes=1), replace(WEB, notes=3)
    before = files([("dev/w.yaml", small), ("prod/w.yaml", large)])
    after = files([("envs/dev/w.yaml", small), ("envs/prod/w.yaml", large)])
    assert new(before, after) == {}
    worse = files([("envs/dev/w.yaml", small), ("envs/prod/w.yaml", replace(large, worse=True))])
    assert new(before, worse) == PRIVILEGED


def test_two_in_one_folder_are_not_followed() -> None:
    before = files([("a/w.yaml", WEB), ("a/x.yaml", WEB)])
    assert new(before, files([("b/w.yaml", WEB), ("b/x.yaml", WEB)])) != {}


def test_what_stays_in_a_renamed_file_and_what_leaves_it() -> None:
    before = files([("a/all.yaml", WEB), ("a/all.yaml", API), ("a/all.yaml", DB)])
    after = files([("b/all.yaml", WEB), ("b/all.yaml", API), ("c/db.yaml", DB)])
    assert new(before, after, **{"a/all.yaml": "b/all.yaml"}) == {}


@pytest.mark.parametrize("turned", [False, True])
def test_json_moves_too(turned: bool) -> None:
    one = '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [{"name": "a", "image": "a"}]}}'  # noqa: E501
    before, after = {"a/x.json": one}, {"b/x.yaml": f"# moved\n{one}\n"}
    assert new(after if turned else before, before if turned else after) == {}


NAMES = st.sampled_from(["web", "api", "db", "job"])
KINDS = st.sampled_from(["Deployment", "StatefulSet", "Pod", "ConfigMap"])
PATHS = st.sampled_from(["a.yaml", "x/a.yaml", "x/b.yaml", "y/a.yaml", "y/z/all.yaml", "w/c.yaml"])
THINGS = st.builds(Thing, KINDS, NAMES, st.just(False), st.integers(0, 3))
DEEDS = st.sampled_from(["stay", "move", "move", "worsen", "note", "copy", "drop"])
MOVES = st.lists(st.tuples(PATHS, THINGS, DEEDS, PATHS), min_size=1, max_size=8)


def told(moves: Sequence[tuple[str, Thing, str, str]]) -> tuple[Files, Files]:
    """The files before and after: what each object's deed makes of it."""
    before, after = [], []
    for path, thing, deed, target in moves:
        before.append((path, thing))
        if deed == "stay":
            after.append((path, thing))
        elif deed == "copy":
            after += [(path, thing), (target, thing)]
        elif deed != "drop":
            worse = replace(thing, worse=deed == "worsen", notes=thing.notes + (deed == "note"))
            after.append((target, worse))
    return files(before), files(after)


@settings(max_examples=60, deadline=None)
@given(MOVES)
@example([("a.yaml", WEB, "move", "x/a.yaml"), ("y/a.yaml", WEB, "drop", "a.yaml")])
def test_random_splits_and_merges(moves: Sequence[tuple[str, Thing, str, str]]) -> None:
    """Nothing is told again of an object that nobody can mistake, and nothing worse is hidden."""
    before, after = told(moves)
    old = review({}, before).findings
    result = review(before, after).findings
    fresh = said(one for one in result if one.new)
    counts = Counter(thing.address for _path, thing, _deed, _target in moves)
    deeds = {thing.address: deed for _path, thing, deed, _target in moves}
    now, then = said(result), said(old)
    for key, n in now.items():
        brought = max(0, n - then[key])
        assert fresh[key] >= brought, f"hidden: {key}"
        if counts[key[1]] == 1 and deeds[key[1]] != "copy":
            assert fresh[key] == brought, f"told again: {key}"
