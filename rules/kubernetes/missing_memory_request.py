"""missing-memory-request."""

from collections.abc import Iterator

from rules.finding import Problem, Severity
from rules.release import Release
from rules.resources import REQUESTS, lack, lacking
from rules.rule import rule
from rules.subjects.manifest import Manifest

_EFFECT = (
    "it may be put on a node that has none left, and is among the first to be evicted or killed "
    "there"
)
_FIX = "Set `resources.requests.memory` to what the container normally uses."

BAD = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
            image: ghcr.io/shop/web:1.4.0
            resources:
>             requests: {cpu: 100m}
"""
BAD_NULL = """
  apiVersion: batch/v1
  kind: CronJob
  metadata: {name: nothing-below-the-key}
  spec:
    jobTemplate:
      spec:
        template:
          spec:
            containers:
              - name: report
                image: ghcr.io/shop/report:1.4.0
                resources:
>                 requests:
"""
GOOD_MENDED = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
            image: ghcr.io/shop/web:1.4.0
            resources:
              requests: {cpu: 100m, memory: 128Mi}
"""
GOOD = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
            image: ghcr.io/shop/web:1.4.0
            resources: {requests: {memory: 128Mi}}
"""
GOOD_LIMIT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: a-limit-gives-the-request}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0", resources: {limits: {memory: 256Mi}}}
"""
GOOD_RANGE = """
  apiVersion: v1
  kind: List
  items:
    - apiVersion: v1
      kind: LimitRange
      metadata: {name: defaults, namespace: shop}
      spec: {limits: [{type: Container, defaultRequest: {memory: 64Mi}}]}
    - apiVersion: v1
      kind: Pod
      metadata: {name: the-namespace-has-a-default, namespace: shop}
      spec: {containers: [{name: web, image: "ghcr.io/shop/web:1.4.0"}]}
"""
GOOD_POD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-pod-asks-for-all}
  spec:
    resources: {requests: {memory: 1Gi}}
    initContainers:
      - {name: migrate, image: "ghcr.io/shop/migrate:1.4.0"}
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
"""


@rule(
    Severity.WARNING,
    bad=[BAD, BAD_NULL],
    good=[GOOD_MENDED, GOOD, GOOD_LIMIT, GOOD_RANGE, GOOD_POD],
)
def missing_memory_request(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """A container asks for no memory.

    The scheduler counts it as nothing and may put it on a node that is full already. When memory
    runs out there, what uses more than it has asked for is evicted or killed first: without a
    request that is this container, however little it uses.

    A limit gives the request too; a LimitRange of the same namespace that is applied along, or the
    pod's own `resources`, is enough.

    Fix: set `resources.requests.memory` to what the container normally uses.
    """
    for container in lacking(manifest, REQUESTS, "memory", release):
        yield lack(container, REQUESTS, "memory", _EFFECT, _FIX)
