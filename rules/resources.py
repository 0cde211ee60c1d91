"""What a container is given of CPU and memory: by itself, its pod, and its namespace.

The API server fills in what the file leaves open: a limit gives the request, and a LimitRange gives
both to containers and init containers. A pod's own ``resources`` bind all its containers together.
"""

from collections.abc import Iterator
from decimal import Decimal

from rules.finding import Problem, named
from rules.release import Release
from rules.subjects.manifest import Manifest
from rules.subjects.quantity import read
from rules.subjects.workload import Container, templated
from rules.subjects.yaml import Map

LIMITS, REQUESTS = "limits", "requests"

# Which fields of a LimitRange give what a container leaves open, as the API server completes them.
_GIVING = {LIMITS: ("default", "max"), REQUESTS: ("defaultRequest", "default", "max", "min")}
_EPHEMERAL = "ephemeralContainers"  # they have no resources: the API server refuses any
_LONGEST = 40  # signs of a value that is shown


def amount(node: Map, field: str, resource: str) -> Decimal | None:
    """What a container or pod says itself: None where nothing, or nothing that can be read."""
    return read(node.get("resources", field, resource))


def given(
    manifest: Manifest, container: Container, field: str, resource: str, release: Release
) -> Decimal | None:
    """The limit or request that the container will have in the cluster; None where it has none."""
    for each in (REQUESTS, LIMITS) if field == REQUESTS else (LIMITS,):
        if _written(container, each, resource):  # what cannot be read is not left open
            return amount(container.node, each, resource)
    return default(manifest, field, resource, release)


def default(manifest: Manifest, field: str, resource: str, release: Release) -> Decimal | None:
    """What a LimitRange of the same namespace gives to a container that leaves it open."""
    for item in _container_items(manifest, release):
        for name in _GIVING[field]:
            found = read(item.get(name, resource))
            if found is not None:
                return found
    return None


def _container_items(manifest: Manifest, release: Release) -> Iterator[Map]:
    for each in release.around.limit_ranges.get(manifest.namespace, ()):
        items = each.root.maps("spec", "limits")
        yield from (item for item in items if item.text("type") == "Container")


def of_pod(manifest: Manifest, field: str, resource: str) -> Decimal | None:
    """What binds all containers of the pod together; its limit gives its request."""
    if manifest.pod is None:
        return None
    own = amount(manifest.pod.node, field, resource)
    if own is None and field == REQUESTS:
        return amount(manifest.pod.node, LIMITS, resource)
    return own


def filled_later(node: Map, field: str, resource: str) -> bool:
    """Whether nothing can be said of it before a template is filled in."""
    keys = ("resources", field, resource)
    return any(templated(node, *keys[: depth + 1]) for depth in range(len(keys)))


def lacking(manifest: Manifest, field: str, resource: str, release: Release) -> Iterator[Container]:
    """The containers that will have no such limit or request.

    Where a limit is given that cannot be read, that is said of the limit alone.
    """
    pod = manifest.pod
    if pod is None or filled_later(pod.node, field, resource) or of_pod(manifest, field, resource):
        return
    for container in pod.containers:
        later = any(filled_later(container.node, each, resource) for each in (field, LIMITS))
        if later or container.group == _EPHEMERAL:
            continue
        by_limit = field == REQUESTS and not _written(container, REQUESTS, resource)
        if by_limit and _written(container, LIMITS, resource):
            continue
        if not given(manifest, container, field, resource, release):
            yield container


def _written(container: Container, field: str, resource: str) -> str:
    """The text of its value, whatever that is."""
    return container.node.text("resources", field, resource)


def lack(container: Container, field: str, resource: str, effect: str, fix: str) -> Problem:
    """The finding that a container has no such limit or request."""
    keys = ("resources", field, resource)
    name, text = named(".".join(keys)), _written(container, field, resource)
    said = f"has no {name}"
    if text:
        shown = named(text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "...")
        unread = read(container.node.get(*keys)) is None
        why = "no quantity that the API server takes" if unread else "the same as none"
        said = f"has {shown} as its {name}, which is {why}"
    return Problem(
        container.at(*keys),
        f"{container.words} {said}: {effect}.",
        detail=f"{container.key} {field} {resource}",
        container=container.name,
        fix=fix,
    )
