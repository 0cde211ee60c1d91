"""What a container is given in the cluster, however it is written."""

import pytest

from rules.finding import Blocks, Severity
from rules.release import Release
from rules.rule import judge, rules_of
from rules.subjects import manifest

RULES = [rule for rule in rules_of("kubernetes") if rule.name.startswith("missing-")]
NAMES = (
    "missing-cpu-limit", "missing-cpu-request", "missing-memory-limit", "missing-memory-request",
)  # fmt: skip
FOUR = [rule for rule in RULES if rule.name in NAMES]
(BELOW,) = (rule for rule in rules_of("kubernetes") if rule.name == "limit-below-request")
POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec:
  containers:
    - {{name: web, image: "web:1", resources: {}}}
"""
RANGE = """\
---
apiVersion: v1
kind: LimitRange
metadata: {{name: defaults}}
spec: {{limits: [{{type: Container, {}}}]}}
"""


def lacking(text: str) -> set[str]:
    objects = manifest.parse(text, "pod.yaml")
    found = judge(FOUR, objects, Release(objects=lambda: objects))
    return {each.rule.removeprefix("missing-") for each in found}


def below(text: str) -> list[str]:
    objects = manifest.parse(text, "pod.yaml")
    found = judge([BELOW], objects, Release(objects=lambda: objects))
    assert {each.severity for each in found} <= {Severity.BLOCKING}
    assert {each.blocks for each in found} <= {Blocks.NEW}
    return [each.detail for each in found]


ALL = {"cpu-limit", "cpu-request", "memory-limit", "memory-request"}


@pytest.mark.parametrize(
    ("resources", "want"),
    [
        ("{}", ALL),
        ("null", ALL),
        ("[]", ALL),
        ("5", ALL),
        ("'{{ toYaml }}'", set()),
        ("{limits: {cpu: 1, memory: 1Gi}}", set()),
        ("{requests: {cpu: 1, memory: 1Gi}}", {"cpu-limit", "memory-limit"}),
        ("{limits: {cpu: 1}}", {"memory-limit", "memory-request"}),
        ("{limits: {cpu: '', memory: ~}}", ALL),
        ("{limits: {cpu: 0, memory: 0Mi}}", ALL - {"cpu-request", "memory-request"}),
        ("{limits: {cpu: a, memory: 1 Gi}}", {"cpu-limit", "memory-limit"}),
        ("{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 0, memory: x}}", {
            "cpu-request", "memory-request",
        }),
        ("{limits: {cpu: '${A}', memory: 1Gi}, requests: {memory: '${B}'}}", set()),
        ("{limits: {cpu: true, memory: [1Gi]}}", {"cpu-limit", "memory-limit", "memory-request"}),
    ],
)  # fmt: skip
def test_what_the_container_says(resources: str, want: set[str]) -> None:
    assert lacking(POD.format(resources)) == want


@pytest.mark.parametrize(
    ("given", "want"),
    [
        ("default: {cpu: 1, memory: 1Gi}", set()),
        ("max: {cpu: 1, memory: 1Gi}", set()),
        ("defaultRequest: {cpu: 1, memory: 1Gi}", {"cpu-limit", "memory-limit"}),
        ("min: {cpu: 1, memory: 1Gi}", {"cpu-limit", "memory-limit"}),
        ("maxLimitRequestRatio: {cpu: 2}", ALL),
        ("default: {memory: 1Gi}", {"cpu-limit", "cpu-request"}),
    ],
)
def test_what_a_limit_range_gives(given: str, want: set[str]) -> None:
    assert lacking(POD.format("{}") + RANGE.format(given)) == want


def test_zero_is_not_left_open() -> None:
    zero = POD.format("{limits: {cpu: 1, memory: 0}}")
    assert "memory-limit" in lacking(zero + RANGE.format("default: {memory: 1Gi}"))


@pytest.mark.parametrize(
    ("resources", "want"),
    [
        ("{limits: {memory: 1Gi}, requests: {memory: 1Gi}}", []),
        ("{limits: {memory: 1G}, requests: {memory: 1Gi}}", ["container web memory"]),
        ("{limits: {cpu: 0.1}, requests: {cpu: 100m}}", []),
        ("{limits: {cpu: 0.1}, requests: {cpu: 101m}}", ["container web cpu"]),
        ("{limits: {cpu: 0}, requests: {cpu: 1}}", ["container web cpu"]),
        ("{limits: {cpu: 1, memory: 1}, requests: {cpu: 2, memory: 2}}", [
            "container web cpu", "container web memory",
        ]),
        ("{limits: {nvidia.com/gpu: 1}, requests: {nvidia.com/gpu: 2}}", [
            "container web nvidia.com/gpu",
        ]),
        ("{limits: {cpu: x}, requests: {cpu: 1}}", []),
        ("{limits: 1, requests: {cpu: 1}}", []),
        ("{limits: {cpu: 1}, requests: []}", []),
    ],
)  # fmt: skip
def test_a_limit_below_its_request(resources: str, want: list[str]) -> None:
    assert below(POD.format(resources)) == want


def test_a_default_below_the_request() -> None:
    asked = POD.format("{requests: {memory: 2Gi}}")
    assert below(asked + RANGE.format("default: {memory: 1Gi}")) == ["container web memory"]
    assert below(asked + RANGE.format("defaultRequest: {memory: 1Gi}")) == []
    later = POD.format("{requests: {memory: 2Gi}, limits: '${LIMITS}'}")
    assert below(later + RANGE.format("default: {memory: 1Gi}")) == []


def test_the_pods_own_limit() -> None:
    text = POD.format("{}") + "  resources: {limits: {memory: 1Gi}, requests: {memory: 2Gi}}\n"
    assert below(text) == ["pod memory"]


def test_a_value_that_counts_as_none_is_shown() -> None:
    objects = manifest.parse(POD.format("{limits: {memory: 1 GB, cpu: 0}}"), "pod.yaml")
    said = {each.rule: each.message for each in judge(FOUR, objects)}
    assert "has `1 GB` as its `resources.limits.memory`, which is no" in said[NAMES[2]]
    assert "has `0` as its `resources.limits.cpu`, which is the same as none" in said[NAMES[0]]
