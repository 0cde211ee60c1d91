"""@rule and judge: names, the Release, ordinals."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from rules.config import Config, Does, Weight
from rules.finding import Blocks, Finding, Location, ObjectName, Problem, Severity
from rules.release import Release
from rules.rule import Rule, judge, numbered, rule, rules_of


@dataclass(frozen=True)
class Text:
    path: str
    words: tuple[str, ...]
    address: str = "a"
    object: ObjectName | None = None


@dataclass(frozen=True)
class Other:
    path: str = "other"
    address: str = "other"
    object: ObjectName | None = None


@rule(Severity.WARNING, bad=[""], good=["", ""])
def loud_word(text: Text) -> Iterator[Problem]:
    """A word is loud.

    It hurts.

    Fix: whisper.
    """
    for number, word in enumerate(text.words, 1):
        if word.isupper():
            yield Problem(Location(text.path, number), f"{word} is loud", detail=word)


@rule(Severity.BLOCKING, blocks=Blocks.NEW, bad=[""], good=["", ""])
def lonely_word(text: Text, release: Release) -> Iterator[Problem]:
    """A word is alone."""
    if len(text.words) == 1:
        where = Location(text.path, 1)
        yield Problem(where, release.project, severity=Severity.INFO, blocks=Blocks.NEVER)


def test_a_rule_is_named_after_its_check() -> None:
    assert isinstance(loud_word, Rule)
    assert (loud_word.name, loud_word.title) == ("loud-word", "A word is loud")
    assert loud_word.doc.endswith("Fix: whisper.")
    assert not loud_word.looks_around
    assert lonely_word.looks_around


def test_a_rule_that_is_off_is_not_asked() -> None:
    text = [Text("f", ("LONELY",))]
    for weights, found in {
        (Weight(Does.OFF),): [],
        (Weight(Does.OFF, ("f",)),): ["lonely-word"],  # weighed later, path by path
        (Weight(Does.INFO),): ["lonely-word"],
    }.items():
        release = Release(config=Config(rules={"lonely-word": weights}))
        assert [each.rule for each in judge([lonely_word], text, release)] == found


def test_equals_get_ordinals_in_the_order_of_their_lines() -> None:
    found = judge([loud_word], [Text("f", ("A", "b", "A", "C"))])
    assert [(each.detail, each.location.line, each.ordinal) for each in found] == [
        ("A", 1, 0),
        ("A", 3, 1),
        ("C", 4, 0),
    ]
    assert len({each.identity for each in found}) == 3


def test_an_identity_survives_lines_above() -> None:
    before = judge([loud_word], [Text("f", ("A", "B"))])
    after = judge([loud_word], [Text("f", ("x", "y", "A", "B"))])
    assert [each.identity for each in before] == [each.identity for each in after]


def test_a_problem_may_differ_from_its_rule_and_knows_the_release() -> None:
    (found,) = judge([lonely_word], [Text("f", ("a",)), Other()], Release(project="apps"))
    assert (found.severity, found.blocks) == (Severity.INFO, Blocks.NEVER)
    assert (found.message, found.project, found.address) == ("apps", "apps", "a")


def test_numbered_sorts_by_place() -> None:
    def finding(path: str, line: int) -> Finding:
        return Finding("r", Severity.INFO, Location(path, line), "", "d", "a", "")

    found = numbered([finding("b", 1), finding("a", 2), finding("a", 1)])
    assert [(f.location.path, f.location.line, f.ordinal) for f in found] == [
        ("a", 1, 0),
        ("a", 2, 1),
        ("b", 1, 2),
    ]


def test_rules_of_a_folder_are_sorted_and_leave_out_what_is_none() -> None:
    names = [each.name for each in rules_of("kubernetes")]
    assert names == sorted(names)
    assert "floating-image" in names
    assert "unreadable-file" not in [each.name for each in rules_of("files")]
    with pytest.raises(ModuleNotFoundError):
        rules_of("nothing")
