"""dangling-service."""

from collections.abc import Iterator, Sequence

from rules.finding import Location, Problem, Severity, named
from rules.release import Release
from rules.rule import rule
from rules.selectors import Selector, labels, unsure
from rules.subjects.manifest import Manifest
from rules.subjects.yaml import Map
from rules.workloads import Workload, near

_KUBERNETES = ("kubernetes.io", "k8s.io")
_INJECTED = ("inject", "istio.io/rev")  # parts of the keys by which a mesh is asked for its sidecar

BAD_LABELS = """
  apiVersion: v1
  kind: Service
  metadata: {name: web}
  spec:
>   selector: {app: web, tier: front}
    ports: [{port: 80}]
  ==> deployment.yaml <==
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web, tier: frontend}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""
BAD_PORT = """
  apiVersion: v1
  kind: Service
  metadata: {name: the-port-has-another-name}
  spec:
    selector: {app: web}
    ports:
      - port: 80
>       targetPort: http
  ---
  apiVersion: v1
  kind: Pod
  metadata: {name: web, labels: {app: web}}
  spec: {containers: [{name: web, image: "nginx:1.27.3", ports: [{name: web, containerPort: 80}]}]}
"""
BAD_NAMESPACE = """
  apiVersion: v1
  kind: Service
  metadata: {name: web, namespace: front}
  spec:
>   selector: {app: web}
    ports: [{port: 80}]
  ---
  apiVersion: v1
  kind: Pod
  metadata: {name: web, namespace: back, labels: {app: web}}
  spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""
GOOD_MENDED = """
  apiVersion: v1
  kind: Service
  metadata: {name: web}
  spec:
    selector: {app: web, tier: front}
    ports: [{port: 80}]
  ==> deployment.yaml <==
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web, tier: front}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""
GOOD_SIDECAR = """
  apiVersion: v1
  kind: Service
  metadata: {name: a-sidecar-has-the-port}
  spec: {selector: {app: web}, ports: [{port: 80, targetPort: proxy}]}
  ==> pod.yaml <==
  apiVersion: v1
  kind: Pod
  metadata: {name: web, namespace: shop, labels: {app: web, tier: front}}
  spec:
    initContainers:
      - name: proxy
        image: envoyproxy/envoy:v1.32.1
        restartPolicy: Always
        ports: [{name: proxy, containerPort: 8443}]
    containers: [{name: web, image: "nginx:1.27.3"}]
"""
GOOD_WITHOUT = """
  apiVersion: v1
  kind: Service
  metadata: {name: its-endpoints-are-written-by-hand}
  spec: {ports: [{port: 5432, targetPort: db}]}
  ---
  apiVersion: v1
  kind: Pod
  metadata: {name: web}
  spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""
GOOD_ELSEWHERE = """
  apiVersion: v1
  kind: Service
  metadata: {name: mail}
  spec: {type: ExternalName, externalName: mail.example.com, selector: {app: mail}}
  ---
  apiVersion: v1
  kind: Pod
  metadata: {name: web}
  spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""
GOOD_ALONE = """
  apiVersion: v1
  kind: Service
  metadata: {name: no-workload-lies-here-at-all}
  spec: {selector: {app: web}, ports: [{port: 80}]}
"""
GOOD_HEADLESS = """
  apiVersion: v1
  kind: Service
  metadata: {name: one-pod-of-a-set}
  spec:
    clusterIP: None
    selector: {statefulset.kubernetes.io/pod-name: db-0}
    ports: [{port: 5432, targetPort: sql}]
  ---
  apiVersion: apps/v1
  kind: StatefulSet
  metadata: {name: db}
  spec:
    selector: {matchLabels: {app: db}}
    template:
      metadata: {labels: {app: db}}
      spec: {containers: [{name: db, image: "postgres:17.2"}]}
"""
GOOD_OPERATOR = """
  apiVersion: v1
  kind: Service
  metadata: {name: an-operator-makes-the-pods}
  spec: {selector: {app: db}, ports: [{port: 5432}]}
  ---
  apiVersion: postgresql.cnpg.io/v1
  kind: Cluster
  metadata: {name: db}
  ---
  apiVersion: v1
  kind: Pod
  metadata: {name: web, labels: {app: web}}
  spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""
