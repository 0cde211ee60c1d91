"""Labels and what selects by them, as the API server compares them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rules.subjects.yaml import List, Map, Scalar

# Labels that a controller puts on its pods, so that no manifest says their values.
_GIVEN = frozenset((
    *("pod-template-hash", "controller-revision-hash", "pod-template-generation"),
    *("statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "job-name"),
    *("controller-uid", "deployment", "deploymentconfig", "rollouts-pod-template-hash"),
))  # fmt: skip
_LEGAL = re.compile(r"[\w./-]{0,317}", re.ASCII)  # what else stands there, no API server takes
_GIVERS = ("batch.kubernetes.io/", "serving.knative.dev/")

Match = bool | None  # None: only known once something is filled in


@dataclass(frozen=True)
class Expression:
    """One of a selector's ``matchExpressions``."""

    key: str
    operator: str
    values: tuple[str, ...]

    def picks(self, labels: Mapping[str, str]) -> Match:
        """Whether these labels meet it."""
        value = labels.get(self.key)
        if unsure(self.key, value or "", *self.values):
            return None
        if self.operator == "In":
            return value in self.values
        if self.operator == "NotIn":
            return value not in self.values
        if self.operator == "Exists":
            return value is not None
        return value is None if self.operator == "DoesNotExist" else None


@dataclass(frozen=True)
class Selector:
    """What picks pods: ``equal`` labels and expressions, all of which have to be met."""

    equal: Mapping[str, str]
    expressions: tuple[Expression, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing."""
        return not self.equal and not self.expressions

    @property
    def keys(self) -> frozenset[str]:
        """The labels that it asks for."""
        return frozenset((*self.equal, *(each.key for each in self.expressions)))

    @cached_property
    def anchors(self) -> Sequence[tuple[str, str]]:
        """The labels that whatever it picks has for certain, but for what is filled in later."""
        sure = ((key, value) for key, value in self.equal.items() if not unsure(key, value))
        return [each for each in sure if not _given(each[0])]

    def picks(self, labels: Mapping[str, str]) -> Match:
        """Whether pods with these labels are picked; an empty selector picks all."""
        answers = [_same(labels, key, value) for key, value in self.equal.items()]
        answers += [
            None if _given(each.key) and each.key not in labels else each.picks(labels)
            for each in self.expressions
        ]
        if any(answer is False for answer in answers) and not unsure(*labels):
            return False
        return None if None in answers or False in answers else True


def labels(node: Map, *keys: str) -> Mapping[str, str]:
    """The labels in the mapping below these keys."""
    below = node.get(*keys)
    return dict(_pairs(below)) if isinstance(below, Map) else {}


def label_selector(node: Map, *keys: str) -> Selector | None:
    """The LabelSelector below these keys; None where there is none."""
    below = node.get(*keys)
    if not isinstance(below, Map):
        return None
    return Selector(labels(below, "matchLabels"), tuple(_expressions(below)))


def _expressions(node: Map) -> Iterator[Expression]:
    for each in node.maps("matchExpressions"):
        values = each.get("values")
        texts = values.items if isinstance(values, List) else []
        given = tuple(one.text for one in texts if isinstance(one, Scalar))
        yield Expression(each.text("key"), each.text("operator"), given)


def _pairs(node: Map) -> Iterator[tuple[str, str]]:
    for key, (_line, value) in node.entries.items():
        if isinstance(value, Scalar):
            yield key, value.text


def _same(labels: Mapping[str, str], key: str, value: str) -> Match:
    there = labels.get(key)
    if there == value:
        return True
    return None if unsure(key, value, there or "") or (_given(key) and there is None) else False


def _given(key: str) -> bool:
    return key in _GIVEN or key.startswith(_GIVERS)


def unsure(*texts: str) -> bool:
    """Whether any of them is filled in later: it is nothing that a name or label may be."""
    return not all(map(_LEGAL.fullmatch, texts))
