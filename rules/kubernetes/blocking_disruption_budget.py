"""blocking-disruption-budget."""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.around import Around
from rules.budgets import Budget, budget_of, share
from rules.finding import Problem, Severity, named
from rules.release import Release
from rules.rule import rule
from rules.subjects.manifest import Manifest

_EVICTED = "no pod of it can be evicted, so draining a node for an upgrade never ends"

BAD_NONE = """
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: web}
  spec:
>   maxUnavailable: 0
    selector: {matchLabels: {app: web}}
"""
BAD_ALL = """
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: as-many-as-there-are}
  spec:
>   minAvailable: 2
    selector: {matchLabels: {app: web}}
  ==> deployment.yaml <==
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    replicas: 2
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""
BAD_SCALED = """
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: as-many-as-the-autoscaler-leaves}
  spec:
>   minAvailable: 80%
    selector: {matchLabels: {app: web}}
  ---
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    replicas: 9
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
  ---
  apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: web}
  spec:
    minReplicas: 3
    maxReplicas: 9
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
"""
GOOD_MENDED = """
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: web}
  spec:
    maxUnavailable: 1
    selector: {matchLabels: {app: web}}
"""
GOOD_ROOM = """
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: web}
  spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
  ---
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    replicas: 3
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""
GOOD_TOGETHER = """
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: it-counts-the-pods-of-both}
  spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
  ---
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: blue}
  spec:
    replicas: 2
    template:
      metadata: {labels: {app: web, colour: blue}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
  ---
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: green}
  spec:
    replicas: 2
    template:
      metadata: {labels: {app: web, colour: green}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""
GOOD_ROUNDED = """
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: a-part-of-a-pod-is-a-pod}
  spec: {maxUnavailable: 10%, selector: {matchLabels: {app: web}}}
  ---
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    replicas: 3
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""
GOOD_OTHER = """
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: web, namespace: prod}
  spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
  ---
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: in-another-namespace, namespace: test}
  spec:
    replicas: 1
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""
GOOD_DAEMON = """
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: as-many-pods-as-nodes}
  spec: {minAvailable: 1, selector: {matchLabels: {app: agent}}}
  ---
  apiVersion: apps/v1
  kind: DaemonSet
  metadata: {name: agent}
  spec:
    template:
      metadata: {labels: {app: agent}}
      spec: {containers: [{name: agent, image: "fluent-bit:3.2"}]}
"""
GOOD_OFF = """
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: nothing-runs}
  spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
  ---
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    replicas: 0
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: "nginx:1.27.3"}]}
"""


@rule(
    Severity.WARNING,
    bad=[BAD_NONE, BAD_ALL, BAD_SCALED],
    good=[GOOD_MENDED, GOOD_ROOM, GOOD_TOGETHER, GOOD_ROUNDED, GOOD_OTHER, GOOD_DAEMON, GOOD_OFF],
)
def blocking_disruption_budget(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """A disruption budget never lets a pod be evicted.

    `maxUnavailable: 0`, or a `minAvailable` of as many pods as there are, refuses every eviction.
    A drain then waits without end: node upgrades stop, and whoever is on call deletes the budget
    by hand, all of it.

    Percentages are rounded up, as Kubernetes does it. Of a workload with an autoscaler its
    `minReplicas` counts.

    Fix: write `maxUnavailable: 1` in place of it, or run one pod more than `minAvailable` says.
    """
    budget = budget_of(manifest)
    if budget is None:
        return
    demand = _demand(manifest)
    said = None if demand is None else demand.alone
    if demand is not None and said is None and release.whole():
        said = demand.of(_pods(budget, release.around))
    if demand is not None and said is not None:
        yield Problem(
            manifest.at("spec", demand.key),
            f"PodDisruptionBudget {named(manifest.name)} {said}: {_EVICTED}.",
            fix="Write `maxUnavailable: 1`, or run one pod more than it wants available.",
        )


def _pods(budget: Budget, around: Around) -> int | None:
    """How many pods it covers at least; None where that is not known."""
    counts = [around.least(each) for each in around.covered(budget) or ()]
    known = [each for each in counts if each is not None]
    return sum(known) if len(known) == len(counts) else None


@dataclass(frozen=True)
class _Demand:
    """What a budget asks for, as it says it."""

    key: str
    text: str

    @property
    def alone(self) -> str | None:
        """Why it blocks however many pods there are; None where that depends."""
        if self.key == "minAvailable":
            return "wants all of them available" if self.text == "100%" else None
        number = share(self.text, 1)
        return "lets none of them be unavailable" if number is not None and number <= 0 else None

    def of(self, pods: int | None) -> str | None:
        """Why it blocks with so many pods."""
        wanted = share(self.text, pods or 0)
        if self.key != "minAvailable" or not pods or wanted is None or wanted < pods:
            return None
        return f"wants {wanted} available, and may have no more than {pods}"


def _demand(manifest: Manifest) -> _Demand | None:
    for key in ("maxUnavailable", "minAvailable"):
        text = manifest.root.text("spec", key)
        if text:
            return _Demand(key, text)
    return None
