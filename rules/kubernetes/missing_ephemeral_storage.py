"""missing-ephemeral-storage."""

from collections.abc import Iterator

from rules.finding import Location, Problem, Severity, Symptom, named
from rules.release import Release
from rules.resources import REQUESTS, filled_later, given, of_pod
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.quantity import read
from rules.subjects.workload import LONGEST_NAME, Pod, templated
from rules.subjects.yaml import Map

_RESOURCE = "ephemeral-storage"
_SHOWN = 3  # volumes that are named

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
            volumeMounts: [{name: cache, mountPath: /var/cache}]
        volumes:
          - name: cache
>           emptyDir: {}
"""
BAD_NULL = """
  apiVersion: v1
  kind: Pod
  metadata: {name: nothing-below-the-key-is-an-emptydir}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        resources: {requests: {cpu: 100m, memory: 64Mi}}
        volumeMounts: [{name: data, mountPath: /data}, {name: cache, mountPath: /var/cache}]
    volumes:
      - {name: data, persistentVolumeClaim: {claimName: data}}
>     - {name: cache, emptyDir: }
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
            volumeMounts: [{name: cache, mountPath: /var/cache}]
        volumes:
          - name: cache
            emptyDir: {sizeLimit: 1Gi}
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
            resources: {requests: {ephemeral-storage: 2Gi}}
            volumeMounts: [{name: cache, mountPath: /var/cache}]
        volumes: [{name: cache, emptyDir: {}}]
"""
GOOD_SIZE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: it-has-its-own-end}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        volumeMounts: [{name: cache, mountPath: /var/cache}]
    volumes: [{name: cache, emptyDir: {sizeLimit: 1Gi}}]
"""
GOOD_MEMORY = """
  apiVersion: v1
  kind: Pod
  metadata: {name: it-is-in-memory}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        volumeMounts: [{name: cache, mountPath: /dev/shm}]
    volumes: [{name: cache, emptyDir: {medium: Memory}}]
"""
GOOD_UNUSED = """
  apiVersion: v1
  kind: Pod
  metadata: {name: nobody-can-write-there}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        volumeMounts: [{name: empty, mountPath: /var/empty, readOnly: true}]
    volumes: [{name: empty, emptyDir: {}}]
"""
GOOD_NONE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: no-emptydir}
  spec: {containers: [{name: web, image: "ghcr.io/shop/web:1.4.0"}]}
"""


@rule(
    Severity.INFO,
    bad=[BAD, BAD_NULL],
    good=[GOOD_MENDED, GOOD, GOOD_SIZE, GOOD_MEMORY, GOOD_UNUSED, GOOD_NONE],
)
def missing_ephemeral_storage(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """A pod writes to its node's disk without having asked for any of it.

    An emptyDir without a `sizeLimit` grows as long as the node's disk lasts. When that is full, the
    kubelet evicts the pods that use more than they have asked for: without a request this pod is
    among the first (Evicted), and what lay in the emptyDir is gone.

    One in memory, one with a size, and one that nobody can write to are left alone.

    Fix: set `resources.requests.ephemeral-storage` on the container that writes, or a `sizeLimit`
    on the emptyDir.
    """
    pod = manifest.pod
    if pod is None or _asked(manifest, pod, release):
        return
    written = {
        mount.text("name")
        for container in pod.containers
        for mount in container.node.maps("volumeMounts")
        if mount.value("readOnly") is not True
    }
    growing = [each for each in pod.node.maps("volumes") if _grows(each)]
    found = [each for each in growing if each.text("name") in written]
    if found:
        yield _problem(pod, found)


def _asked(manifest: Manifest, pod: Pod, release: Release) -> bool:
    if of_pod(manifest, REQUESTS, _RESOURCE) or filled_later(pod.node, REQUESTS, _RESOURCE):
        return True
    return any(
        filled_later(each.node, REQUESTS, _RESOURCE)
        or given(manifest, each, REQUESTS, _RESOURCE, release)
        for each in pod.containers
    )


def _grows(volume: Map) -> bool:
    """Whether it is an emptyDir on disk without a size."""
    if "emptyDir" not in volume.entries or templated(volume, "emptyDir"):
        return False
    size, medium = ("emptyDir", "sizeLimit"), volume.text("emptyDir", "medium")
    return not medium and not read(volume.get(*size)) and not templated(volume, *size)


def _problem(pod: Pod, volumes: list[Map]) -> Problem:
    more = f" and {len(volumes) - _SHOWN} more" if len(volumes) > _SHOWN else ""
    names = ", ".join(named(each.text("name")[:LONGEST_NAME]) for each in volumes[:_SHOWN])
    which = "Nothing limits the emptyDir volumes" if volumes[1:] else "Nothing limits the emptyDir"
    return Problem(
        Location(pod.path, volumes[0].line_of("emptyDir"), block=pod.block),
        f"{which} {names}{more}, and no container asks for `ephemeral-storage`: when the node's "
        "disk is full, this pod is among the first to go (Evicted).",
        detail="emptyDir",
        fix="Request `ephemeral-storage` for the container that writes, or set a `sizeLimit`.",
        symptom=Symptom.EVICTED,
    )
