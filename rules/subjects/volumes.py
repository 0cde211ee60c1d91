"""The volumes of a pod: where its containers see them, and whether they may write there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rules.subjects.workload import Container, Pod
from rules.subjects.yaml import Map

# What the kubelet mounts read-only, whatever the manifest says.
_FIXED = ("configMap", "secret", "downwardAPI", "projected", "image")


@dataclass(frozen=True, eq=False)
class Mount:
    """A volume as one container sees it.

    ``volume`` is None where the pod lists none of that name: a claim template or whatever changes
    pods when they are made brings it.
    """

    container: Container
    node: Map
    volume: Map | None

    @property
    def path(self) -> str:
        """Where, without a slash at the end: ``/var/lib/data``, and ``""`` at the top."""
        parts = (each for each in self.node.text("mountPath").split("/") if each not in ("", "."))
        return "".join(f"/{each}" for each in parts)

    @property
    def writable(self) -> bool:
        """Whether the container may write there."""
        return self.node.value("readOnly") is not True and (
            self.volume is None or is_writable(self.volume)
        )

    def holds(self, path: str) -> bool:
        """Whether the absolute path lies in it."""
        return f"{path}/".startswith(f"{self.path}/")


def is_writable(volume: Map) -> bool:
    """Whether anybody may write to a pod's volume."""
    kinds = [kind for kind, (_line, node) in volume.entries.items() if isinstance(node, Map)]
    return not any(kind in _FIXED or volume.value(kind, "readOnly") is True for kind in kinds)


def volumes(pod: Pod) -> Mapping[str, Map]:
    """The volumes that the pod lists, by name."""
    return {each.text("name"): each for each in pod.node.maps("volumes")}


def mounts(pod: Pod) -> Iterator[Mount]:
    """Every volume of every container, container by container."""
    listed = volumes(pod)
    for container in pod.containers:
        for node in container.node.maps("volumeMounts"):
            yield Mount(container, node, listed.get(node.text("name")))
