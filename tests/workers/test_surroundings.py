"""What lies around the judged files: read where a rule asks, and nothing called new wrongly."""

from collections.abc import Mapping

import pytest

from rules.finding import Severity, Side
from tests.repositories import Content, Link
from tests.workers.trees import Commit, diff
from workers import lookups, surroundings
from workers.pipe import Wishes
from workers.pipelines import STEPS
from workers.project import LARGEST_FILE, Entry, Project
from workers.stages import kubernetes_rules
from workers.step import attempted
from workers.surroundings import Surroundings
from workers.touched import Reviewed, manifests_beside

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{port: 80}]
"""
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: ghcr.io/shop/web:1.4.0
          envFrom: [{configMapRef: {name: settings}}]
"""
OTHER = WEB.replace("app: web", "app: site")
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {MODE: fast}
"""
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec: {template: {spec: {containers: [{name: web}]}}}
"""
BROKEN = "apiVersion: v1\nkind: Pod\nspec: [\n"
Files = Mapping[str, Content]


def reviewed(before: Files, after: Files, **renames: str) -> Reviewed:
    changed = diff(before, after, **renames)
    return Reviewed(changed, Commit(before), Commit(after, "2" * 40), lambda _: frozenset())


def new(before: Files, after: Files, rule: str) -> list[tuple[str, Severity]]:
    """The files that the rule says something new of."""
    result = attempted(STEPS[0], reviewed(before, after), Wishes(tools=False))
    found = [one for one in result.findings if one.new and one.rule == rule]
    return [(one.location.path, one.severity) for one in found]


def judged(files: Files, *paths: str, rule: str) -> list[str]:
    tree = Commit(files)
    found = kubernetes_rules.run(Project("", Side.HEAD, paths, tree)).findings
    return [one.location.path for one in found if one.rule == rule]


def test_what_lies_in_the_same_folder_counts_changed_or_not() -> None:
    files = {"k/service.yaml": SERVICE, "k/web.yaml": WEB, "web.yaml": OTHER, "k/x/web.yaml": OTHER}
    assert judged(files, "k/service.yaml", rule="dangling-service") == []
    files["k/web.yaml"] = OTHER
    found = judged(files, "k/service.yaml", rule="dangling-service")
    assert found == ["k/service.yaml"]


def test_nothing_around_is_read_where_no_rule_asks() -> None:
    tree = Commit({"a.yaml": SETTINGS, "b.yaml": WEB, "c/d.yaml": WEB})
    kubernetes_rules.run(Project("", Side.HEAD, ("a.yaml",), tree))
    assert set(tree.asked) == {"a.yaml"}


def test_only_the_folder_is_listed() -> None:
    class Unlisted(Commit):
        def entries(self) -> dict[str, Entry]:
            raise AssertionError("the whole repository was listed")

    tree = Unlisted({"k/a.yaml": SERVICE + "---\n" + WEB, "k/b.yaml": SETTINGS, "c/d.yaml": WEB})
    kubernetes_rules.run(Project("", Side.HEAD, ("k/a.yaml",), tree))
    assert set(tree.asked) == {"k/a.yaml", "k/b.yaml"}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("k/broken.yaml", BROKEN),
        ("k/large.json", b" " * (LARGEST_FILE + 1)),
        ("k/template.yaml", WEB + "{{- end }}\n"),
        ("k/jinja.yaml.j2", "{{ x }}"),
        ("k/more.libsonnet", "{}"),
        ("k/link.yaml", Link("../base/web.yaml")),
        ("k/kustomization.yaml", "resources: [rendered.yaml]"),
        ("k/patch.yaml", PATCH),
    ],
)
def test_where_something_is_not_known_nothing_is_missing(path: str, content: Content) -> None:
    files: dict[str, Content] = {"k/service.yaml": SERVICE, "k/rendered.yaml": OTHER}
    assert judged(files, "k/service.yaml", rule="dangling-service")
    assert not judged({**files, path: content}, "k/service.yaml", rule="dangling-service")


def test_more_objects_than_can_be_compared_are_not_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = {"service.yaml": SERVICE, "web.yaml": OTHER}
    monkeypatch.setattr(surroundings, "MOST_OBJECTS", 1)
    release = Surroundings(Project("", Side.HEAD, (), Commit(files))).release("")
    assert (len(release.objects()), release.whole()) == (1, False)
    assert not judged(files, "service.yaml", rule="dangling-service")


def test_more_bytes_than_are_read_are_not_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"service.yaml": SERVICE, "web.yaml": OTHER}
    monkeypatch.setattr(surroundings, "MOST_BESIDE", len(OTHER) - 1)
    assert not judged(files, "service.yaml", rule="dangling-service")


def test_reading_ends_where_the_budget_does(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"a.yaml": SERVICE, **{f"{number:04}.yaml": OTHER for number in range(1000)}}
    monkeypatch.setattr(surroundings, "MOST_BESIDE", 10 * len(OTHER))
    tree = Commit(files)
    kubernetes_rules.run(Project("", Side.HEAD, ("a.yaml",), tree))
    assert len(tree.asked) < 300
    tree = Commit(files)
    now = Surroundings(Project("", Side.HEAD, (), tree))
    assert len(now.look(sorted(files))) == 10
    assert len(tree.asked) < 300


