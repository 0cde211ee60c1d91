"""wildcard-role."""

from collections.abc import Iterator

from rules.finding import Blocks, Family, Location, Problem, Severity, named
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.rbac import Power, powers
from rules.subjects.workload import LONGEST_NAME
from rules.subjects.yaml import Map

_GROUPS = ("rbac.authorization.k8s.io", "authorization.openshift.io")
_ROLES = ("Role", "ClusterRole")
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")
_ADMIN = "cluster-admin"
_KINDS = ("User", "Group", "ServiceAccount")
_MASTERS = ("Group", "system:masters")  # it may do everything, whatever is bound to it
_AGGREGATED = "rbac.authorization.k8s.io/aggregate-to-"
_SHOWN = 3

BAD_EVERYTHING = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: operator}
  rules:
    - apiGroups: ["*"]
      resources: ["*"]
>     verbs: ["*"]
"""
BAD_VERBS = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: Role
  metadata: {name: deployer, namespace: shop}
  rules:
    - apiGroups: [apps]
      resources: [deployments]
      verbs:
        - get
>       - "*"
"""
BAD_ESCALATE = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: tenant-manager}
  rules:
    - apiGroups: [rbac.authorization.k8s.io]
      resources: [clusterroles]
>     verbs: [get, create, escalate]
    - apiGroups: [""]
      resources: [users, groups]
>     verbs: [impersonate]
"""
BAD_SECRETS = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: watcher}
  rules:
    - apiGroups: [""]
      resources: [configmaps, secrets]
>     verbs: [get, list]
"""
BAD_ADMIN = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRoleBinding
  metadata: {name: ci}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
  subjects:
    - {kind: Group, apiGroup: rbac.authorization.k8s.io, name: "system:masters"}
    - kind: ServiceAccount
>     name: ci
      namespace: build
"""
GOOD_MENDED = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: operator}
  rules:
    - apiGroups: [apps]
      resources: [deployments]
      verbs: [get, list, watch, patch]
"""
GOOD = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: Role
  metadata: {name: deployer, namespace: shop}
  rules:
    - apiGroups: [apps]
      resources: [deployments, deployments/scale]
      verbs: [get, list, watch, patch]
"""
GOOD_SINGLE = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: Role
  metadata: {name: one-secret-by-name}
  rules:
    - {apiGroups: [""], resources: [secrets], resourceNames: [web-tls], verbs: [get, list, watch]}
"""
GOOD_GET = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: whoever-gets-must-know-the-name}
  rules:
    - {apiGroups: [""], resources: [secrets], verbs: [get, create, update]}
"""
GOOD_OTHER_SECRETS = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: secrets-of-another-group-are-none}
  rules:
    - {apiGroups: [external-secrets.io], resources: [secretstores, secrets], verbs: [list]}
"""
GOOD_BIND_ONE = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: may-bind-one-harmless-role}
  rules:
    - apiGroups: [rbac.authorization.k8s.io]
      resources: [clusterroles]
      resourceNames: [view]
      verbs: [bind]
"""
GOOD_AGGREGATED = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: the-control-plane-fills-in-the-rules}
  aggregationRule:
    clusterRoleSelectors: [{matchLabels: {shop.example.com/aggregate: "true"}}]
  rules: []
"""
GOOD_SUBRESOURCE = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: one-subresource-of-all}
  rules:
    - {apiGroups: [apps], resources: ["*/scale"], verbs: [get, update]}
    - {nonResourceURLs: ["/metrics", "/healthz/*"], verbs: [get]}
"""
GOOD_BINDING = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRoleBinding
  metadata: {name: viewers}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
  subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: developers}]
"""
GOOD_OWN_NAME = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: a-role-of-the-namespace-that-is-called-so}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: cluster-admin}
  subjects: [{kind: ServiceAccount, name: ci}]
