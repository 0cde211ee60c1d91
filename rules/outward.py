"""What the findings of other objects can depend on in one object."""

from collections.abc import Hashable

from rules.references import CONFIG_MAP, SECRET
from rules.selectors import labels
from rules.subjects.manifest import Manifest
from rules.subjects.yaml import Map, Node, Scalar
from rules.workloads import Workload, workload_of

_LISTS = ("initContainers", "containers")


def outward(manifest: Manifest) -> Hashable:
    """Equal for two versions of an object between which nothing changes for the others.

    Of a workload its name, labels, replicas and named ports; of a ConfigMap or Secret its keys;
    all of any other object.
    """
    who = (manifest.api, manifest.kind, manifest.namespace, manifest.name)
    workload = workload_of(manifest)
    if workload is not None:
        return (*who, *_of_workload(workload))
    if manifest.kind in (CONFIG_MAP, SECRET):
        fields = [manifest.root.get(key) for key in ("data", "stringData", "binaryData")]
        keys = {key for each in fields if isinstance(each, Map) for key in each.entries}
        return (*who, manifest.root.text("type"), tuple(sorted(keys)))
    return (*who, _plain(manifest.root))


def _of_workload(workload: Workload) -> tuple[Hashable, ...]:
    root, template = workload.manifest.root, workload.template
    notes = labels(template, "metadata", "annotations") if template else {}
    return (
        root.text("spec", "replicas"),
        tuple(sorted(workload.labels.items())),
        tuple(sorted(notes)),
        tuple(workload.claims),
        workload.owner,
        tuple(_ports(workload)),
    )


def _ports(workload: Workload) -> list[Hashable]:
    if workload.spec is None:
        return []
    running = [each for key in _LISTS for each in workload.spec.maps(key)]
    ports = [port for each in running for port in each.maps("ports")]
    always = [each.text("restartPolicy") for each in running]
    return [(port.text("name"), port.text("protocol")) for port in ports] + [tuple(always)]


def _plain(node: Node) -> Hashable:
    """A node without its lines. Recurses as deep as the node, which has an end."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Map):
        return tuple((key, _plain(each)) for key, (_line, each) in node.entries.items())
    return tuple(map(_plain, node.items))
