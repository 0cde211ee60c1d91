"""All rules together over manifests that somebody broke: no exception, a line that is there.

Whole objects are taken from the rules' own examples and changed at random: a list where a mapping
belongs, a number for a text, null, very long names, a part of one object in another, aliases.
"""

import random
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import examples
from rules.config import Config, Kubernetes, NodeLimits
from rules.release import Release
from rules.rule import Rule, judge, rules_of
from rules.subjects import dockerfile
from rules.subjects.manifest import Manifest, parse
from rules.subjects.yaml import Unreadable

RULES = rules_of("kubernetes")
MOST = 500  # values of an object that is broken further
ODD: tuple[object, ...] = (
    None, True, False, 0, -1, 0.5, 2**70, "", "x", "${X}", "{{ x }}", "*", "ALL", "true", "0",
    [], {}, [None], [[]], [{}], {"": None}, {"name": None}, "long" * 500, "a\nb\n", "\u2028é",
    "<b>`<b>", ["*"], {"type": []}, {"0": {"name": "a"}}, "1Gi", "http", float("inf"), float("nan"),
)  # fmt: skip


EVERYWHERE: tuple[object, ...] = (None, [], {}, "long" * 500, "<b>`<b>")  # in each rule's objects
CONFIG = Config(kubernetes=Kubernetes(node_limits=NodeLimits(cpu="4", memory="8Gi")))
DOCKERFILE = dockerfile.parse("FROM a:1\nUSER app\n", "web/Dockerfile")


@cache
def objects() -> tuple[tuple[Any, ...], ...]:
    """The objects of each rule's examples, as far as they can be read as they are."""
    groups = ([each for source in rule.bad for each in _of(rule, source)] for rule in RULES)
    return tuple(tuple(each) for each in groups if each)


def chosen(rng: random.Random) -> Any:
    """One of the objects."""
    return deepcopy(rng.choice(rng.choice(objects())))


def _of(rule: Rule, source: str) -> Iterator[Any]:
    for path, text in examples.of(rule, source).files.items():
        if path.endswith(".yaml"):
            yield from _loaded(text)


def _loaded(text: str) -> Iterator[Any]:
    try:
        yield from (each for each in yaml.safe_load_all(text) if isinstance(each, dict))
    except yaml.YAMLError:
        return


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every collection below a node with every key or index of it."""
    pending = [node]
    while pending:
        each = pending.pop()
        keys = list(each) if isinstance(each, dict) else range(len(each))
        for key in keys:
            yield each, key
            if isinstance(each[key], dict | list):
                pending.append(each[key])


def broken(rng: random.Random, count: int) -> dict[str, Any]:
    """An object with some of its values exchanged."""
    whole: dict[str, Any] = chosen(rng)
    for _each in range(count):
        every = list(places(whole))
        if len(every) > MOST:
            break
        holder, key = rng.choice(every)
        other, theirs = rng.choice(list(places(chosen(rng))))
        match rng.randrange(5):
            case 0 | 1:
                holder[key] = deepcopy(rng.choice(ODD))
            case 2:
                holder[key] = other[theirs]
            case 3:
                holder[key] = [deepcopy(holder[key]) for _copy in range(rng.randrange(4))]
            case _ if isinstance(holder, dict):
                holder[str(rng.choice(["name", "spec", "env", "x" * 999, "securityContext"]))] = (
                    holder.pop(key)
                )
    return whole


def shared(rng: random.Random, whole: dict[str, Any]) -> dict[str, Any]:
    """The object with one of its parts in a second place, which may lie in the part itself."""
    every = list(places(whole))
    holder, key = rng.choice(every)
    other, theirs = rng.choice(every)
    other[theirs] = holder[key]
    return whole


def written(rng: random.Random, whole: list[dict[str, Any]]) -> str:
    """As YAML, in block or flow style; what occurs twice is an anchor and its alias."""
    flow = rng.choice([None, True, False])
    return yaml.safe_dump_all(whole, default_flow_style=flow, sort_keys=False, width=100_000)


def judged(text: str) -> None:
    """Judge it by all rules together, each object of it released with the others."""
    try:
        manifests = parse(text, "a.yaml")
    except Unreadable:
        return
    release = Release(
        dockerfile_of=lambda _image: DOCKERFILE, objects=lambda: manifests, config=CONFIG
    )
    findings = judge(RULES, manifests, release)
    last = text.count("\n") + 1
    for each in findings:
        first, end = each.location.block or (1, last)
        assert 1 <= first <= each.location.line <= end <= last, each
        assert len(each.message) < 5000, each.rule
        assert "<b>" not in "".join(each.message.split("`")[::2]), each  # names are shown as code
        assert each.suggestion is None or each.suggestion.last <= last
    assert len(findings) <= most(manifests, text)


def most(manifests: list[Manifest], text: str) -> int:
    """How many findings there may be at all: rules by what they are about."""
    things = sum(len(each.containers) + 3 for each in manifests)
    return len(RULES) * things + text.count("\n") + text.count(",")


@given(st.integers(0, 2**32), st.integers(0, 12))
@settings(max_examples=200, deadline=None)
def test_no_shape_is_an_exception(seed: int, count: int) -> None:
    rng = random.Random(seed)
    wholes = [broken(rng, count) for _each in range(rng.randrange(1, 7))]
    judged(written(rng, [shared(rng, each) if rng.randrange(2) else each for each in wholes]))


@pytest.mark.parametrize("odd", ODD, ids=lambda each: repr(each)[:20])
def test_every_value_of_an_object_may_be_odd(odd: object) -> None:
    rng = random.Random(str(odd))
    groups = objects() if odd in EVERYWHERE else rng.sample(objects(), 5)
    for whole in map(rng.choice, groups):
        for number in range(sum(1 for _each in places(whole))):
            copy = deepcopy(whole)
            holder, key = list(places(copy))[number]
            holder[key] = odd
            judged(written(rng, [copy]))
