"""Labels and selectors, as the API server compares them."""

from collections.abc import Mapping

import pytest

from rules.selectors import Match, Selector, label_selector, unsure
from rules.subjects.yaml import Map, documents


def selector(text: str) -> Selector:
    (root,) = documents(text)
    assert isinstance(root, Map)
    found = label_selector(root, "selector")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("asked", "labels", "picks"),
    [
        ("{}", {"a": "b"}, True),
        ("{matchLabels: {a: b}}", {"a": "b", "c": "d"}, True),
        ("{matchLabels: {a: b, c: d}}", {"a": "b"}, False),
        ("{matchLabels: {a: b}}", {}, False),
        ("{matchLabels: {a: 1}}", {"a": "1"}, True),
        ("{matchLabels: {a: ''}}", {"a": ""}, True),
        ("{matchExpressions: [{key: a, operator: In, values: [b, c]}]}", {"a": "c"}, True),
        ("{matchExpressions: [{key: a, operator: In, values: [b, c]}]}", {}, False),
        ("{matchExpressions: [{key: a, operator: NotIn, values: [b]}]}", {"a": "b"}, False),
        ("{matchExpressions: [{key: a, operator: NotIn, values: [b]}]}", {}, True),
        ("{matchExpressions: [{key: a, operator: Exists}]}", {"a": ""}, True),
        ("{matchExpressions: [{key: a, operator: Exists}]}", {"b": ""}, False),
        ("{matchExpressions: [{key: a, operator: DoesNotExist}]}", {"a": ""}, False),
        ("{matchExpressions: [{key: a, operator: DoesNotExist}]}", {}, True),
        ("{matchExpressions: [{key: a, operator: Near}]}", {"a": "b"}, None),
        ("{matchLabels: {a: b}, matchExpressions: [{key: c, operator: Exists}]}", {"a": ""}, False),
        ('{matchLabels: {a: "{{ x }}"}}', {"a": "b"}, None),
        ("{matchLabels: {a: b}}", {"a": "$NAME"}, None),
        ("{matchLabels: {a: b}}", {"{{ key }}": "b"}, None),
        ('{matchLabels: {a: b, c: "${X}"}}', {"a": "z", "c": "d"}, False),
        ("{matchLabels: {pod-template-hash: abc}}", {"a": "b"}, None),
        ("{matchLabels: {pod-template-hash: abc, a: c}}", {"a": "b"}, False),
        ("{matchExpressions: [{key: job-name, operator: In, values: [x]}]}", {}, None),
    ],
)  # fmt: skip
def test_what_a_selector_picks(asked: str, labels: Mapping[str, str], picks: Match) -> None:
    assert selector(f"selector: {asked}").picks(labels) is picks


@pytest.mark.parametrize("odd", ["selector: [a]", "selector: a", "selector:", "other: {}"])
def test_what_is_no_selector(odd: str) -> None:
    (root,) = documents(odd)
    assert isinstance(root, Map)
    assert label_selector(root, "selector") is None


def test_odd_selectors_are_read_as_far_as_they_go() -> None:
    odd = selector("selector: {matchLabels: [a], matchExpressions: [a, {key: b, values: {c: d}}]}")
    assert odd.keys == {"b"}
    assert odd.picks({"b": "x"}) is None


def test_what_is_filled_in_later() -> None:
    assert not unsure("web", "app.kubernetes.io/name", "", "A_b-1.0")
    for later in ("{{ x }}", "${X}", "$(X)", "<name>", "%x%", "web ", "wéb"):
        assert unsure("web", later)
