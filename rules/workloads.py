"""What runs pods, what scales it, and whether two objects can meet in one namespace."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rules.finding import named
from rules.selectors import Selector, label_selector, labels, unsure
from rules.subjects.manifest import Manifest
from rules.subjects.yaml import Map

# What is known of built-in kinds: where their pod template stands.
_TEMPLATES = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    **dict.fromkeys(
        ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"),
        ("spec", "template"),
    ),
    "DeploymentConfig": ("spec", "template"),
}
_GROUPS = frozenset(("", "apps", "batch", "extensions", "apps.openshift.io"))
_PLAIN_SELECTORS = frozenset(("ReplicationController", "DeploymentConfig"))
_OWNERS = ("team", "owner", "owned-by", "squad", "tribe", "app.kubernetes.io/part-of")
_KIND = re.compile(r"[A-Za-z]{1,63}")
_UNSCALED = frozenset(("Pod", "DaemonSet", "Job", "CronJob"))


def called(manifest: Manifest) -> str:
    """As a sentence calls an object: its kind and its name, both of which come from the file."""
    kind = manifest.kind if _KIND.fullmatch(manifest.kind) else named(manifest.kind)
    return f"{kind} {named(manifest.name)}"


def group_of(manifest: Manifest) -> str:
    """The group of its API, empty for core."""
    return manifest.api.rpartition("/")[0]


@dataclass(frozen=True, eq=False)
class Workload:
    """An object that is or makes pods; ``template`` is None where the file gives none."""

    manifest: Manifest
    template: Map | None

    @cached_property
    def spec(self) -> Map | None:
        """The specification of its pods."""
        below = self.template.get("spec") if self.template else None
        return below if isinstance(below, Map) else None

    @cached_property
    def selector(self) -> Selector | None:
        """What its pods are found by; None where the file leaves that out."""
        root = self.manifest.root
        if self.manifest.kind in _PLAIN_SELECTORS:
            given = labels(root, "spec", "selector")
            return Selector(given) if given else None
        return label_selector(root, "spec", "selector")

    @cached_property
    def own_labels(self) -> Mapping[str, str]:
        """The labels that its template gives its pods."""
        return labels(self.template, "metadata", "labels") if self.template else {}

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of its pods: the template's or, without a template, what its selector asks."""
        if self.template is None and self.selector is not None:
            return self.selector.equal
        return self.own_labels

    @cached_property
    def owner(self) -> tuple[str, str] | None:
        """The label that says whose it is, and its value: the object's or its pods'."""
        said = {**self.own_labels, **labels(self.manifest.root, "metadata", "labels")}
        given = ((key, said[key]) for key in _OWNERS if said.get(key))
        return next((each for each in given if not unsure(each[1])), None)

    @property
    def claims(self) -> Sequence[str]:
        """The names of the volumes that it claims for each of its pods."""
        made = self.manifest.root.maps("spec", "volumeClaimTemplates")
        return [each.text("metadata", "name") for each in made]

    @property
    def scales(self) -> bool:
        """Whether it has a number of replicas at all."""
        return self.manifest.kind not in _UNSCALED

    @property
    def replicas(self) -> int | None:
        """How many it sets; None where it sets none, or one that is filled in later."""
        return whole_number(self.manifest.root, "spec", "replicas")

    @property
    def leaves_open(self) -> bool:
        """Whether it says nothing of replicas."""
        return self.manifest.root.value("spec", "replicas") is None


def workload_of(manifest: Manifest) -> Workload | None:
    """The object as a workload; None where it runs no pods."""
    if group_of(manifest) in _GROUPS and manifest.kind in _TEMPLATES:
        below = manifest.root.get(*_TEMPLATES[manifest.kind])
        return Workload(manifest, below if isinstance(below, Map) else None)
    below = manifest.root.get("spec", "template")
    if manifest.pod is None or manifest.kind == "PodTemplate" or not isinstance(below, Map):
        return None
    return Workload(manifest, below)


@dataclass(frozen=True, eq=False)
class Autoscaler:
    """What changes the number of a workload's replicas; ``least`` is the fewest it leaves."""

    manifest: Manifest
    kind: str
    name: str
    least: int | None

    def scales(self, manifest: Manifest) -> bool:
        """Whether it is this object's, as far as the files say."""
        same = self.kind == manifest.kind and self.name == manifest.name
        return (same or unsure(self.name, manifest.name)) and near(self.manifest, manifest)


def autoscaler_of(manifest: Manifest) -> Autoscaler | None:
    """A HorizontalPodAutoscaler or KEDA's ScaledObject, which makes one; None for any other."""
    root = manifest.root
    name, kind = (root.text("spec", "scaleTargetRef", key) for key in ("name", "kind"))
    if manifest.kind == "HorizontalPodAutoscaler":
        return Autoscaler(manifest, kind, name, _least(root, "minReplicas", 1))
    if manifest.kind == "ScaledObject":
        least = _least(root, "minReplicaCount", 0)
        return Autoscaler(manifest, kind or "Deployment", name, least)
    return None


def _least(root: Map, key: str, default: int) -> int | None:
    return default if root.value("spec", key) is None else whole_number(root, "spec", key)


def whole_number(node: Map, *keys: str) -> int | None:
    """The whole number below these keys; None for anything else."""
    value = node.value(*keys)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def near(one: Manifest, other: Manifest) -> bool:
    """Whether both can be in one namespace: who names none gets that of its release."""
    names = (one.namespace, other.namespace)
    return names[0] == names[1] or not all(names) or unsure(*names)


_WITHOUT_PODS = frozenset((  # kinds of other groups that run no pods themselves
    *("ServiceMonitor", "PodMonitor", "PrometheusRule", "Probe", "ScrapeConfig"),
    *("AlertmanagerConfig", "GrafanaDashboard", "Certificate", "Issuer", "ClusterIssuer"),
    *("ExternalSecret", "SecretStore", "ClusterSecretStore", "ClusterExternalSecret"),
    *("SealedSecret", "SecretProviderClass", "OnePasswordItem", "VaultStaticSecret"),
    *("ScaledObject", "TriggerAuthentication", "VerticalPodAutoscaler", "Gateway", "HTTPRoute"),
    *("GRPCRoute", "TCPRoute", "TLSRoute", "ReferenceGrant", "VirtualService", "DestinationRule"),
    *("ServiceEntry", "Sidecar", "PeerAuthentication", "AuthorizationPolicy", "EnvoyFilter"),
    *("RequestAuthentication", "Telemetry", "IngressRoute", "Middleware", "ServersTransport"),
    *("Mapping", "Route", "ServiceProfile", "BackendConfig", "FrontendConfig"),
    *("ManagedCertificate", "TargetGroupBinding", "CiliumNetworkPolicy", "Kustomization"),
    *("CiliumClusterwideNetworkPolicy", "ClusterPolicy", "Policy", "DNSEndpoint", "AppProject"),
    *("VolumeSnapshot", "VolumeSnapshotClass", "ImagePolicy", "ImageRepository", "ImageUpdate"),
    *("SecurityContextConstraints", "Project", "ImageStream", "BuildConfig", "ConsoleLink"),
))  # fmt: skip
_BUILT_IN = frozenset(("", "apps", "batch", "extensions", "autoscaling", "policy"))


def makes_pods(manifest: Manifest) -> bool:
    """Whether an operator may make pods of it whose labels no file says."""
    group = group_of(manifest)
    if group in _BUILT_IN or group.endswith(".k8s.io") or manifest.kind in _WITHOUT_PODS:
        return False
    return workload_of(manifest) is None
