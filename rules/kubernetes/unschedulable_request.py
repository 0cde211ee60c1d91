"""unschedulable-request."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from rules.finding import Problem, Severity, Symptom, named
from rules.release import Release
from rules.resources import REQUESTS, amount, given, of_pod
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.placement import Contradiction, contradiction
from rules.subjects.probes import stays
from rules.subjects.quantity import parse, read
from rules.subjects.workload import LONGEST_NAME, Container, Pod

BAD = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        nodeSelector:
>         disktype: ssd
        affinity:
          nodeAffinity:
            requiredDuringSchedulingIgnoredDuringExecution:
              nodeSelectorTerms:
                - matchExpressions: [{key: disktype, operator: In, values: [hdd, nvme]}]
        containers:
          - {name: web, image: "ghcr.io/shop/web:1.4.0"}
"""
BAD_ITSELF = """
  apiVersion: v1
  kind: Pod
  metadata: {name: each-term-alone-is-impossible}
  spec:
    affinity:
      nodeAffinity:
>       requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms:
            - matchExpressions:
                - {key: gpu, operator: Exists}
                - {key: gpu, operator: DoesNotExist}
            - matchExpressions:
                - {key: cores, operator: Gt, values: ["8"]}
                - {key: cores, operator: Lt, values: ["9"]}
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
"""
GOOD = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        nodeSelector: {disktype: ssd}
        affinity:
          nodeAffinity:
            requiredDuringSchedulingIgnoredDuringExecution:
              nodeSelectorTerms:
                - matchExpressions: [{key: disktype, operator: In, values: [hdd, ssd]}]
        containers:
          - {name: web, image: "ghcr.io/shop/web:1.4.0"}
"""
GOOD_TERMS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: one-possible-term-is-enough}
  spec:
    nodeSelector: {disktype: ssd}
    affinity:
      nodeAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms:
            - matchExpressions: [{key: disktype, operator: NotIn, values: [ssd]}]
            - matchExpressions: [{key: zone, operator: In, values: [a]}]
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
"""
GOOD_PREFERRED = """
  apiVersion: v1
  kind: Pod
  metadata: {name: a-preference-rules-nothing-out}
  spec:
    nodeSelector: {disktype: ssd}
    affinity:
      nodeAffinity:
        preferredDuringSchedulingIgnoredDuringExecution:
          - weight: 1
            preference: {matchExpressions: [{key: disktype, operator: In, values: [hdd]}]}
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
"""
GOOD_ABSENT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: a-node-without-the-label-will-do}
  spec:
    affinity:
      nodeAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms:
            - matchExpressions:
                - {key: spot, operator: NotIn, values: ["true"]}
                - {key: spot, operator: DoesNotExist}
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0", resources: {requests: {cpu: 1000}}}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    nodeSelector: {disktype: "${DISK}"}
    affinity:
      nodeAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms:
            - matchExpressions: [{key: disktype, operator: In, values: [hdd]}]
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
"""


@rule(
    Severity.WARNING,
    bad=[BAD, BAD_ITSELF],
    good=[GOOD, GOOD_TERMS, GOOD_PREFERRED, GOOD_ABSENT, GOOD_LATER],
)
def unschedulable_request(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """No node can take the pod.

    The API server accepts it, no node fits, and it stays Pending: nothing fails and nothing runs,
    and a rollout waits until somebody looks.

    Said only where it is certain: the pod's `nodeSelector` and required node affinity exclude each
    other, or it asks for more than `kubernetes.node_limits` of `.redline.yaml` says that the
    largest node can give (all containers together, as the scheduler counts them).

    Fix: ask for what a node has, or give the pod a node that fits.
    """
    pod = manifest.pod
    if pod is None:
        return
    found = contradiction(pod.node)
    if found is not None:
        yield _contradicting(pod, found)
    limits = release.config.kubernetes.node_limits
    for resource, text in (("cpu", limits.cpu), ("memory", limits.memory)):
        most = parse(text)
        if most is not None and _asked(manifest, pod, resource, release) > most:
            yield _too_much(pod, resource, text)


def _contradicting(pod: Pod, found: Contradiction) -> Problem:
    return Problem(
        pod.at(*found.keys),
        f"No node can take this pod, so it stays Pending: what it demands of the node label "
        f"{named(found.label[:LONGEST_NAME])} excludes itself.",
        detail="affinity",
        fix="Let `nodeSelector` and the required node affinity agree.",
        symptom=Symptom.PENDING,
    )


def _asked(manifest: Manifest, pod: Pod, resource: str, release: Release) -> Decimal:
    """What the scheduler looks for on one node: what runs side by side, or one init container.

    A sidecar runs beside the init containers after it, too.
    """
    own = of_pod(manifest, REQUESTS, resource)
    extra = read(pod.node.get("overhead", resource)) or Decimal(0)
    if own is not None:
        return own + extra
    beside, most = Decimal(0), Decimal(0)
    for container in pod.containers:
        request = given(manifest, container, REQUESTS, resource, release) or Decimal(0)
        if container.group == "initContainers" and not stays(container):
            most = max(most, beside + request)
        elif container.group != "ephemeralContainers":
            beside += request
    return max(most, beside) + extra


def _too_much(pod: Pod, resource: str, most: str) -> Problem:
    places: list[Pod | Container] = [pod, *pod.containers]
    big = max(places, key=lambda each: amount(each.node, REQUESTS, resource) or 0)
    return Problem(
        replace(big.at("resources", REQUESTS, resource), block=pod.block),
        f"The containers of this pod together ask for more {named(resource)} than the "
        f"{named(most)} of the largest node, so it stays Pending.",
        detail=resource,
        fix=f"Ask for less, or correct `kubernetes.node_limits.{resource}` in `.redline.yaml`.",
        symptom=Symptom.PENDING,
    )
