"""Objects in files: what is one, what it is called, where its parts stand."""

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.finding import Location, ObjectName
from rules.rule import judge, rules_of
from rules.subjects.manifest import Manifest, is_template, looks_like_manifest, parse
from rules.subjects.yaml import Unreadable

RULES = rules_of("kubernetes")
REAL = Path(__file__).parents[4] / "shared/corpus/real"

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      containers:
        - name: web
          image: web:1
          securityContext:
            runAsUser: 7
        - image: registry:5000/log:2
      initContainers:
        - name: first
"""


def one(text: str | bytes) -> Manifest:
    (manifest,) = parse(text, "a.yaml")
    return manifest


def pod(**spec: object) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})


def test_a_deployment() -> None:
    manifest = one(DEPLOYMENT)
    assert manifest.address == "apps/Deployment/shop/web"
    assert manifest.object == ObjectName("Deployment", "shop", "web")
    assert [container.name for container in manifest.containers] == ["first", "web", None]
    assert [container.key for container in manifest.containers] == [
        "first",
        "web",
        "registry:5000/log",
    ]
    assert [container.words for container in manifest.containers] == [
        "Init container `first`",
        "Container `web`",
        "Container without a name",
    ]


def test_where_a_container_s_keys_are_or_would_belong() -> None:
    first, web, log = one(DEPLOYMENT).containers
    assert web.at("securityContext", "runAsUser") == Location("a.yaml", 13, block=(10, 13))
    assert web.at("securityContext", "runAsNonRoot") == Location("a.yaml", 12, block=(10, 13))
    assert web.at("resources", "limits") == Location("a.yaml", 10, block=(10, 13))
    assert log.at("securityContext") == Location("a.yaml", 14, block=(14, 14))
    assert first.at("image").line == 16


def test_where_an_object_s_keys_are_or_would_belong() -> None:
    manifest = one(DEPLOYMENT)
    assert manifest.at("metadata", "labels") == Location("a.yaml", 3, block=(1, 16))
    assert manifest.pod is not None
    assert manifest.pod.at("securityContext", "runAsNonRoot").line == 9  # the pod's first line


@pytest.mark.parametrize(
    ("api", "kind", "address"),
    [
        ("v1", "Pod", "Pod//x"),
        ("apps/v1", "DaemonSet", "apps/DaemonSet//x"),
        ("apps/v1beta2", "DaemonSet", "apps/DaemonSet//x"),
        ("argoproj.io/v1alpha1", "Rollout", "argoproj.io/Rollout//x"),
    ],
)
def test_an_address_is_the_same_in_every_version(api: str, kind: str, address: str) -> None:
    assert one(f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: x}}\n").address == address


SPECS = {
    "Pod": "spec: %s",
    "PodTemplate": "template: {spec: %s}",
    "CronJob": "spec: {jobTemplate: {spec: {template: {spec: %s}}}}",
    "Deployment": "spec: {template: {spec: %s}}",
    "StatefulSet": "spec: {template: {spec: %s}}",
    "DaemonSet": "spec: {template: {spec: %s}}",
    "ReplicaSet": "spec: {template: {spec: %s}}",
    "Job": "spec: {template: {spec: %s}}",
    "ReplicationController": "spec: {template: {spec: %s}}",
    "DeploymentConfig": "spec: {template: {spec: %s}}",
    "Rollout": "spec: {template: {spec: %s}}",
    "Service": "spec: {template: {spec: %s}}",  # Knative's
}


@pytest.mark.parametrize("kind", SPECS)
def test_every_workload_has_its_pod(kind: str) -> None:
    spec = (
        "{containers: [{name: a}], initContainers: [{name: b}], ephemeralContainers: [{name: c}]}"
    )
    manifest = one(f"apiVersion: x/v1\nkind: {kind}\n{SPECS[kind] % spec}\n")
    assert [container.name for container in manifest.containers] == ["b", "a", "c"]
    assert [container.group for container in manifest.containers][2] == "ephemeralContainers"


@pytest.mark.parametrize("kind", SPECS)
def test_only_kubernetes_own_kinds_have_a_pod_without_containers(kind: str) -> None:
    manifest = one(f"apiVersion: x/v1\nkind: {kind}\n{SPECS[kind] % '{hostIPC: true}'}\n")
    assert (manifest.pod is not None) == (kind not in ("Rollout", "Service"))
    assert not manifest.containers


def test_a_workload_without_containers_is_a_patch() -> None:
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: %s}}\n"
    )
    assert one(text % "{hostNetwork: true}").is_patch
    assert not one(text % "{containers: [{name: a, image: b}]}").is_patch


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "a: 1\n",
        "- apiVersion: v1\n  kind: Pod\n",
        "apiVersion: v1\n",
        "apiVersion: v2\nname: chart\n",
        "apiVersion: null\nkind: Pod\n",
        "apiVersion: [v1]\nkind: Pod\n",
        "services: {web: {image: a}}\n",
        "a: [\n",
        "{{- if .Values.x }}\na: 1\n{{- end }}\n",
    ],
)
def test_what_is_no_manifest(text: str) -> None:
    assert parse(text, "a.yaml") == []


def test_lists() -> None:
    text = """\
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: {name: a}
  - apiVersion: v1
    kind: PodList
    items:
      - metadata: {name: b}
      - null
  - text
