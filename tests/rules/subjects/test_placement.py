"""What one node label must be, and whether it can."""

import pytest

from rules.subjects.placement import contradiction
from rules.subjects.yaml import Map, documents


def impossible(selector: str, *terms: str) -> bool:
    listed = ", ".join(f"{{matchExpressions: [{term}]}}" for term in terms)
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    (root,) = documents(
        f"nodeSelector: {selector}\n"
        f"affinity: {{nodeAffinity: {{{required}: {{nodeSelectorTerms: [{listed}]}}}}}}\n"
    )
    assert isinstance(root, Map)
    return contradiction(root) is not None


def said(operator: str, *values: str) -> str:
    return f"{{key: a, operator: {operator}, values: {list(values)}}}"


EXISTS, ABSENT = "{key: a, operator: Exists}", "{key: a, operator: DoesNotExist}"


@pytest.mark.parametrize(
    ("selector", "term", "want"),
    [
        ("{a: x}", said("In", "x", "y"), False),
        ("{a: x}", said("In", "y"), True),
        ("{a: x}", said("NotIn", "x"), True),
        ("{a: x}", ABSENT, True),
        ("{a: x}", EXISTS, False),
        ("{b: x}", said("In", "y"), False),
        ("{a: '9'}", said("Gt", "8"), False),
        ("{a: '8'}", said("Gt", "8"), True),
        ("{a: x}", said("Lt", "8"), True),
        ("{}", f"{said('In', 'x', 'y')}, {said('NotIn', 'x')}", False),
        ("{}", f"{said('In', 'x', 'y')}, {said('NotIn', 'x', 'y')}", True),
        ("{}", f"{said('In', 'x')}, {said('In', 'y')}", True),
        ("{}", f"{said('Gt', '8')}, {said('Lt', '10')}", False),
        ("{}", f"{said('Gt', '8')}, {said('Lt', '9')}", True),
        ("{}", f"{said('NotIn', 'x')}, {ABSENT}", False),
        ("{}", f"{EXISTS}, {ABSENT}", True),
        ("{a: x}", said("Near", "y"), False),  # an operator that nobody knows
        ("{a: x}", said("In", "${DISK}"), False),
        ("{a: '${DISK}'}", said("In", "y"), False),
    ],
)
def test_one_term(selector: str, term: str, want: bool) -> None:
    assert impossible(selector, term) is want


def test_each_term_must_be_impossible() -> None:
    assert impossible("{a: x}", said("In", "y"), ABSENT)
    assert not impossible("{a: x}", said("In", "y"), said("In", "x"))
    assert not impossible("{a: x}", said("In", "y"), "")


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "nodeSelector: []",
        "affinity: x",
        "affinity: {nodeAffinity: [a]}",
        "nodeSelector: {a: }",
    ],
)
def test_other_shapes_say_nothing(text: str) -> None:
    (root,) = documents(text)
    assert isinstance(root, Map)
    assert contradiction(root) is None
