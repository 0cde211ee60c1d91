"""missing-disruption-budget."""

import re
from collections.abc import Iterator

from rules.around import Around
from rules.finding import Problem, Severity, named
from rules.release import Release
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.workloads import called, workload_of

_BUDGET = frozenset(
    ("pod", "disruption", "budget", "pdb", "disruptionbudget", "poddisruptionbudget")
)

BAD_NONE = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
>   replicas: 3
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""
BAD_LABELS = """
  apiVersion: apps/v1
  kind: StatefulSet
  metadata: {name: all-labels-have-to-match}
  spec:
>   replicas: 3
    template:
      metadata: {labels: {app: db, tier: data}}
      spec: {containers: [{name: db, image: "postgres:17.2"}]}
  ==> budget.yaml <==
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: db}
  spec: {maxUnavailable: 1, selector: {matchLabels: {app: db, tier: database}}}
"""
BAD_SCALED = """
  apiVersion: apps/v1
  kind: Deployment
> metadata: {name: an-autoscaler-keeps-two}
  spec:
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
  ---
  apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: web}
  spec:
    minReplicas: 2
    maxReplicas: 9
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: an-autoscaler-keeps-two}
"""
BAD_MEANT = """
  apiVersion: apps/v1
  kind: Deployment
> metadata: {name: web-api}
  spec:
    template:
      metadata: {labels: {app: api}}
      spec: {containers: [{name: api, image: "api:1.4.0"}]}
  ==> budget.yaml <==
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: web-api-pdb}
  spec: {maxUnavailable: 1, selector: {matchLabels: {app: web-api}}}
"""
GOOD_COVERED = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    replicas: 3
    template:
      metadata: {labels: {app: web, tier: front}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
  ==> budget.yaml <==
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: web, namespace: shop}
  spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
"""
GOOD_EXPRESSION = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    replicas: 3
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
  ---
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: expressions-count}
  spec:
    maxUnavailable: 1
    selector: {matchExpressions: [{key: app, operator: In, values: [api, web]}]}
"""
GOOD_ALL = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    replicas: 3
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
  ---
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: an-empty-selector-covers-all}
  spec: {maxUnavailable: 1, selector: {}}
"""
GOOD_SINGLE = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: one-replica-is-gone-while-it-moves-anyway}
  spec:
    replicas: 1
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""
GOOD_DAEMON = """
  apiVersion: apps/v1
  kind: DaemonSet
  metadata: {name: a-drain-leaves-these-alone}
  spec:
    template:
      metadata: {labels: {app: agent}}
      spec: {containers: [{name: agent, image: "fluent-bit:3.2"}]}
"""
GOOD_ANOTHER_NAME = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
  ==> budget.yaml <==
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: webhook-pdb}
  spec: {maxUnavailable: 1, selector: {matchLabels: {app: comes-with-another-chart}}}
"""
GOOD_AMONG_OTHERS = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web}]}}}
  ---
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: api}
  spec: {template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api}]}}}
  ---
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: nobody-knows-whose-in-a-file-of-many}
  spec: {maxUnavailable: 1, selector: {matchLabels: {app: cache}}}
"""
GOOD_SCALED = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    replicas: 3
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
  ---
  apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: it-may-go-down-to-one}
  spec: {maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
"""


@rule(
    Severity.WARNING,
    bad=[BAD_NONE, BAD_LABELS, BAD_SCALED, BAD_MEANT],
    good=[
        GOOD_COVERED,
        GOOD_EXPRESSION,
        GOOD_ALL,
        GOOD_SINGLE,
        GOOD_DAEMON,
        GOOD_ANOTHER_NAME,
        GOOD_AMONG_OTHERS,
        GOOD_SCALED,
    ],
)
def missing_disruption_budget(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """A drained node may take every replica of a workload at once.

    Nothing tells the eviction API how many of these pods have to stay, so that an upgrade of the
    nodes, or an autoscaler that empties some, may take all replicas away in the same minute,
    although there are several of them for just that case.

    A workload that leaves its number open counts as several where a budget of its name, or alone
    with it in its file, selects other pods: somebody wanted it covered.

    A budget counts where its selector picks the pod template's labels, all of them, in the same
    namespace. Where something beside the workload cannot be read, nothing is said.

    Fix: add a PodDisruptionBudget with `maxUnavailable: 1` and a selector that picks the pods.
    """
    workload = workload_of(manifest)
    if workload is None or not workload.scales or not release.whole():
        return
    count = release.around.least(workload)
    if count is None or release.around.covering(workload):
        return
    missed = [
        each
        for each in release.around.idle_budgets
        if _meant(each.manifest, manifest, release.around)
    ]
    if count >= 2 or (missed and workload.leaves_open):
        near_miss = f": {named(missed[0].manifest.name)} selects other pods" if missed else ""
        yield Problem(
            manifest.at("spec", "replicas") if workload.replicas else manifest.at("metadata"),
            f"No PodDisruptionBudget covers {called(manifest)}{near_miss}. "
            "When nodes are drained, all of its pods may be evicted at once.",
            fix="Add a PodDisruptionBudget with `maxUnavailable: 1` that selects its pods.",
        )


def _meant(budget: Manifest, manifest: Manifest, around: Around) -> bool:
    """Whether a budget that covers nothing was meant for this workload: it bears its name, or
    stands in a file with it and no other.
    """
    if budget.path == manifest.path and around.workloads_of[manifest.path] == 1:
        return True
    return bool(own := _words(manifest.name)) and own == _words(budget.name)


def _words(name: str) -> list[str]:
    """A name's words but those that only say budget: ``web-api-pdb`` is ``web`` and ``api``."""
    return [each for each in re.split(r"[-.]", name) if each not in _BUDGET]
