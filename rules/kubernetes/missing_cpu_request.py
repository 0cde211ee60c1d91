"""missing-cpu-request."""

from collections.abc import Iterator

from rules.finding import Problem, Severity
from rules.release import Release
from rules.resources import REQUESTS, lack, lacking
from rules.rule import rule
from rules.subjects.manifest import Manifest

_EFFECT = (
    "the scheduler counts it as nothing, and on a busy node it gets only what the others leave"
)
_FIX = "Set `resources.requests.cpu` to what the container needs on a normal day."

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
>             requests: {memory: 128Mi}
"""
BAD_ZERO = """
  apiVersion: v1
  kind: Pod
  metadata: {name: zero-beside-a-limit-stays-zero}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        resources:
          limits: {cpu: 1}
          requests:
>           cpu: 0
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
  kind: StatefulSet
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - {name: web, image: "ghcr.io/shop/web:1.4.0", resources: {requests: {cpu: 0.1}}}
          - {name: log, image: "fluent/fluent-bit:3.2.4", resources: {requests: {cpu: "10m"}}}
"""
GOOD_LIMIT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: a-limit-gives-the-request}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0", resources: {limits: {cpu: 1}}}
"""
GOOD_RANGE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-least-is-the-default}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
  ---
  apiVersion: v1
  kind: LimitRange
  metadata: {name: least}
  spec: {limits: [{type: Container, min: {cpu: 50m}}]}
"""
GOOD_PATCH = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0", resources: {requests: {cpu: "${CPU}"}}}
      - {name: log, image: "fluent/fluent-bit:3.2.4", resources: {limits: {cpu: "${CPU}"}}}
"""


@rule(
    Severity.WARNING,
    bad=[BAD, BAD_ZERO],
    good=[GOOD_MENDED, GOOD, GOOD_LIMIT, GOOD_RANGE, GOOD_PATCH],
)
def missing_cpu_request(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """A container asks for no CPU.

    The scheduler counts it as nothing, so that a node is filled with more than it can run. When
    the node is busy, CPU is shared out by what each container has asked for: this one gets what
    the others leave, and its probes begin to fail without any fault of its own.

    A limit gives the request too; a LimitRange of the same namespace that is applied along, or the
    pod's own `resources`, is enough.

    Fix: set `resources.requests.cpu` to what the container needs on a normal day.
    """
    for container in lacking(manifest, REQUESTS, "cpu", release):
        yield lack(container, REQUESTS, "cpu", _EFFECT, _FIX)
