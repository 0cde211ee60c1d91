"""missing-memory-limit."""

from collections.abc import Iterator

from rules.finding import Blocks, Problem, Severity
from rules.release import Release
from rules.resources import LIMITS, lack, lacking
from rules.rule import rule
from rules.subjects.manifest import Manifest

_EFFECT = "a leak fills its node, and what the kernel kills then can be anybody's pod"
_FIX = "Set `resources.limits.memory` to the most that the container may ever need."

BAD_ABSENT = """
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
>             limits:
                cpu: 500m
"""
BAD_INIT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: init-containers-take-memory-too}
  spec:
    initContainers:
>     - name: migrate
        image: ghcr.io/shop/migrate:1.4.0
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0", resources: {limits: {memory: 256Mi}}}
"""
BAD_ZERO = """
  apiVersion: v1
  kind: Pod
  metadata: {name: zero-means-without-a-limit}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        resources:
          limits:
>           memory: 0
"""
BAD_ELSEWHERE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: web, namespace: shop}
  spec:
    containers:
>     - {name: web, image: "ghcr.io/shop/web:1.4.0"}
  ---
  apiVersion: v1
  kind: LimitRange
  metadata: {name: defaults, namespace: another}
  spec: {limits: [{type: Container, default: {memory: 256Mi}}]}
  ---
  apiVersion: v1
  kind: LimitRange
  metadata: {name: of-pods-gives-nothing, namespace: shop}
  spec: {limits: [{type: Pod, max: {memory: 8Gi}}]}
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
              limits:
                cpu: 500m
                memory: 256Mi
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
            resources: {limits: {memory: 256Mi}}
"""
GOOD_RANGE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-namespace-has-a-default, namespace: shop}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
  ---
  apiVersion: v1
  kind: LimitRange
  metadata: {name: defaults, namespace: shop}
  spec: {limits: [{type: Container, default: {memory: 256Mi}}]}
"""
GOOD_MOST = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-most-is-the-default}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
  ---
  apiVersion: v1
  kind: LimitRange
  metadata: {name: most}
  spec: {limits: [{type: Container, max: {memory: 1Gi}}]}
"""
GOOD_POD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-pod-has-one-for-all}
  spec:
    resources: {limits: {memory: 1Gi}}
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
      - {name: log, image: "fluent/fluent-bit:3.2.4"}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0", resources: "${RESOURCES}"}
      - {name: log, image: "fluent/fluent-bit:3.2.4", resources: {limits: {memory: "{{ most }}"}}}
"""
GOOD_EPHEMERAL = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-api-server-allows-none-there}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0", resources: {limits: {memory: 1e9}}}
    ephemeralContainers:
      - {name: debug, image: "busybox:1.36", targetContainerName: web}
"""
GOOD_KNATIVE = """
  apiVersion: serving.knative.dev/v1
  kind: Service
  metadata: {name: hello}
  spec:
    template:
      spec:
        containers:
          - image: ghcr.io/shop/hello:1.4.0
            resources: {limits: {memory: 128M}}
"""
GOOD_SCHEMA = """
  apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  metadata: {name: jobs.example.com}
  spec: {versions: [{name: v1, schema: {openAPIV3Schema: {properties: {containers: {}}}}}]}
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.ADDED,
    bad=[BAD_ABSENT, BAD_INIT, BAD_ZERO, BAD_ELSEWHERE],
    good=[
        GOOD_MENDED,
        GOOD,
        GOOD_RANGE,
        GOOD_MOST,
        GOOD_POD,
        GOOD_LATER,
        GOOD_EPHEMERAL,
        GOOD_KNATIVE,
        GOOD_SCHEMA,
    ],
)
def missing_memory_limit(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """A container may take all memory of its node.

    Memory cannot be shared out later: a leak in one container without a limit fills the node, and
    then the kernel kills whatever it chooses there, other teams' pods included. With a limit only
    the leaking container is killed (OOMKilled), and everybody sees which one it was.

    Init containers count, ephemeral ones cannot have a limit. A LimitRange of the same namespace
    that is applied along, or the pod's own `resources`, is enough. A limit of 0 is none.

    Fix: set `resources.limits.memory` to what the container may ever need.
    """
    for container in lacking(manifest, LIMITS, "memory", release):
        yield lack(container, LIMITS, "memory", _EFFECT, _FIX)
