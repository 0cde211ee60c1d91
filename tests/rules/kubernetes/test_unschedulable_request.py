"""What a pod asks of one node, against what the largest node can give."""

import pytest

from rules.config import Config, Kubernetes, NodeLimits
from rules.kubernetes.unschedulable_request import unschedulable_request
from rules.release import Release
from rules.rule import judge
from rules.subjects import manifest

LIMITS = Config(kubernetes=Kubernetes(node_limits=NodeLimits(cpu="4", memory="8Gi")))
POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
"""


def found(spec: str, config: Config = LIMITS) -> list[str]:
    objects = manifest.parse(POD + spec, "pod.yaml")
    release = Release(objects=lambda: objects, config=config)
    findings = judge([unschedulable_request], objects, release)
    return [f"{each.detail} {each.location.line}" for each in findings]


def container(name: str, requests: str, more: str = "") -> str:
    return f"    - {{name: {name}, image: 'web:1', resources: {{requests: {requests}}}{more}}}\n"


ALWAYS = ", restartPolicy: Always"


@pytest.mark.parametrize(
    ("spec", "want"),
    [
        ("  containers:\n" + container("a", "{cpu: 4, memory: 8Gi}"), []),
        ("  containers:\n" + container("a", "{cpu: 4001m}"), ["cpu 7"]),
        ("  containers:\n" + container("a", "{memory: 9G}"), ["memory 7"]),
        (  # together, at the greater one
            "  containers:\n" + container("a", "{cpu: 1}") + container("b", "{cpu: 3500m}"),
            ["cpu 8"],
        ),
        (  # one init container after the other, not together
            "  initContainers:\n" + container("a", "{cpu: 3}") + container("b", "{cpu: 3}")
            + "  containers:\n" + container("c", "{cpu: 3}"),
            [],
        ),
        (  # a sidecar runs beside the init containers after it
            "  initContainers:\n" + container("a", "{cpu: 2}", ALWAYS) + container("b", "{cpu: 3}")
            + "  containers:\n" + container("c", "{cpu: 1}"),
            ["cpu 8"],
        ),
        (  # and not beside those before it
            "  initContainers:\n" + container("a", "{cpu: 3}") + container("b", "{cpu: 2}", ALWAYS)
            + "  containers:\n" + container("c", "{cpu: 1}"),
            [],
        ),
        ("  overhead: {cpu: 1}\n  containers:\n" + container("a", "{cpu: 3500m}"), ["cpu 8"]),
        (  # the pod's own request counts in place of theirs
            "  resources: {requests: {cpu: 5}}\n  containers:\n" + container("a", "{cpu: 1}"),
            ["cpu 6"],
        ),
        ("  resources: {requests: {cpu: 5}}\n", ["cpu 6"]),  # none that could be named
        ("  containers:\n" + container("a", "{cpu: '${CPU}'}"), []),
    ],
)  # fmt: skip
def test_what_the_scheduler_counts(spec: str, want: list[str]) -> None:
    assert found(spec) == want


def test_a_limit_gives_the_request() -> None:
    spec = "  containers: [{name: a, image: 'web:1', resources: {limits: {cpu: 9}}}]\n"
    assert found(spec) == ["cpu 6"]


@pytest.mark.parametrize("limits", [NodeLimits(), NodeLimits("", "64Gi"), NodeLimits("no", "")])
def test_nothing_is_said_where_nobody_knows_the_nodes(limits: NodeLimits) -> None:
    config = Config(kubernetes=Kubernetes(node_limits=limits))
    assert found("  containers:\n" + container("a", "{cpu: 1000}"), config) == []
