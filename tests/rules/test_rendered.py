"""Which files a chart or a kustomization renders."""

from collections.abc import Iterable, Mapping

from rules.rendered import rendered_by

OVERLAY = """
resources: [../base, deployment.yaml, sub/service.yaml]
patches:
  - {path: patch.yaml, target: {kind: Deployment}}
  - patch: |-
      inline.yaml
patchesStrategicMerge: [merge.yaml]
patchesJson6902: [{path: json.yaml}]
configMapGenerator: [{name: c, files: [key=data.yaml]}]
helmCharts: [{name: x, valuesFile: values.yaml}]
components: [../outside.yaml]
"""


def rendered(files: Mapping[str, str], *paths: str) -> Mapping[str, str]:
    def find(wanted: Iterable[str]) -> Mapping[str, object]:
        return {path: None for path in wanted if path in files}

    def read(wanted: Iterable[str]) -> Mapping[str, bytes]:
        return {path: files[path].encode() for path in wanted if path in files}

    return rendered_by(paths, find, read)


def test_the_templates_of_a_chart() -> None:
    files = {"charts/web/Chart.yaml": "name: web"}
    paths = [
        "charts/web/templates/a/b.yaml",
        "charts/web/values.yaml",
        "charts/other.yaml",
        "a.yaml",
    ]
    assert rendered(files, *paths) == {paths[0]: "chart charts/web"}


def test_the_nearest_chart_is_named() -> None:
    files = {"web/Chart.yaml": "", "web/charts/db/Chart.yaml": ""}
    path = "web/charts/db/templates/x.yaml"
    assert rendered(files, path) == {path: "chart web/charts/db"}


def test_a_chart_at_the_top() -> None:
    found = rendered({"Chart.yaml": ""}, "templates/a.yaml", "a.yaml", "deploy/a.yaml")
    assert found == {"templates/a.yaml": "chart ."}


def test_what_a_kustomization_names() -> None:
    named = ["deployment", "sub/service", "patch", "merge", "json", "data", "values"]
    paths = [f"k/over/{name}.yaml" for name in named]
    for name in ("kustomization.yaml", "kustomization.yml", "Kustomization"):
        found = rendered({f"k/over/{name}": OVERLAY}, *paths, "k/over/other.yaml", "k/sub/a.yaml")
        assert found == dict.fromkeys(paths, "kustomization k/over")


def test_a_file_may_lie_deep_below_its_kustomization() -> None:
    files = {"kustomization.yaml": "resources: [./a/b/../c.yaml]"}
    assert rendered(files, "a/c.yaml", "a/b/c.yaml") == {"a/c.yaml": "kustomization ."}


def test_a_name_that_is_no_path_hides_nothing() -> None:
    files = {"kustomization.yaml": "commonAnnotations: {x: a.yaml}\nimages: [{name: b.yaml}]\n"}
    assert rendered(files, "a.yaml", "b.yaml") == {}


def test_an_unreadable_kustomization_names_nothing() -> None:
    assert rendered({"kustomization.yaml": "resources: [a.yaml"}, "a.yaml") == {}


def test_paths_that_leave_the_repository_name_nothing() -> None:
    files = {"k/kustomization.yaml": "resources: [../../a.yaml, /a.yaml, 'https://x/a.yaml']"}
    assert rendered(files, "a.yaml", "k/a.yaml") == {}
