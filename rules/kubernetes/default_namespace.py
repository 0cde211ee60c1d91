"""default-namespace."""

from collections.abc import Iterator

from rules.finding import Problem, Severity, folder
from rules.release import Release
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.workloads import called, group_of, workload_of

# Built-in kinds that live in a namespace, by group: what others do is not known without a cluster.
_NAMESPACED = {
    "": (
        *("ConfigMap", "Endpoints", "LimitRange", "PersistentVolumeClaim", "Pod", "PodTemplate"),
        *("ReplicationController", "ResourceQuota", "Secret", "Service", "ServiceAccount"),
    ),
    "apps": ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"),
    "batch": ("Job", "CronJob"),
    "extensions": ("Deployment", "DaemonSet", "ReplicaSet", "Ingress"),
    "autoscaling": ("HorizontalPodAutoscaler",),
    "policy": ("PodDisruptionBudget",),
    "networking.k8s.io": ("Ingress", "NetworkPolicy"),
    "rbac.authorization.k8s.io": ("Role", "RoleBinding"),
}
_BUNDLE = "ClusterServiceVersion"  # the Operator Lifecycle Manager installs what lies beside it
# What the server itself keeps there, and what guards that namespace.
_AT_HOME = {("ServiceAccount", "default"), ("Service", "kubernetes"), ("Endpoints", "kubernetes")}
_MIXED = "quotas and access rights cannot tell it from the rest"
_GUARDS = frozenset(("LimitRange", "ResourceQuota", "NetworkPolicy", "Role", "RoleBinding"))

BAD_NONE = """
  apiVersion: v1
  kind: Service
> metadata: {name: web}
  spec: {selector: {app: web}, ports: [{port: 80}]}
"""
BAD_DEFAULT = """
  apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: web
>   namespace: default
  spec: {template: {spec: {containers: [{name: web, image: "nginx:1.27.3"}]}}}
"""
GOOD_NAMED = """
  apiVersion: v1
  kind: Service
  metadata: {name: web, namespace: shop}
  spec: {selector: {app: web}, ports: [{port: 80}]}
"""
GOOD_CLUSTER = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: it-belongs-to-no-namespace}
  rules: []
"""
GOOD_UNKNOWN = """
  apiVersion: example.com/v1
  kind: Farm
  metadata: {name: nobody-knows-whether-it-has-one}
"""
GOOD_OWN = """
  apiVersion: v1
  kind: ServiceAccount
  metadata: {name: default, namespace: default}
"""
GOOD_DEPLOYED = """
  ==> apps/web/service.yaml <==
  apiVersion: v1
  kind: Service
  metadata: {name: argo-cd-says-where-it-goes}
  spec: {selector: {app: web}, ports: [{port: 80}]}
  ==> argocd/web.yaml <==
  apiVersion: argoproj.io/v1alpha1
  kind: Application
  metadata: {name: web, namespace: argocd}
  spec:
    source: {repoURL: "https://git.example.com/shop", path: apps/web}
    destination: {name: prod, namespace: shop}
"""
GOOD_TEST = """
  ==> quotas/resources/pod.yaml <==
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: a-test-makes-a-namespace-for-it}
  ==> quotas/chainsaw-test.yaml <==
  apiVersion: chainsaw.kyverno.io/v1alpha1
  kind: Test
  metadata: {name: quotas}
  spec: {steps: [{try: [{apply: {file: resources/pod.yaml}}]}]}
"""
GOOD_BUNDLE = """
  apiVersion: v1
  kind: Service
  metadata: {name: installed-where-the-operator-is}
  spec: {selector: {app: operator}, ports: [{port: 443}]}
  ==> operator.clusterserviceversion.yaml <==
  apiVersion: operators.coreos.com/v1alpha1
  kind: ClusterServiceVersion
  metadata: {name: operator.v1.4.0}
"""
GOOD_PART = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: a-patch-of-one-that-stands-elsewhere}
  spec: {replicas: 5}
"""
GOOD_GUARD = """
  apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: it-closes-the-default-namespace, namespace: default}
  spec: {podSelector: {}}
"""


@rule(
    Severity.WARNING,
    bad=[BAD_NONE, BAD_DEFAULT],
    good=[
        GOOD_NAMED,
        GOOD_CLUSTER,
        GOOD_UNKNOWN,
        GOOD_OWN,
        GOOD_DEPLOYED,
        GOOD_TEST,
        GOOD_BUNDLE,
        GOOD_PART,
        GOOD_GUARD,
    ],
)
def default_namespace(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """An object goes to the namespace `default`, or to wherever someone happens to be.

    Without a namespace of its own an object lands where the context of whoever applies it points,
    which is a different place for the next person. In `default` quotas, network policies and access
    rights cannot tell it from anything else, and nothing can be removed together.

    Where an Argo CD Application or a Flux Kustomization of this repository gives a folder its
    namespace, its files need none. Nor do those of a Chainsaw test, which makes a namespace, or
    beside a ClusterServiceVersion: an operator's bundle goes where people install it.

    Judged in plain manifests and in what a chart or kustomization renders, never in their sources:
    these leave the namespace to the release.

    Fix: set `metadata.namespace` to the namespace of the application.
    """
    given = manifest.root.value("metadata", "namespace")
    own = (manifest.kind, manifest.name) in _AT_HOME
    if own or (given == "default" and manifest.kind in _GUARDS):
        return
    who = called(manifest)
    if given == "default":
        said = f"{who} goes to the namespace `default`, beside all that names none: {_MIXED}"
    elif given in (None, "") and _is_namespaced(manifest) and _is_its_own(manifest, release):
        said = f"{who} names no namespace, so it goes wherever the one who applies it happens to be"
    else:
        return
    yield Problem(
        manifest.at("metadata", "namespace"),
        f"{said}.",
        fix="Set `metadata.namespace` to the namespace of the application.",
    )


def _is_its_own(manifest: Manifest, release: Release) -> bool:
    """Whether nothing that anyone can see gives it a namespace when it is deployed."""
    if not release.whole() or any(each.kind == _BUNDLE for each in release.objects()):
        return False
    return not release.index().gives_a_namespace(folder(manifest.path))


def _is_namespaced(manifest: Manifest) -> bool:
    """Whether it is a whole object of a kind that lives in a namespace.

    A workload without a pod is a patch of one that stands elsewhere.
    """
    if workload_of(manifest) is not None:
        return manifest.pod is not None
    return manifest.kind in _NAMESPACED.get(group_of(manifest), ())
