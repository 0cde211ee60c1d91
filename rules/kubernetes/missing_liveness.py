"""missing-liveness."""

from collections.abc import Iterator

from rules.finding import Problem, Severity
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.probes import unwatched

BAD = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
>         - name: web
            image: ghcr.io/shop/web:1.4.0
            ports: [{containerPort: 8080}]
            readinessProbe: {httpGet: {path: /ready, port: 8080}}
"""
BAD_NO_PORTS = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: a-worker-without-ports-can-hang-too}
  spec:
    template:
      spec:
        containers:
>         - {name: worker, image: "ghcr.io/shop/worker:1.4.0"}
"""
BAD_SIDECAR = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: a-sidecar-stays}
  spec:
    template:
      spec:
        initContainers:
>         - {name: proxy, image: "envoyproxy/envoy:v1.32.2", restartPolicy: Always}
        containers:
          - {name: web, image: "ghcr.io/shop/web:1.4.0", livenessProbe: {tcpSocket: {port: 80}}}
"""
GOOD = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
            image: ghcr.io/shop/web:1.4.0
            livenessProbe: {httpGet: {path: /live, port: 8080}}
"""
GOOD_JOB = """
  apiVersion: batch/v1
  kind: Job
  metadata: {name: over-when-it-is-done}
  spec:
    template:
      spec: {containers: [{name: report, image: "ghcr.io/shop/report:1.4.0"}]}
"""
GOOD_CRON = """
  apiVersion: batch/v1
  kind: CronJob
  metadata: {name: over-when-it-is-done}
  spec:
    jobTemplate:
      spec:
        template:
          spec:
            containers: [{name: report, image: "ghcr.io/shop/report:1.4.0"}]
"""
GOOD_POD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: a-pod-that-is-over-when-it-is-done}
  spec:
    restartPolicy: Never
    containers: [{name: test, image: "ghcr.io/shop/test:1.4.0"}]
"""
GOOD_INIT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: init-containers-cannot-have-one}
  spec:
    initContainers:
      - {name: migrate, image: "ghcr.io/shop/migrate:1.4.0"}
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0", livenessProbe: {grpc: {port: 8080}}}
    ephemeralContainers:
      - {name: debug, image: "busybox:1.36"}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0", livenessProbe: "${PROBE}"}
"""


@rule(
    Severity.WARNING,
    bad=[BAD, BAD_NO_PORTS, BAD_SIDECAR],
    good=[GOOD, GOOD_JOB, GOOD_CRON, GOOD_POD, GOOD_INIT, GOOD_LATER],
)
def missing_liveness(manifest: Manifest) -> Iterator[Problem]:
    """A container has no liveness probe.

    The kubelet restarts a process that ends. One that hangs, in a deadlock or waiting for a
    connection that never comes back, looks healthy to it, and stays so until a person restarts it.

    A container without ports can hang too. Jobs, CronJobs, pods that are not restarted, and init
    containers are left alone; a sidecar (an init container with `restartPolicy: Always`) is not.

    Fix: add a `livenessProbe` that asks the process itself, never a database or service behind it,
    or that one's outage restarts everything.
    """
    for container in unwatched(manifest, "livenessProbe"):
        yield Problem(
            container.at("livenessProbe"),
            f"{container.words} has no liveness probe: if it hangs without ending, nobody restarts "
            "it.",
            detail=f"{container.key} livenessProbe",
            container=container.name,
            fix="Add a `livenessProbe` that asks the process itself, not what it depends on.",
        )
