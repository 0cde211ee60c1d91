"""selector-mismatch."""

from collections.abc import Iterator

from rules.finding import Blocks, Problem, Severity, named
from rules.rule import rule
from rules.selectors import Selector
from rules.subjects.manifest import Manifest
from rules.workloads import Workload, called, workload_of

_SHOWN = 5  # labels that the message names

BAD_VALUE = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
>   selector:
      matchLabels: {app: web, tier: front}
    template:
      metadata:
        labels: {app: web, tier: frontend}
      spec:
        containers: [{name: web, image: "nginx:1.27.3"}]
"""
BAD_NONE = """
  apiVersion: v1
  kind: ReplicationController
  metadata: {name: a-plain-selector-and-no-labels}
  spec:
>   selector: {app: web}
    template:
      spec:
        containers: [{name: web, image: "nginx:1.27.3"}]
"""
GOOD_MENDED = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    selector:
      matchLabels: {app: web, tier: front}
    template:
      metadata:
        labels: {app: web, tier: front}
      spec:
        containers: [{name: web, image: "nginx:1.27.3"}]
"""
GOOD_MORE = """
  apiVersion: apps/v1
  kind: StatefulSet
  metadata: {name: the-template-may-have-more}
  spec:
    selector: {matchLabels: {app: db}}
    template:
      metadata: {labels: {app: db, tier: data}}
      spec: {containers: [{name: db, image: "postgres:17.2"}]}
"""
GOOD_EXPRESSION = """
  apiVersion: apps/v1
  kind: DaemonSet
  metadata: {name: expressions-count}
  spec:
    selector:
      matchExpressions:
        - {key: app, operator: In, values: [agent, collector]}
        - {key: canary, operator: DoesNotExist}
    template:
      metadata: {labels: {app: agent}}
      spec: {containers: [{name: agent, image: "fluent-bit:3.2"}]}
"""
GOOD_JOB = """
  apiVersion: batch/v1
  kind: Job
  metadata: {name: the-server-sets-a-selector-of-its-own}
  spec:
    selector: {matchLabels: {controller-uid: 7e1}}
    template:
      spec: {restartPolicy: Never, containers: [{name: once, image: "busybox:1.36"}]}
"""
GOOD_LATER = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: filled-in-later}
  spec:
    selector: {matchLabels: {app: "${APP}"}}
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""
GOOD_SERVICE = """
  apiVersion: v1
  kind: Service
  metadata: {name: no-workload}
  spec: {selector: {app: web}, ports: [{port: 80}]}
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.NEW,
    bad=[BAD_VALUE, BAD_NONE],
    good=[GOOD_MENDED, GOOD_MORE, GOOD_EXPRESSION, GOOD_JOB, GOOD_LATER, GOOD_SERVICE],
)
def selector_mismatch(manifest: Manifest) -> Iterator[Problem]:
    """A workload's selector does not pick its own pods.

    The API server refuses it ("`selector` does not match template `labels`"), so the rollout stops
    before anything has changed. A selector cannot be changed later either: mended the wrong way
    round, the workload has to be deleted and made again.

    Fix: give the template every label that the selector asks for. Change the template, not the
    selector of something that runs already.
    """
    workload = workload_of(manifest)
    if workload is None or workload.spec is None or _is_given_one(workload):
        return
    selector = workload.selector
    if selector is None or selector.empty or selector.picks(workload.own_labels) is not False:
        return
    missed = ", ".join(map(named, _missed(selector, workload)[:_SHOWN]))
    yield Problem(
        manifest.at("spec", "selector"),
        f"The API server will refuse {called(manifest)}: its selector asks for "
        f"{missed} other than its pod template sets.",
        fix="Give `spec.template.metadata.labels` what `spec.selector` asks for.",
    )


def _is_given_one(workload: Workload) -> bool:
    """Whether the server makes the selector, whatever the file says."""
    root = workload.manifest.root
    return workload.manifest.kind == "Job" and root.value("spec", "manualSelector") is not True


def _missed(selector: Selector, workload: Workload) -> list[str]:
    """The labels whose demand is not met."""
    labels = workload.own_labels
    missed = [key for key, value in selector.equal.items() if labels.get(key) != value]
    missed += [each.key for each in selector.expressions if each.picks(labels) is False]
    return list(dict.fromkeys(missed))
