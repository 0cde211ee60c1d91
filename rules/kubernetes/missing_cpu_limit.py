"""missing-cpu-limit."""

from collections.abc import Iterator

from rules.finding import Problem, Severity
from rules.release import Release
from rules.resources import LIMITS, lack, lacking
from rules.rule import rule
from rules.subjects.manifest import Manifest

_EFFECT = "it may take all CPU that its node has to spare, and is slower where there is none"
_FIX = (
    "Set `resources.limits.cpu`; where your team leaves CPU limits out on purpose, switch this "
    "rule off in `.redline.yaml`."
)

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
              requests: {cpu: 100m}
>             limits: {memory: 256Mi}
"""
BAD_INIT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: init-containers-count}
  spec:
    initContainers:
>     - {name: migrate, image: "ghcr.io/shop/migrate:1.4.0"}
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0", resources: {limits: {cpu: 500m}}}
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
              requests: {cpu: 100m}
              limits: {cpu: "1", memory: 256Mi}
"""
GOOD = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - {name: web, image: "ghcr.io/shop/web:1.4.0", resources: {limits: {cpu: "0.5"}}}
"""
GOOD_RANGE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-namespace-has-a-default, namespace: shop}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
  ==> limits.yaml <==
  apiVersion: v1
  kind: LimitRange
  metadata: {name: defaults, namespace: shop}
  spec: {limits: [{type: Container, default: {cpu: 500m}}]}
"""
GOOD_POD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-pod-has-one-for-all}
  spec:
    resources: {limits: {cpu: 2}}
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0", resources: {limits: "{{ limits }}"}}
"""


@rule(
    Severity.INFO,
    bad=[BAD, BAD_INIT],
    good=[GOOD_MENDED, GOOD, GOOD_RANGE, GOOD_POD, GOOD_LATER],
)
def missing_cpu_limit(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """A container may take all CPU that its node has to spare.

    It runs faster on an idle node than on a busy one, so that what was measured there does not
    hold later; a loop that never ends takes the node's idle CPU with it. Teams disagree on this
    one: a limit slows a container down even where CPU is idle. So it only informs.

    A LimitRange of the same namespace that is applied along, or the pod's own `resources`, is
    enough.

    Fix: set `resources.limits.cpu`; where your team leaves CPU limits out on purpose, switch this
    rule off in `.redline.yaml`.
    """
    for container in lacking(manifest, LIMITS, "cpu", release):
        yield lack(container, LIMITS, "cpu", _EFFECT, _FIX)
