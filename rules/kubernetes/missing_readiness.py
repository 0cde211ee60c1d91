"""missing-readiness."""

from collections.abc import Iterator

from rules.finding import Problem, Severity
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.probes import has, unwatched
from rules.subjects.workload import Container

_KNATIVE = "serving.knative.dev/"  # asks the container's port by itself

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
            livenessProbe: {httpGet: {path: /live, port: 8080}}
"""
BAD_EMPTY = """
  apiVersion: argoproj.io/v1alpha1
  kind: Rollout
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
            image: ghcr.io/shop/web:1.4.0
>           readinessProbe: {}
"""
BAD_SECOND = """
  apiVersion: v1
  kind: Pod
  metadata: {name: each-container-needs-its-own}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0", readinessProbe: {tcpSocket: {port: 80}}}
>     - {name: proxy, image: "envoyproxy/envoy:v1.32.2"}
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
            readinessProbe: {exec: {command: [/ready]}}
"""
GOOD_JOB = """
  apiVersion: batch/v1
  kind: Job
  metadata: {name: gets-no-traffic}
  spec:
    template:
      spec: {containers: [{name: report, image: "ghcr.io/shop/report:1.4.0"}]}
"""
GOOD_INIT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: init-containers-cannot-have-one}
  spec:
    initContainers:
      - {name: migrate, image: "ghcr.io/shop/migrate:1.4.0"}
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0", readinessProbe: {grpc: {port: 8080}}}
"""
GOOD_KNATIVE = """
  apiVersion: serving.knative.dev/v1
  kind: Service
  metadata: {name: knative-asks-the-port-by-itself}
  spec:
    template:
      spec: {containers: [{image: "ghcr.io/shop/hello:1.4.0"}]}
"""
GOOD_PATCH = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: no-containers-here}
  spec: {replicas: 3}
"""
GOOD_OTHERS = """
  apiVersion: kubeflow.org/v1
  kind: TrainJob
  metadata: {name: anothers-kind-of-job}
  spec:
    template:
      spec: {containers: [{name: train, image: "ghcr.io/shop/train:1.4.0"}]}
"""


@rule(
    Severity.WARNING,
    bad=[BAD, BAD_EMPTY, BAD_SECOND],
    good=[GOOD, GOOD_JOB, GOOD_INIT, GOOD_KNATIVE, GOOD_PATCH, GOOD_OTHERS],
)
def missing_readiness(manifest: Manifest) -> Iterator[Problem]:
    """A container has no readiness probe.

    Without one it counts as ready the moment it starts. It gets requests that it cannot answer
    yet, so that each rollout loses some; and a release that never comes up replaces the good one
    completely, since nothing stops the rollout.

    A container without ports counts too: the rollout waits for it as well. Jobs, CronJobs, pods
    that are not restarted, and init containers are left alone; sidecars are not. Knative asks the
    port by itself.

    Fix: add a `readinessProbe` that succeeds once the container can do its work.
    """
    if manifest.api.startswith(_KNATIVE):
        return
    for container in unwatched(manifest, "readinessProbe"):
        yield Problem(
            container.at("readinessProbe"),
            f"{container.words} has no readiness probe: it counts as ready {_from(container)}.",
            detail=f"{container.key} readinessProbe",
            container=container.name,
            fix="Add a `readinessProbe` that succeeds once the container can do its work.",
        )


def _from(container: Container) -> str:
    """From when on, and for how long."""
    if has(container, "startupProbe"):
        return "for ever once its startup probe succeeded, whether it can still do its work or not"
    return "the moment it starts, whether it can do its work by then or never"
