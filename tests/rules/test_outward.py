"""What of an object the findings of others can depend on."""

import pytest

from rules.outward import outward
from rules.subjects.manifest import parse

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, annotations: {a: b}}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web}, annotations: {note: x}}
    spec:
      containers:
        - {name: web, image: "nginx:1.27.3", ports: [{name: http, containerPort: 80}]}
"""
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {MODE: fast}\n"
BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
"""


@pytest.mark.parametrize(
    ("text", "old", "new", "same"),
    [
        (WEB, "1.27.3", "1.27.4", True),
        (WEB, "note: x", "note: y", True),
        (WEB, "containerPort: 80", "containerPort: 81", True),
        (WEB, "kind:", "# said\nkind:", True),
        (WEB, "replicas: 2", "replicas: 3", False),
        (WEB, "app: web", "app: site", False),
        (WEB, "name: http", "name: web", False),
        (WEB, "namespace: shop", "namespace: test", False),
        (WEB, "note: x", "sidecar.istio.io/inject: x", False),
        (WEB, "name: web, namespace", "name: site, namespace", False),
        (SETTINGS, "fast", "slow", True),
        (SETTINGS, "MODE", "SPEED", False),
        (BUDGET, "maxUnavailable: 1", "maxUnavailable: 2", False),
        (BUDGET, "app: web", "app: site", False),
        (BUDGET, "{maxUnavailable: 1,", "{'maxUnavailable': 1,", True),
    ],
)
def test_only_what_others_see(text: str, old: str, new: str, same: bool) -> None:
    (before,) = parse(text, "a.yaml")
    (after,) = parse(text.replace(old, new), "a.yaml")
    assert (outward(before) == outward(after)) is same
