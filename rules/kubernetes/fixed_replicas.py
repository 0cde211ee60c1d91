"""fixed-replicas."""

from collections.abc import Iterator

from rules.finding import Problem, Severity
from rules.release import Release
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.workloads import Workload, called, workload_of

BAD = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
>   replicas: 3
    template: {spec: {containers: [{name: web, image: "nginx:1.27.3"}]}}
"""
GOOD_MENDED = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template: {spec: {containers: [{name: web, image: "nginx:1.27.3"}]}}
  ==> autoscaler.yaml <==
  apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: web}
  spec: {maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
"""
GOOD_SCALED = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: fought-replicas-speaks-here}
  spec: {replicas: 3, template: {spec: {containers: [{name: web, image: "nginx:1.27.3"}]}}}
  ==> autoscaler.yaml <==
  apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: web}
  spec:
    maxReplicas: 9
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: fought-replicas-speaks-here}
"""
GOOD_OPEN = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: no-number-stands-in-the-file}
  spec: {template: {spec: {containers: [{name: web, image: "nginx:1.27.3"}]}}}
"""
GOOD_OFF = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: switched-off}
  spec: {replicas: 0, template: {spec: {containers: [{name: web, image: "nginx:1.27.3"}]}}}
"""
GOOD_SINGLE = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: never-two-at-once}
  spec:
    replicas: 1
    strategy: {type: Recreate}
    template: {spec: {containers: [{name: db, image: "postgres:17.2"}]}}
"""
GOOD_PART = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: a-patch-of-one-that-stands-elsewhere}
  spec: {replicas: 5}
"""
GOOD_DEVELOPMENT = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: not-production, namespace: dev}
  spec: {replicas: 3, template: {spec: {containers: [{name: web, image: "nginx:1.27.3"}]}}}
"""


@rule(
    Severity.INFO,
    bad=[BAD],
    good=[
        GOOD_MENDED,
        GOOD_SCALED,
        GOOD_OPEN,
        GOOD_OFF,
        GOOD_SINGLE,
        GOOD_PART,
        GOOD_DEVELOPMENT,
    ],
)
def fixed_replicas(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """The number of replicas is fixed, whatever the load.

    Nothing scales this workload: at the peak of the day it has as many pods as at night, and
    whoever scales it by hand in an incident loses that with the next release.

    Said of production where the repository's environments are known, else of all that is not named
    after another environment; never of a single pod that `Recreate` ends before the next starts,
    since two of those may not run at once.

    Fix: add a HorizontalPodAutoscaler and take `replicas` out, or leave it where a fixed number is
    what you want.
    """
    workload = workload_of(manifest)
    if workload is None or not workload.scales or not workload.replicas:
        return
    if manifest.pod is None or _stays_single(workload):
        return
    if not _in_production(manifest, release) or not release.whole():
        return
    if not release.around.scaling(manifest):
        count = workload.replicas
        yield Problem(
            manifest.at("spec", "replicas"),
            f"{called(manifest)} has {count} "
            f"replica{'s' * (count != 1)} whatever the load: nothing here scales it.",
            fix="Add a HorizontalPodAutoscaler and take `replicas` out, if its load changes.",
        )


def _stays_single(workload: Workload) -> bool:
    """Whether two of its pods may not run at once, as its strategy says."""
    recreated = workload.manifest.root.value("spec", "strategy", "type") == "Recreate"
    return recreated and workload.replicas == 1


def _in_production(manifest: Manifest, release: Release) -> bool:
    """Whether it runs in production, as far as anyone can tell."""
    config = release.config
    there = config.environment(path=manifest.path, namespace=manifest.namespace)
    return not config.environments if there is None else there.production
