"""The objects that are applied together, sorted once for all rules that look around in them."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rules.budgets import Budget, budget_of
from rules.defined import Definition, by_operators, defined_by
from rules.references import ACCOUNT, CLAIM, CONFIG_MAP, SECRET
from rules.selectors import Selector, unsure
from rules.subjects.manifest import Manifest
from rules.subjects.yaml import List, Scalar
from rules.workloads import Autoscaler, Workload, autoscaler_of, makes_pods, near, workload_of

_WORD = re.compile(r"[a-z0-9][a-z0-9.-]{0,252}")


@dataclass(frozen=True, eq=False)
class Around:
    """What is known of the objects of one release."""

    objects: Sequence[Manifest]

    @cached_property
    def workloads(self) -> Sequence[Workload]:
        """Those that run pods."""
        return [one for each in self.objects if (one := workload_of(each)) is not None]

    @cached_property
    def budgets(self) -> Sequence[Budget]:
        """The PodDisruptionBudgets."""
        return [one for each in self.objects if (one := budget_of(each)) is not None]

    @cached_property
    def limit_ranges(self) -> Mapping[str, Sequence[Manifest]]:
        """The LimitRanges by their namespace."""
        found = defaultdict(list)
        for each in self.objects:
            if each.kind == "LimitRange":
                found[each.namespace].append(each)
        return found

    def picked(self, selector: Selector) -> list[Workload]:
        """The workloads that it picks, or may once something is filled in, in any namespace."""
        anchor = self._rarest(selector)
        there = self.workloads
        if anchor is not None:
            there = [*dict.fromkeys((*self._by_label.get(anchor, ()), *self._later))]
        return [each for each in there if selector.picks(each.labels) is not False]

    def _rarest(self, selector: Selector) -> tuple[str, str] | None:
        """The label that it needs and the fewest have, so that not each is compared with each."""
        return min(
            selector.anchors, key=lambda each: len(self._by_label.get(each, ())), default=None
        )

    @cached_property
    def _by_label(self) -> Mapping[tuple[str, str], Sequence[Workload]]:
        """Workloads by each of their labels."""
        found = defaultdict(list)
        for each in self.workloads:
            for pair in each.labels.items():
                found[pair].append(each)
        return found

    @cached_property
    def _later(self) -> Sequence[Workload]:
        """Those with labels that are filled in later."""
        return [each for each in self.workloads if _is_later(each)]

    def covering(self, workload: Workload) -> list[Budget]:
        """The budgets that cover it, or may once something is filled in."""
        there = [*self._anchored.get(None, ())]
        for pair in self._anchored if _is_later(workload) else workload.labels.items():
            there += self._anchored.get(pair, ()) if pair is not None else ()
        return [each for each in there if each.may_cover(workload)]

    @cached_property
    def _anchored(self) -> Mapping[tuple[str, str] | None, Sequence[Budget]]:
        found = defaultdict(list)
        for each in self.budgets:
            found[self._rarest(each.selector) if each.selector else None].append(each)
        return found

    @cached_property
    def idle_budgets(self) -> Sequence[Budget]:
        """Those that cover nothing here, though somebody wants something covered."""
        return [
            each
            for each in self.budgets
            if each.selector is None or not any(map(each.may_cover, self.picked(each.selector)))
        ]

    @cached_property
    def workloads_of(self) -> Counter[str]:
        """How many workloads stand in each file."""
        return Counter(each.manifest.path for each in self.workloads)

    @cached_property
    def labels(self) -> frozenset[str]:
        """The keys of all labels that pods have here."""
        return frozenset(key for each in self.workloads for key in each.labels)

    @cached_property
    def has_operators(self) -> bool:
        """Whether something here may have pods that no file shows."""
        return any(map(makes_pods, self.objects))

    @cached_property
    def _scaling(self) -> Mapping[str, Sequence[Autoscaler]]:
        found = defaultdict(list)
        for each in self.objects:
            scaling = autoscaler_of(each)
            if scaling is not None:
                found["" if unsure(scaling.name) else scaling.name].append(scaling)
        return found

    def scaling(self, manifest: Manifest) -> list[Autoscaler]:
        """What may scale this object: certain, but for names that are filled in later."""
        there = [*self._scaling.get(manifest.name, ()), *self._scaling.get("", ())]
        if unsure(manifest.name):
            there = [each for every in self._scaling.values() for each in every]
        return [each for each in there if each.scales(manifest)]

    def least(self, workload: Workload) -> int | None:
        """How many pods it has at least when all is well: its autoscaler's number or its own.

        None where that is filled in later, or it has as many as there are nodes.
        """
        own = self.scaling(workload.manifest)
        if own:
            return own[0].least if len(own) == 1 else None
        if not workload.scales:
            return None
        return 1 if workload.leaves_open else workload.replicas

    def covered(self, budget: Budget) -> list[Workload] | None:
        """The workloads whose pods it covers; None where that is not certain."""
        found = []
        for each in self.picked(budget.selector) if budget.selector else ():
            if not near(budget.manifest, each.manifest):
                continue
            picks = budget.covers(each)
            same = each.manifest.namespace == budget.manifest.namespace
            if picks is None or (picks and not same):
                return None
            if picks:
                found.append(each)
        return found

    @cached_property
    def _made(self) -> Mapping[tuple[str, str], Sequence[Definition]]:
        found = defaultdict(list)
        for each in self.objects:
            for one in (*defined_by(each), *by_operators(each)):
                found[one.kind, "" if one.begins else one.name].append(one)
        return found

    def made(self, kind: str, name: str) -> list[Definition]:
        """What makes the object of this name, or may: where names are filled in later."""
        if kind in self._named_later:
            return [Definition(kind, name)]
        if kind in (SECRET, CONFIG_MAP) and name in self._words_of_jobs:
            return [Definition(kind, name)]
        begin = (each for each in self._made.get((kind, ""), ()) if each.makes(kind, name))
        return [*self._made.get((kind, name), ()), *begin]

    @cached_property
    def _words_of_jobs(self) -> frozenset[str]:
        """What Jobs are told to work on: many make a certificate's Secret, named on their line."""
        jobs = (each for each in self.workloads if each.manifest.kind in ("Job", "CronJob"))
        specs = (each.spec for each in jobs if each.spec is not None)
        containers = (one for spec in specs for one in spec.maps("containers"))
        lines = (one.get(key) for one in containers for key in ("command", "args"))
        return frozenset(
            word
            for line in lines
            if isinstance(line, List)
            for each in line.items
            if isinstance(each, Scalar)
            for word in _WORD.findall(each.text)
        )

    @cached_property
    def _names(self) -> Mapping[str, frozenset[str]]:
        kinds = (CONFIG_MAP, SECRET, ACCOUNT, CLAIM)
        return {
            kind: frozenset(name for one, name in self._made if one == kind and name)
            for kind in kinds
        }

    @cached_property
    def _named_later(self) -> frozenset[str]:
        """The kinds of which something here gets its name later: it may be any."""
        return frozenset(kind for kind, names in self._names.items() if unsure(*names))

    def names(self, kind: str) -> frozenset[str]:
        """The names of all objects of a kind that are made here."""
        return self._names[kind]

    def owners(self, namespace: str, key: str) -> Counter[str]:
        """How many workloads of a namespace have each value of an owner's label."""
        return self._owners[namespace, key]

    @cached_property
    def _owners(self) -> Mapping[tuple[str, str], Counter[str]]:
        found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for each in self.workloads:
            if each.owner is not None:
                key, owner = each.owner
                found[each.manifest.namespace, key][owner] += 1
        return found


def _is_later(workload: Workload) -> bool:
    return unsure(*workload.labels, *workload.labels.values())