GOOD_MESH = """
  apiVersion: v1
  kind: Service
  metadata: {name: a-mesh-adds-the-port}
  spec: {selector: {app: web}, ports: [{port: 15020, targetPort: http-envoy-prom}]}
  ---
  apiVersion: v1
  kind: Pod
  metadata: {name: web, labels: {app: web}, annotations: {sidecar.istio.io/inject: "true"}}
  spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""


@rule(
    Severity.WARNING,
    bad=[BAD_LABELS, BAD_PORT, BAD_NAMESPACE],
    good=[
        GOOD_MENDED,
        *(GOOD_SIDECAR, GOOD_WITHOUT, GOOD_ELSEWHERE, GOOD_ALONE, GOOD_HEADLESS),
        *(GOOD_OPERATOR, GOOD_MESH),
    ],
)
def dangling_service(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """A Service has nothing to send its traffic to.

    Kubernetes takes it without a word: the Service gets an address and no endpoints, and every
    request to it fails at once or waits until it times out. The usual reasons are a label that was
    renamed on one side only, another namespace, or a named port that no container has.

    Said only where workloads lie beside the Service and all that lies there can be read.

    Fix: make the Service's selector equal to labels of the pod template, in the same namespace, and
    its `targetPort` the name or number of a container's port.
    """
    selector = _selector(manifest)
    if selector is None or not release.whole():
        return
    every = release.around.workloads
    if not every or release.around.has_operators or _by_operator(selector, release.around.labels):
        return
    picked = release.around.picked(selector)
    behind = [each for each in picked if near(manifest, each.manifest)]
    if not behind:
        yield Problem(
            manifest.at("spec", "selector"),
            f"Nothing beside it has the labels that Service {named(manifest.name)} selects: it "
            "will have no endpoints, and requests to it will fail.",
            detail="selector",
            fix="Make `spec.selector` equal to labels of the pods that it is to reach.",
        )
    elif manifest.root.text("spec", "clusterIP") != "None":
        yield from _ports(manifest, behind)


def _selector(manifest: Manifest) -> Selector | None:
    """What a Service of core selects by; None where it need not have pods."""
    root = manifest.root
    core = manifest.kind == "Service" and manifest.api == "v1"
    if not core or root.text("spec", "type") == "ExternalName":
        return None
    asked = labels(root, "spec", "selector")
    return Selector(asked) if asked else None


def _by_operator(selector: Selector, known: frozenset[str]) -> bool:
    """Whether it asks for a label of some operator's own, which no template here knows."""
    return any(
        slash and not domain.endswith(_KUBERNETES)
        for key in selector.keys - known
        for domain, slash, _name in [key.partition("/")]
    )


def _ports(manifest: Manifest, behind: Sequence[Workload]) -> Iterator[Problem]:
    if any(_may_get_more(each) for each in behind):
        return
    there = {port for each in behind for port in _named_ports(each)}
    block = (manifest.root.line, manifest.root.last)
    for port in manifest.root.maps("spec", "ports"):
        target = port.value("targetPort")
        protocol = port.text("protocol") or "TCP"
        if not isinstance(target, str) or target.isdigit() or unsure(target):
            continue
        if (target, protocol) not in there:
            yield Problem(
                Location(manifest.path, port.line_of("targetPort"), block=block),
                f"No container behind Service {named(manifest.name)} names a {protocol} port "
                f"{named(target)}: requests to its port {_number(port)} will fail.",
                detail=f"port {target} {protocol}",
                fix="Name a container's port so, or write its number as `targetPort`.",
            )


def _number(port: Map) -> str:
    return named(port.text("port") or "?")


def _may_get_more(workload: Workload) -> bool:
    """Whether a mesh adds a container, or the file does not say which there are."""
    template = workload.template
    if template is None or workload.spec is None or not workload.spec.maps("containers"):
        return True
    said = {**labels(template, "metadata", "annotations"), **workload.labels}
    return any(mark in key for key in said for mark in _INJECTED)


def _named_ports(workload: Workload) -> Iterator[tuple[str, str]]:
    """Name and protocol of the ports of all that runs as long as the pod."""
    spec = workload.spec
    running = [] if spec is None else spec.maps("containers")
    if spec is not None:
        starting = spec.maps("initContainers")
        running += [each for each in starting if each.text("restartPolicy") == "Always"]
    for container in running:
        for port in container.maps("ports"):
            yield port.text("name"), port.text("protocol") or "TCP"
