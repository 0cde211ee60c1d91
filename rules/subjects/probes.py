"""Which containers stay and serve, so that the kubelet should look after them, and how it does."""

from collections.abc import Iterator

from rules.subjects.manifest import Manifest
from rules.subjects.workload import Container, Pod, templated
from rules.subjects.yaml import Map

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def unwatched(manifest: Manifest, probe: str) -> Iterator[Container]:
    """The containers that stay and have no such probe."""
    pod = manifest.pod
    if pod is None or _ends(manifest, pod):
        return
    for container in pod.containers:
        if stays(container) and not templated(container.node, probe) and not has(container, probe):
            yield container


def _ends(manifest: Manifest, pod: Pod) -> bool:
    """Whether it does its work and is over, as Jobs do, others' kinds of jobs included."""
    return manifest.kind.endswith("Job") or pod.node.text("restartPolicy") in ("Never", "OnFailure")


def stays(container: Container) -> bool:
    """Whether it can have probes: init containers only as sidecars, ephemeral ones never."""
    if container.group == "initContainers":
        return container.node.text("restartPolicy") == "Always"
    return container.group == "containers"


def has(container: Container, probe: str) -> bool:
    """Whether it has such a probe, and one that asks something."""
    node = container.node.get(probe)
    return isinstance(node, Map) and bool(node.entries)
