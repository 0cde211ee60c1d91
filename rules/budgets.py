"""PodDisruptionBudgets: which pods they cover, and whether one of these may ever be evicted."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules.selectors import Match, Selector, label_selector
from rules.subjects.manifest import Manifest
from rules.workloads import Autoscaler, Workload, autoscalers, near, workloads

_PERCENT = re.compile(r"([0-9]{1,3})%")


@dataclass(frozen=True, eq=False)
class Budget:
    """A PodDisruptionBudget; ``selector`` is None where it has none and so covers nothing."""

    manifest: Manifest
    selector: Selector | None

    def covers(self, workload: Workload) -> Match:
        """Whether it covers a workload's pods, namespaces left aside."""
        if self.selector is None:
            return False
        if self.selector.empty:  # covered nothing before policy/v1
            return not self.manifest.api.endswith("beta1")
        return self.selector.picks(workload.labels)


def budget_of(manifest: Manifest) -> Budget | None:
    """The object as a budget; None for any other."""
    if manifest.kind != "PodDisruptionBudget" or not manifest.api.startswith("policy/"):
        return None
    return Budget(manifest, label_selector(manifest.root, "spec", "selector"))


def budgets(objects: Iterable[Manifest]) -> list[Budget]:
    """Those of the objects that are budgets."""
    return [one for each in objects if (one := budget_of(each)) is not None]


def least(workload: Workload, scaling: Iterable[Autoscaler]) -> int | None:
    """How many pods it has at least when all is well: its autoscaler's number or its own.

    None where that is filled in later, or it has as many as there are nodes.
    """
    own = [each for each in scaling if each.scales(workload.manifest)]
    if own:
        return own[0].least if len(own) == 1 else None
    if not workload.scales:
        return None
    return 1 if workload.leaves_open else workload.replicas


def covered(budget: Budget, objects: Sequence[Manifest]) -> list[Workload] | None:
    """The workloads whose pods it covers; None where that is not certain."""
    found = []
    for each in workloads(objects):
        same = each.manifest.namespace == budget.manifest.namespace
        picks = budget.covers(each) if near(budget.manifest, each.manifest) else False
        if picks is None or (picks and not same):
            return None
        if picks:
            found.append(each)
    return found


def pods(covered: Sequence[Workload], objects: Sequence[Manifest]) -> int | None:
    """How many pods these workloads have together at least; None where one is not known."""
    scaling = autoscalers(objects)
    counts = [least(each, scaling) for each in covered]
    known = [each for each in counts if each is not None]
    return sum(known) if len(known) == len(counts) else None


def share(text: str, whole: int) -> int | None:
    """A number or percentage of the whole, rounded up as Kubernetes does it; None if neither."""
    percent = _PERCENT.fullmatch(text)
    if percent is not None:
        return -(-int(percent[1]) * whole // 100)
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else None
