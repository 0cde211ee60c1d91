"""limit-below-request."""

from collections.abc import Iterator

from rules.finding import Blocks, Problem, Severity, named
from rules.release import Release
from rules.resources import LIMITS, REQUESTS, amount, default, filled_later
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.workload import LONGEST_NAME, Container, Pod
from rules.subjects.yaml import Map

_DEFAULTED = ("cpu", "memory", "ephemeral-storage")
_FIX = "Raise the limit, or lower the request: it may be at most the limit."

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
              requests: {memory: 1Gi}
              limits:
>               memory: 1G
"""
BAD_MILLI = """
  apiVersion: v1
  kind: Pod
  metadata: {name: a-small-m-is-a-thousandth}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        resources:
          requests: {memory: 256Mi}
>         limits: {memory: 512m}
"""
BAD_RANGE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: above-the-default-of-its-namespace}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        resources:
          requests:
>           memory: 1Gi
  ---
  apiVersion: v1
  kind: LimitRange
  metadata: {name: defaults}
  spec: {limits: [{type: Container, default: {memory: 512Mi}}]}
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
              requests: {memory: 1Gi}
              limits:
                memory: 1Gi
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
            resources:
              requests: {cpu: 1000m, memory: 1024Mi}
              limits: {cpu: 1, memory: 1Gi}
"""
GOOD_FORMS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-same-in-other-words}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        resources:
          requests: {cpu: 0.5, memory: "1e9"}
          limits: {cpu: "500m", memory: 1G}
"""
GOOD_PARTS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: either-alone}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0", resources: {requests: {memory: 1Gi}}}
      - {name: log, image: "fluent/fluent-bit:3.2.4", resources: {limits: {memory: 64Mi}}}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        resources: {requests: {memory: 1Gi}, limits: {memory: "${LIMIT}"}}
"""
GOOD_ELSEWHERE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: web, namespace: shop}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0", resources: {requests: {memory: 1Gi}}}
  ---
  apiVersion: v1
  kind: LimitRange
  metadata: {name: defaults, namespace: another}
  spec: {limits: [{type: Container, default: {memory: 512Mi}}]}
"""
GOOD_REQUEST = """
  apiVersion: v1
  kind: Pod
  metadata: {name: an-own-limit-wins-over-the-default}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        resources: {requests: {memory: 1Gi}, limits: {memory: 2Gi}}
  ---
  apiVersion: v1
  kind: LimitRange
  metadata: {name: defaults}
  spec: {limits: [{type: Container, default: {memory: 512Mi}}]}
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.NEW,
    bad=[BAD, BAD_MILLI, BAD_RANGE],
    good=[GOOD_MENDED, GOOD, GOOD_FORMS, GOOD_PARTS, GOOD_LATER, GOOD_ELSEWHERE, GOOD_REQUEST],
)
def limit_below_request(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """A limit is below its request.

    The API server refuses such a pod. A Deployment or Job itself is refused too, so the release
    stops halfway; behind an operator nothing is refused, and no pod ever comes.

    `512m` of memory is half a byte: a small `m` means thousandths. `1G` is less than `1Gi`. Where
    the file gives no limit, the default of a LimitRange of the same namespace counts.

    Fix: raise the limit, or lower the request.
    """
    pod = manifest.pod
    if pod is None:
        return
    for resource in _below(pod.node):
        yield _problem(pod, resource, LIMITS)
    for container in pod.containers:
        for resource in _below(container.node):
            yield _problem(container, resource, LIMITS)
        for resource in _above_default(manifest, container, release):
            yield _problem(container, resource, REQUESTS)


def _below(node: Map) -> Iterator[str]:
    """The resources of which the container or pod itself asks for more than its limit."""
    limits = node.get("resources", LIMITS)
    for resource in limits.entries if isinstance(limits, Map) else ():
        limit, request = amount(node, LIMITS, resource), amount(node, REQUESTS, resource)
        if limit is not None and request is not None and request > limit:
            yield resource


def _above_default(manifest: Manifest, container: Container, release: Release) -> Iterator[str]:
    """The resources of which it asks for more than the limit that its namespace gives it."""
    for resource in _DEFAULTED:
        request = amount(container.node, REQUESTS, resource)
        open_here = container.node.get("resources", LIMITS, resource) is None
        if request and open_here and not filled_later(container.node, LIMITS, resource):
            limit = default(manifest, LIMITS, resource, release)
            if limit is not None and request > limit:
                yield resource


def _problem(owner: Container | Pod, resource: str, field: str) -> Problem:
    """``field`` is where it is said: at the limit or, that being a default, at the request."""
    asked = named(owner.node.text("resources", REQUESTS, resource))
    most = named(owner.node.text("resources", LIMITS, resource))
    said = f"limits it to {most}" if field == LIMITS else "its LimitRange's default limit is less"
    shown, words, key, name = resource[:LONGEST_NAME], "The pod", "pod", None
    if isinstance(owner, Container):
        words, key, name = owner.words, f"container {owner.key}", owner.name
    return Problem(
        owner.at("resources", field, resource),
        f"{words} asks for {asked} of {named(shown)} and {said}: the API server refuses it.",
        detail=f"{key} {shown}",
        container=name,
        fix=_FIX,
    )
