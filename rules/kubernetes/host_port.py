"""host-port."""

from collections.abc import Iterator

from rules.finding import Blocks, Family, Location, Problem, Severity, named
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.workload import Container, templated
from rules.subjects.yaml import Map

_KEY = "hostPort"

BAD = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
            image: nginx:1.27.3
            ports:
              - containerPort: 8080
>               hostPort: 80
"""
BAD_INIT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: init-containers-count}
  spec:
    initContainers:
      - name: warm
        image: busybox:1.36
        ports:
          - {containerPort: 9000}
>         - {containerPort: 9001, hostPort: 9001, protocol: UDP}
    containers:
      - {name: web, image: "nginx:1.27.3"}
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
            image: nginx:1.27.3
            ports:
              - containerPort: 8080
"""
GOOD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: web}
  spec:
    containers:
      - {name: web, image: "nginx:1.27.3", ports: [{name: http, containerPort: 8080}]}
"""
GOOD_ZERO = """
  apiVersion: v1
  kind: Pod
  metadata: {name: zero-is-none}
  spec:
    containers:
      - name: web
        image: nginx:1.27.3
        ports: [{containerPort: 8080, hostPort: 0}, {containerPort: 8081, hostPort: null}]
"""
GOOD_SERVICE = """
  apiVersion: v1
  kind: Service
  metadata: {name: web}
  spec: {ports: [{port: 80, targetPort: 8080, hostPort: 80}]}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    containers:
      - {name: web, image: "nginx:1.27.3", ports: [{containerPort: 8080, hostPort: "${PORT}"}]}
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.NEVER,
    family=Family.NETWORK,
    bad=[BAD, BAD_INIT],
    good=[GOOD_MENDED, GOOD, GOOD_ZERO, GOOD_SERVICE, GOOD_LATER],
)
def host_port(manifest: Manifest) -> Iterator[Problem]:
    """A container takes a port of its node.

    Every node that runs the pod then listens on that port with its own address, past Services and
    mostly past NetworkPolicies too. And one pod a node can have the port: the next one, the new
    one of a rollout included, stays Pending.

    Fix: remove `hostPort` and let a Service or an Ingress make the port reachable.
    """
    for container in manifest.containers:
        for port in container.node.maps("ports"):
            if port.value(_KEY) not in (None, 0) and not templated(port, _KEY):
                yield _problem(container, port)


def _problem(container: Container, port: Map) -> Problem:
    number = port.text(_KEY)[:5]
    node = container.node
    return Problem(
        Location(container.path, port.line_of(_KEY), block=(node.line, node.last)),
        f"{container.words} takes port {named(number)} of its node: it is reachable past every "
        "Service, and a second pod on that node stays Pending.",
        detail=f"{container.key} hostPort {number}",
        container=container.name,
        fix="Remove `hostPort` and make the port reachable by a Service.",
    )