---
apiVersion: apps/v1
kind: DeploymentList
items:
  - metadata: {name: c}
    spec: {template: {spec: {containers: [{name: d}]}}}
"""
    manifests = parse(text, "a.yaml")
    assert [(each.address, each.root.line) for each in manifests] == [
        ("Pod//a", 4),
        ("Pod//b", 10),
        ("apps/Deployment//c", 17),
    ]
    assert len(manifests[2].containers) == 1


def test_generated_names_and_long_ones() -> None:
    generated = one("apiVersion: v1\nkind: Pod\nmetadata: {generateName: run-}\n")
    assert generated.address == "Pod//run-"
    assert len(one(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {'a' * 9999}}}\n").name) == 253


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("apiVersion: v1\nkind: Pod\nspec:\n\t- a\n", 4),
        ("# x\n- kind: Pod\n  apiVersion: v1\n  a: b: c\n", 4),
        ('{"apiVersion": "v1", "kind": "Pod",\n "spec": ]}', 2),
        ('{"kind":"Pod","apiVersion":"v1"', 1),
    ],
)
def test_a_broken_manifest_is_unreadable(text: str, line: int) -> None:
    for source in (text, text.encode(), b"\xff\xfe" + text.encode("utf-16-le")):
        with pytest.raises(Unreadable) as error:
            parse(source, "a.yaml")
        assert error.value.line == line


def test_broken_bytes() -> None:
    with pytest.raises(Unreadable) as error:
        parse(b"apiVersion: v1\nkind: Pod\nx: \xff\n", "a.yaml")
    assert error.value.line == 3
    assert parse(b"a: \xff\n", "a.yaml") == []


def test_templates() -> None:
    assert is_template("image: {{ .Values.image }}")
    assert is_template(b"{% if x %}")
    assert not is_template("a: {b: {c: d}}")
    assert looks_like_manifest("  - apiVersion: v1\n    kind: Pod")
    assert not looks_like_manifest("xapiVersion: v1\nkind: Pod")


@pytest.mark.parametrize("trap", ["\n" * 500_000, " " * 500_000, "- " * 250_000, "{," * 250_000])
def test_looking_takes_no_time(trap: str) -> None:
    start = time.perf_counter()
    looks_like_manifest(trap)
    assert time.perf_counter() - start < 1


def test_patches_are_known_by_what_they_lack() -> None:
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
    patch += "spec: {%stemplate: {spec: {containers: [%s]}}}\n"
    assert one(patch % ("", "{name: b}")).is_patch
    assert not one(patch % ("", "{name: b, image: c}")).is_patch
    assert not one(patch % ("", "{args: [x]}")).is_patch
    assert not one(patch % ("triggers: [], ", "{name: b}")).is_patch
    assert not one("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n").is_patch


SECURITY = ["securityContext", "runAsUser", "runAsNonRoot", "privileged", "os"]
KEYS = [*SECURITY, "containers", "initContainers", "image", "name", "template", "spec", "items"]
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.just("9" * 99),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.sampled_from(KEYS), each, max_size=4)
    ),
    max_leaves=15,
)


@given(ODD, st.sampled_from(["Pod", "CronJob", "List", "PodList", "CustomResourceDefinition"]))
@settings(max_examples=300, deadline=None)
def test_no_shape_of_an_object_is_an_exception(spec: object, kind: str) -> None:
    whole = {"apiVersion": "v1", "kind": kind, "metadata": spec, "spec": spec, "items": spec}
    text = json.dumps(whole, indent=1).replace("NaN", ".nan").replace("Infinity", ".inf")
    manifests = parse(text, "a.json")
    for finding in judge(RULES, manifests):
        assert 1 <= finding.location.line <= text.count("\n") + 1


@pytest.mark.parametrize(
    "spec",
    [
        {"containers": None},
        {"containers": {"name": "a"}},
        {"containers": [None, 1, "a", []]},
        {"containers": [{"name": {"a": 1}, "image": ["b"], "securityContext": "x"}]},
        {"containers": [{"securityContext": {"runAsUser": int("9" * 4000)}}]},
        {"containers": [{}], "securityContext": [1], "os": "windows"},
    ],
)
def test_odd_containers(spec: dict[str, object]) -> None:
    judge(RULES, parse(pod(**spec), "a.json"))


def readable(data: bytes, name: str) -> list[Manifest]:
    """Its manifests; none where it cannot be read, at a line that exists."""
    try:
        return parse(data, name)
    except Unreadable as error:
        line = error.line
    assert 1 <= line <= data.count(b"\n") + 1
    return []


@pytest.mark.skipif(not REAL.exists(), reason="../shared/corpus is not there")
def test_real_manifests_parse_and_stand_on_their_lines() -> None:
    count = 0
    for top, _folders, names in os.walk(REAL):
        for name in names:
            path = Path(top, name)
            if path.suffix not in (".yaml", ".yml") or "history" in path.parts:
                continue
            data = path.read_bytes()
            manifests = readable(data, name)
            count += len(manifests)
            for finding in judge(RULES, manifests):
                first, last = finding.location.block or (0, 0)
                assert 1 <= first <= finding.location.line <= last <= data.count(b"\n") + 1
    assert count > 1000


def test_what_envsubst_fills_in_is_a_template() -> None:
    assert is_template("apiVersion: v1\nkind: Secret\n${DATA}\n")
    assert not is_template("apiVersion: v1\nkind: Secret\ndata: {a: '${DATA}'}\n")
