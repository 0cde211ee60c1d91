"""The pods inside Kubernetes objects: where their specifications are, and their containers."""

from dataclasses import dataclass
from functools import cached_property

from rules.finding import Location, named
from rules.subjects import image
from rules.subjects.scalar import Value
from rules.subjects.yaml import Map, Node, Scalar

# Group, in the order in which the kubelet starts them, and what people call one.
_GROUPS = {
    "initContainers": "init container",
    "containers": "container",
    "ephemeralContainers": "ephemeral container",
}
# Where the pod's specification is; any other kind may have it where a Deployment does, as
# Rollouts, Knative Services and other custom resources do.
_SPECS = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_TEMPLATE = ("spec", "template", "spec")
_OWN = frozenset((
    *("Pod", "PodTemplate", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"),
    *("CronJob", "ReplicationController", "DeploymentConfig"),
))  # fmt: skip
LONGEST_NAME = 253  # signs, Kubernetes' own limit: what is longer is cut
_MARKERS = ("{{", "{%", "${", "$(")


def templated(node: Map, *keys: str) -> bool:
    """Whether the value is filled in later (``${USER}``), so that nothing can be said of it.

    Or a value above it is, as in ``securityContext: ${CONTEXT}``.
    """
    return any(is_later(node.get(*keys[:depth])) for depth in range(1, len(keys) + 1))


def is_later(node: Node | None) -> bool:
    """Whether a value is filled in later by whatever renders the file."""
    return isinstance(node, Scalar) and any(mark in node.text for mark in _MARKERS)


@dataclass(frozen=True, eq=False)
class Container:
    """A container, init container or ephemeral container of a pod."""

    path: str
    node: Map
    group: str

    @cached_property
    def name(self) -> str | None:
        """Its name, None where the file gives none."""
        return self.node.text("name")[:LONGEST_NAME] or None

    @cached_property
    def key(self) -> str:
        """Tells it from its neighbours, wherever it stands: its name, else its image's name."""
        parsed = image.parse(self.image)
        return self.name or (parsed.name if parsed else "")

    @property
    def words(self) -> str:
        """As a sentence calls it: ``Init container `migrate```."""
        kind = _GROUPS[self.group].capitalize()
        return f"{kind} {named(self.name)}" if self.name else f"{kind} without a name"

    @property
    def image(self) -> str:
        """Its image reference, empty where the file gives none."""
        return self.node.text("image")

    def at(self, *keys: str) -> Location:
        """The line of the key or, absent, where it would belong; its block is the container."""
        node = self.node
        return Location(self.path, node.line_of(*keys), block=(node.line, node.last))


@dataclass(frozen=True, eq=False)
class Pod:
    """The specification of the pods that an object stands for or makes."""

    path: str
    node: Map
    block: tuple[int, int]

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """All that run in it. What is not a mapping in their lists is no container."""
        return tuple(
            Container(self.path, node, group) for group in _GROUPS for node in self.node.maps(group)
        )

    @property
    def windows(self) -> bool:
        """Whether it says that it runs on Windows, where Linux security settings do not apply."""
        return self.node.text("os", "name") == "windows"

    @property
    def own_users(self) -> bool:
        """Whether it has a user namespace, in which root is nobody on the node."""
        return self.node.value("hostUsers") is False

    @property
    def user(self) -> int | None:
        """The number of the user that its containers run as unless they say otherwise."""
        return _number(self.node.value("securityContext", "runAsUser"))

    def at(self, *keys: str) -> Location:
        """The line of the key or, absent, where it would belong; its block is the object."""
        return Location(self.path, self.node.line_of(*keys), block=self.block)

    def later(self, container: Container, *keys: str) -> bool:
        """Whether what the security context says there of the container is filled in later."""
        own = container.node.get("securityContext", *keys)
        unsaid = own is None or (isinstance(own, Scalar) and own.value is None)
        return templated(container.node, "securityContext", *keys) or (
            unsaid and templated(self.node, "securityContext", *keys)
        )

    def inherited(self, container: Container, key: str) -> tuple[Value, Location]:
        """A key of the security context that applies to the container, and where it is said.

        A container's own wins over its pod's; where neither says it, the place is the container.
        """
        own = container.node.value("securityContext", key)
        if own is None:
            value = self.node.value("securityContext", key)
            if value is not None:
                return value, self.at("securityContext", key)
        return own, container.at("securityContext", key)


def pod_of(path: str, kind: str, root: Map) -> Pod | None:
    """The pod of a Pod, of a workload, or of a custom resource with a pod template.

    Only Kubernetes' own kinds have one for certain: what else has a template may mean no pod by
    it, unless there are containers in it.
    """
    below = root.get(*_SPECS.get(kind, _TEMPLATE))
    if not isinstance(below, Map):
        return None
    if kind not in _OWN and not any(below.maps(group) for group in _GROUPS):
        return None
    return Pod(path, below, (root.line, root.last))


def is_patch(pod: Pod, root: Map) -> bool:
    """Whether it only says what to change in an object that stands elsewhere.

    A patch names its object and containers and has no image, without which the API server takes
    no workload; OpenShift's triggers fill it in.
    """
    named = root.text("metadata", "name") and all(each.name for each in pod.containers)
    whole = any(each.image for each in pod.containers) or root.get("spec", "triggers") is not None
    return bool(named) and not whole


def user_of(pod: Pod, container: Container) -> tuple[int | None, Location]:
    """The number of the user that the container is to run as, None where the file gives none."""
    value, location = pod.inherited(container, "runAsUser")
    return _number(value), location


def _number(value: Value) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
