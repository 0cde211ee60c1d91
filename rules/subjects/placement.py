"""Whether any node at all could satisfy what a pod demands of it: labels alone, no cluster."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rules.subjects.workload import templated
from rules.subjects.yaml import List, Map, Scalar

SELECTOR = ("nodeSelector",)
REQUIRED = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
_LONGEST = 15  # digits of a number that is compared
_MOST = 1_000  # expressions of one term that are compared


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The label that no node can have, and the keys of the pod where that is demanded."""

    label: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Demand:
    """What is demanded of one label."""

    operator: str
    values: frozenset[str]


def contradiction(pod: Map) -> Contradiction | None:
    """Why no node can take the pod, if that is certain: each of its terms demands the impossible.

    Terms are alternatives; what stands in one, and all of ``nodeSelector``, must hold together.
    """
    selected = {key: [_Demand("In", frozenset((value,)))] for key, value in _selected(pod)}
    terms = pod.maps(*REQUIRED, "nodeSelectorTerms")
    if not terms or templated(pod, *REQUIRED):
        return None
    reasons = [_impossible(term, selected) for term in terms]
    if any(reason is None for reason in reasons):
        return None
    label = reasons[0] or ""
    return Contradiction(label, (*SELECTOR, label) if label in selected else REQUIRED)


def _selected(pod: Map) -> Iterator[tuple[str, str]]:
    node = pod.get(*SELECTOR)
    for key in node.entries if isinstance(node, Map) else ():
        if not templated(pod, *SELECTOR, key):
            yield key, pod.text(*SELECTOR, key)


def _impossible(term: Map, selected: Mapping[str, Iterable[_Demand]]) -> str | None:
    """A label of which the term, together with the selector, demands what no node has."""
    demands = {key: list(each) for key, each in selected.items()}
    for expression in term.maps("matchExpressions")[:_MOST]:
        demand = _demand(expression)
        if demand is not None:
            demands.setdefault(expression.text("key"), []).append(demand)
    return next((key for key, every in demands.items() if not _possible(every)), None)


def _demand(expression: Map) -> _Demand | None:
    """What it demands; None where that is only known later, or the API server refuses it."""
    node = expression.get("values")
    values = node.items if isinstance(node, List) else []
    later = any(templated(expression, key) for key in ("key", "operator", "values"))
    texts = [each.text for each in values if isinstance(each, Scalar)]
    if later or any("$" in each or "{{" in each for each in texts):
        return None
    return _Demand(expression.text("operator"), frozenset(texts))


def _possible(demands: list[_Demand]) -> bool:
    """Whether one node can have a label, or none, that meets all of them."""
    absent = all(each.operator in ("NotIn", "DoesNotExist") for each in demands)
    if absent:
        return True
    if any(each.operator == "DoesNotExist" for each in demands):
        return False
    listed = [each.values for each in demands if each.operator == "In"]
    if not listed:
        return _room(demands)
    return any(
        all(_meets(value, each) for each in demands) for value in frozenset.intersection(*listed)
    )


def _meets(value: str, demand: _Demand) -> bool:
    if demand.operator == "NotIn":
        return value not in demand.values
    if demand.operator not in ("Gt", "Lt"):
        return True
    bounds = _numbers(demand)
    if not bounds or _number(value) is None:
        return not bounds  # what is no number meets no comparison
    number = _number(value) or 0
    return all(number > each if demand.operator == "Gt" else number < each for each in bounds)


def _room(demands: list[_Demand]) -> bool:
    """Whether a whole number lies between what is demanded at least and at most."""
    least = [bound for each in demands if each.operator == "Gt" for bound in _numbers(each)]
    most = [bound for each in demands if each.operator == "Lt" for bound in _numbers(each)]
    return not least or not most or max(least) + 1 < min(most)


def _numbers(demand: _Demand) -> list[int]:
    return [number for each in demand.values if (number := _number(each)) is not None]


def _number(text: str) -> int | None:
    bare = text.removeprefix("-")
    whole = bare.isascii() and bare.isdecimal() and len(bare) <= _LONGEST
    return int(text) if whole else None
