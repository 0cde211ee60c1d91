"""All examples of all rules: they test where as well as whether."""

import pkgutil

import pytest

import rules
from rules import examples
from rules.rule import Rule, rules_of

KINDS = [m.name for m in pkgutil.iter_modules(rules.__path__) if m.ispkg and m.name != "subjects"]
EVERY = [rule for kind in KINDS for rule in rules_of(kind)]
SOURCES = [(rule, source) for rule in EVERY for source in (*rule.bad, *rule.good)]


def test_there_are_rules() -> None:
    assert {"root-container", "privilege-escalation", "privileged-container"} <= {
        rule.name for rule in EVERY
    }
    assert len({rule.name for rule in EVERY}) == len(EVERY)  # one flat space of names


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.name)
def test_a_rule_says_what_why_and_how_to_fix(rule: Rule) -> None:
    title, why, *_more, fix = rule.doc.split("\n\n")
    assert title.endswith(".")
    assert "\n" not in title
    assert len(why) > 60
    assert fix.startswith("Fix: ")
    assert rule.bad
    assert len(rule.good) >= 2 * len(rule.bad)


@pytest.mark.parametrize(("rule", "source"), SOURCES, ids=lambda each: getattr(each, "name", ""))
def test_an_example_is_reported_where_it_is_marked(rule: Rule, source: str) -> None:
    example = examples.of(rule, source)
    assert examples.found(rule, example) == example.marks
    assert bool(example.marks) == (source in rule.bad)


def test_a_broken_margin_is_refused() -> None:
    with pytest.raises(ValueError, match="not a margin"):
        examples.read("\n  FROM a\nUSER b\n", "Dockerfile")


def test_an_example_may_have_several_files() -> None:
    example = examples.read("\n  a: 1\n  ==> web/Dockerfile <==\n  FROM a\n> USER b\n", "m.yaml")
    assert example.files == {"m.yaml": "a: 1\n", "web/Dockerfile": "FROM a\nUSER b\n"}
    assert example.marks == {("web/Dockerfile", 2)}
