"""PodDisruptionBudgets: which pods they cover, and whether one of these may ever be evicted."""

import re
from dataclasses import dataclass

from rules.selectors import Match, Selector, label_selector
from rules.subjects.manifest import Manifest
from rules.workloads import Workload, near

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

    def may_cover(self, workload: Workload) -> bool:
        """Whether it covers them as far as the files say, namespaces included."""
        return near(self.manifest, workload.manifest) and self.covers(workload) is not False


def budget_of(manifest: Manifest) -> Budget | None:
    """The object as a budget; None for any other."""
    if manifest.kind != "PodDisruptionBudget" or not manifest.api.startswith("policy/"):
        return None
    return Budget(manifest, label_selector(manifest.root, "spec", "selector"))


def share(text: str, whole: int) -> int | None:
    """A number or percentage of the whole, rounded up as Kubernetes does it; None if neither."""
    percent = _PERCENT.fullmatch(text)
    if percent is not None:
        return -(-int(percent[1]) * whole // 100)
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else None
