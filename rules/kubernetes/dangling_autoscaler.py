"""dangling-autoscaler."""

from collections.abc import Iterator

from rules.finding import Problem, Severity, named
from rules.release import Release
from rules.rule import rule
from rules.selectors import unsure
from rules.subjects.manifest import Manifest
from rules.workloads import autoscaler_of

BAD_NAME = """
  apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: web}
  spec:
    maxReplicas: 5
>   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: website}
  ==> deployment.yaml <==
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec: {template: {spec: {containers: [{name: web, image: "nginx:1.27.3"}]}}}
"""
BAD_KIND = """
  apiVersion: keda.sh/v1alpha1
  kind: ScaledObject
  metadata: {name: a-deployment-unless-it-says-otherwise}
  spec:
>   scaleTargetRef: {name: queue}
  ---
  apiVersion: apps/v1
  kind: StatefulSet
  metadata: {name: queue}
  spec: {template: {spec: {containers: [{name: queue, image: "rabbitmq:4.0.5"}]}}}
"""
GOOD_MENDED = """
  apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: web}
  spec:
    maxReplicas: 5
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  ==> deployment.yaml <==
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec: {template: {spec: {containers: [{name: web, image: "nginx:1.27.3"}]}}}
"""
GOOD_VERSION = """
  apiVersion: autoscaling/v1
  kind: HorizontalPodAutoscaler
  metadata: {name: versions-of-the-api-may-differ, namespace: shop}
  spec:
    maxReplicas: 5
    scaleTargetRef: {apiVersion: extensions/v1beta1, kind: Deployment, name: web}
  ---
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec: {template: {spec: {containers: [{name: web, image: "nginx:1.27.3"}]}}}
"""
GOOD_CUSTOM = """
  apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: a-custom-resource-can-be-scaled}
  spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: example.com/v1, kind: Farm, name: farm}}
  ---
  apiVersion: example.com/v1
  kind: Farm
  metadata: {name: farm}
  ---
  apiVersion: v1
  kind: Pod
  metadata: {name: web}
  spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""
GOOD_ALONE = """
  apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: no-workload-lies-here-at-all}
  spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
"""
GOOD_LATER = """
  apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: filled-in-later}
  spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: "${APP}"}}
  ---
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec: {template: {spec: {containers: [{name: web, image: "nginx:1.27.3"}]}}}
"""


@rule(
    Severity.WARNING,
    bad=[BAD_NAME, BAD_KIND],
    good=[GOOD_MENDED, GOOD_VERSION, GOOD_CUSTOM, GOOD_ALONE, GOOD_LATER],
)
def dangling_autoscaler(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """An autoscaler has no workload to scale.

    Kubernetes takes it without a word; it then says `FailedGetScale` in its events, which nobody
    reads, and the workload that it was meant for stays as small as it is under any load.

    Said only where workloads lie beside the autoscaler and all that lies there can be read.

    Fix: make `scaleTargetRef` the kind and name of the workload, in the same namespace.
    """
    autoscaler = autoscaler_of(manifest)
    if autoscaler is None or not autoscaler.name or unsure(autoscaler.kind, autoscaler.name):
        return
    if not release.whole() or not release.around.workloads:
        return
    if not any(map(autoscaler.scales, release.objects())):
        yield Problem(
            manifest.at("spec", "scaleTargetRef"),
            f"{manifest.kind} {named(manifest.name)} scales nothing: there is no "
            f"{named(autoscaler.kind)} {named(autoscaler.name)} beside it.",
            fix="Make `spec.scaleTargetRef` the kind and name of the workload.",
        )