"""
GOOD_MASTERS = """
  apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRoleBinding
  metadata: {name: the-binding-that-every-cluster-has}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
  subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: "system:masters"}]
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.NEW,
    family=Family.IAM,
    bad=[BAD_EVERYTHING, BAD_VERBS, BAD_ESCALATE, BAD_SECRETS, BAD_ADMIN],
    good=[
        GOOD_MENDED,
        GOOD,
        GOOD_SINGLE,
        GOOD_GET,
        GOOD_OTHER_SECRETS,
        GOOD_BIND_ONE,
        GOOD_AGGREGATED,
        GOOD_SUBRESOURCE,
        GOOD_BINDING,
        GOOD_OWN_NAME,
        GOOD_MASTERS,
    ],
)
def wildcard_role(manifest: Manifest) -> Iterator[Problem]:
    """A role grants more than it names, or all there is.

    Whoever takes over one pod, one CI job or one laptop that holds it takes over as much: `*` also
    stands for what is installed next year, `escalate`, `bind` and `impersonate` lead to every
    other right, and listing secrets shows all of them with their contents. Bound to
    `cluster-admin`, one leaked token is the cluster.

    `list` and `watch` count, since `get` needs a name; `resourceNames` narrows a rule down to
    objects that somebody has named.

    Fix: name the API groups, resources and verbs that are needed, in a Role of the one namespace,
    and the secrets by `resourceNames`.
    """
    if manifest.api.partition("/")[0] not in _GROUPS:
        return
    if manifest.kind in _ROLES and (manifest.kind, manifest.name) != ("ClusterRole", _ADMIN):
        yield from _of_role(manifest)
    elif manifest.kind in _BINDINGS and _binds_admin(manifest):
        yield from _of_binding(manifest)


def _of_role(manifest: Manifest) -> Iterator[Problem]:
    """One problem for each kind of power, at the first rule that grants it."""
    seen: set[str] = set()
    for each in manifest.root.maps("rules"):
        for power in powers(each):
            if power.kind not in seen:
                seen.add(power.kind)
                yield _granted(manifest, each, power)


def _granted(manifest: Manifest, rule: Map, power: Power) -> Problem:
    where = "in its namespace" if manifest.kind == "Role" else "wherever it is bound"
    return Problem(
        Location(manifest.path, power.line, block=(rule.line, rule.last)),
        f"Whoever holds the {manifest.kind} {named(manifest.name)} may {power.words}, {where}."
        f"{_aggregated(manifest)}",
        detail=power.kind,
        fix="Name the API groups, resources and verbs that are needed, and single objects by "
        "`resourceNames`.",
    )


def _aggregated(manifest: Manifest) -> str:
    """Where the labels of a role add its rules to another one."""
    labels = manifest.root.get("metadata", "labels")
    keys = labels.entries if isinstance(labels, Map) else {}
    into = [each.removeprefix(_AGGREGATED) for each in keys if each.startswith(_AGGREGATED)]
    if not into:
        return ""
    roles = ", ".join(named(each[:LONGEST_NAME]) for each in into[:_SHOWN])
    return f" Its labels add this to everybody who holds {roles}."


def _binds_admin(manifest: Manifest) -> bool:
    reference = manifest.root.get("roleRef")
    return (
        isinstance(reference, Map)
        and reference.text("name") == _ADMIN
        and reference.text("kind") in ("ClusterRole", "")
    )


def _of_binding(manifest: Manifest) -> Iterator[Problem]:
    """One problem for each who is bound: each is taken away by itself."""
    subjects = manifest.root.maps("subjects")
    if not subjects:
        yield _bound(
            manifest, "whoever is bound here", "", manifest.root.line_of("roleRef", "name")
        )
    for each in subjects:
        kind, name = each.text("kind")[:LONGEST_NAME], each.text("name")[:LONGEST_NAME]
        if (kind, name) != _MASTERS:
            namespace = each.text("namespace")[:LONGEST_NAME]
            of_it = f" of namespace {named(namespace)}" if namespace else ""
            who = f"{kind} {namespace}/{name}"
            said = kind if kind in _KINDS else named(kind)
            yield _bound(manifest, f"{said} {named(name)}{of_it}", who, each.line_of("name"))


def _bound(manifest: Manifest, words: str, who: str, line: int) -> Problem:
    whole = manifest.kind == "ClusterRoleBinding"
    scope = "of the whole cluster" if whole else "of the namespace, its secrets and roles included"
    return Problem(
        Location(manifest.path, line, block=(manifest.root.line, manifest.root.last)),
        f"The {manifest.kind} {named(manifest.name)} makes {words} an administrator {scope}: "
        "whoever gets hold of its credentials may do everything there.",
        detail=f"{_ADMIN} {who}".rstrip(),
        fix="Bind a role that names what is needed, by a RoleBinding in the one namespace.",
    )