def test_a_folder_that_was_not_whole_brings_nothing_new() -> None:
    before = {"k/service.yaml": SERVICE, "k/web.yaml": OTHER, "k/broken.yaml": BROKEN}
    after = {**before, "k/broken.yaml": SETTINGS, "k/service.yaml": SERVICE + "# touched\n"}
    assert new(before, after, "dangling-service") == []
    before["k/broken.yaml"] = SETTINGS
    assert new(before, after, "dangling-service") == []  # it dangled before
    after["k/web.yaml"] = OTHER
    before["k/web.yaml"] = WEB
    assert new(before, after, "dangling-service") == [("k/service.yaml", Severity.WARNING)]


def test_an_unchanged_file_is_judged_for_what_changed_beside_it() -> None:
    before = {"k/service.yaml": SERVICE, "k/web.yaml": WEB, "k/settings.yaml": SETTINGS}
    after = {**before, "k/web.yaml": OTHER}
    assert new(before, after, "dangling-service") == [("k/service.yaml", Severity.WARNING)]
    assert list(manifests_beside(reviewed(before, after))) == ["k/service.yaml"]


@pytest.mark.parametrize(
    "after",
    [
        {"k/web.yaml": WEB.replace("1.4.0", "1.5.0")},
        {"k/settings.yaml": SETTINGS.replace("fast", "slow")},
        {"k/settings.yaml": SETTINGS + "# nothing\n"},
        {"k/web.yaml": WEB.replace("name: web, ", "labels: {a: b}, name: web, ")},
    ],
)
def test_what_matters_to_no_other_object_makes_no_other_file_judged(after: Files) -> None:
    before = {"k/service.yaml": SERVICE, "k/web.yaml": WEB, "k/settings.yaml": SETTINGS}
    assert list(manifests_beside(reviewed(before, {**before, **after}))) == []


def test_what_dangled_before_is_not_judged_again() -> None:
    before = {"k/service.yaml": SERVICE, "k/web.yaml": OTHER}
    after = {**before, "k/web.yaml": OTHER.replace("site", "shop")}
    assert list(manifests_beside(reviewed(before, after))) == []
    assert new(before, after, "dangling-service") == []


def test_taking_a_definition_away_blocks_at_who_needs_it() -> None:
    before = {"k/web.yaml": WEB, "k/settings.yaml": SETTINGS}
    renamed = {**before, "k/settings.yaml": SETTINGS.replace("settings", "other")}
    blocked = [("k/web.yaml", Severity.BLOCKING)]
    assert new(before, {"k/web.yaml": WEB}, "missing-reference") == blocked
    assert new(before, renamed, "missing-reference") == blocked


def test_a_definition_that_moves_is_still_there() -> None:
    before = {"k/web.yaml": WEB, "k/settings.yaml": SETTINGS}
    for path, text in {
        "base/settings.yaml": SETTINGS,
        "base/kustomization.yaml": "configMapGenerator: [{name: settings}]",
        "chart/templates/settings.yaml": "{{ if .x }}\n" + SETTINGS + "{{ end }}\n",
    }.items():
        assert new(before, {"k/web.yaml": WEB, path: text}, "missing-reference") == []


def test_another_release_may_lose_what_has_the_same_name() -> None:
    bare = SETTINGS.replace(", namespace: shop", "")
    before = {"prod/web.yaml": WEB, "test/settings.yaml": bare}
    after = {"prod/web.yaml": WEB + "# touched\n"}
    assert new(before, after, "missing-reference") == [("prod/web.yaml", Severity.INFO)]
    before = {"prod/web.yaml": WEB, "shared/settings.yaml": SETTINGS}
    assert new(before, after, "missing-reference") == [("prod/web.yaml", Severity.BLOCKING)]


def test_a_reference_that_the_change_adds_is_a_hint() -> None:
    assert new({}, {"k/web.yaml": WEB}, "missing-reference") == [("k/web.yaml", Severity.INFO)]


@pytest.mark.parametrize("bound", ["MOST_INDEXED", "MOST_INDEX", "INDEX_SECONDS"])
def test_a_repository_that_was_not_searched_to_its_end_gives_no_hints(
    monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(lookups, bound, 0)
    assert new({}, {"k/web.yaml": WEB}, "missing-reference") == []


def test_a_large_file_does_not_end_the_search() -> None:
    files: dict[str, Content] = {"k/web.yaml": WEB, "z.yaml": SETTINGS}
    assert judged({**files, "a.json": b" " * (LARGEST_FILE + 1)}, "k/web.yaml",
                  rule="missing-reference") == []  # fmt: skip


def test_a_file_is_parsed_once_for_both_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    really = surroundings._read

    def read(path: str, data: bytes, rendered: str) -> surroundings.Read:
        parsed.append(path)
        return really(path, data, rendered)

    monkeypatch.setattr(surroundings, "_read", read)
    monkeypatch.setattr(surroundings, "_memory", surroundings._Memory())
    before = {"k/service.yaml": SERVICE, "k/web.yaml": WEB, "k/settings.yaml": SETTINGS}
    new(before, {**before, "k/web.yaml": OTHER}, "dangling-service")
    assert sorted(parsed) == ["k/service.yaml", "k/settings.yaml", "k/web.yaml", "k/web.yaml"]


def test_a_suggestion_is_proven_among_its_neighbours() -> None:
    pod = WEB.replace(
        "          envFrom",
        "          securityContext:\n            privileged: false\n          envFrom",
    )
    files = {"k/web.yaml": pod, "k/service.yaml": SERVICE, "k/settings.yaml": SETTINGS}
    result = attempted(STEPS[0], reviewed({}, files), Wishes(tools=False))
    (offered,) = [one for one in result.findings if one.rule == "privilege-escalation"]
    assert offered.suggestion is not None
