"""fought-replicas."""

from collections.abc import Iterator

from rules.finding import Problem, Severity
from rules.release import Release
from rules.rule import rule
from rules.selectors import unsure
from rules.subjects.manifest import Manifest
from rules.workloads import called, workload_of

BAD = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
>   replicas: 2
    template: {spec: {containers: [{name: web, image: "nginx:1.27.3"}]}}
  ==> autoscaler.yaml <==
  apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: web}
  spec:
    minReplicas: 2
    maxReplicas: 9
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
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
  spec:
    minReplicas: 2
    maxReplicas: 9
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
"""
GOOD_OPEN = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec: {template: {spec: {containers: [{name: web, image: "nginx:1.27.3"}]}}}
  ---
  apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: web}
  spec: {maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
"""
GOOD_OTHER = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: test}
  spec: {replicas: 1, template: {spec: {containers: [{name: web, image: "nginx:1.27.3"}]}}}
  ---
  apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: it-scales-in-another-namespace, namespace: prod}
  spec: {maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
"""


@rule(Severity.WARNING, bad=[BAD], good=[GOOD_MENDED, GOOD_OPEN, GOOD_OTHER])
def fought_replicas(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """Each release takes back what the autoscaler has done.

    A number of replicas stands in the file of a workload that an autoscaler scales. Each time the
    file is applied the workload falls back to that number, in the middle of the load that it was
    scaled up for, until the autoscaler notices.

    Fix: take `replicas` out of the workload; `minReplicas` of the autoscaler says the least.
    """
    workload = workload_of(manifest)
    if workload is None or not workload.scales or workload.replicas is None:
        return
    if not manifest.name or unsure(manifest.name):
        return
    its = [each for each in release.around.scaling(manifest) if not unsure(each.name)]
    if its:
        yield Problem(
            manifest.at("spec", "replicas"),
            f"Each time it is applied, {called(manifest)} falls back to "
            f"{workload.replicas} replicas, whatever "
            f"{called(its[0].manifest)} has scaled it to.",
            fix="Take `replicas` out: the autoscaler sets it.",
        )
