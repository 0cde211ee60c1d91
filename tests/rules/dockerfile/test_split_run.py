"""split-run: which RUNs could be one, and over which lines that is said."""

import pytest

from rules.dockerfile.split_run import split_run
from rules.finding import Finding
from rules.rule import judge
from rules.subjects.dockerfile import parse


def found(text: str) -> list[Finding]:
    return judge([split_run], [parse(text, "app/Dockerfile")])


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("FROM a:1\nRUN x\nRUN y", (2, 3)),
        ("FROM a:1\nRUN x\n# why\n\nRUN y \\\n  z\nCOPY a b", (2, 6)),
        ("FROM a:1\nRUN x | y\nRUN z > w", (2, 3)),
        ("FROM a:1\nRUN echo 'a && b'\nRUN y", (2, 3)),
        ("FROM a:1\nRUN x\nRUN y\nRUN z && w\nRUN v", (2, 3)),
        ("FROM a:1 AS base\nRUN x\nRUN y\nFROM base", (2, 3)),
        ("FROM a:1\nRUN --network=none x\nRUN --network=none y", (2, 3)),
    ],
)
def test_they_could_be_one(text: str, block: tuple[int, int]) -> None:
    (one,) = found(text)
    assert one.location.block == block
    assert one.location.line == block[0]


@pytest.mark.parametrize(
    "text",
    [
        "FROM a:1\nRUN x && y\nRUN z",
        "FROM a:1\nRUN x; y\nRUN z",
        "FROM a:1\nRUN x\nENV A=b\nRUN y",
        "FROM a:1\nRUN x\nUSER 1\nRUN y",
        "FROM a:1\nRUN --mount=type=cache,target=/a x\nRUN y",
        'FROM a:1\nRUN ["x"]\nRUN ["y"]',
        "FROM a:1\nRUN x\nFROM b:1\nRUN y",
        "FROM a:1 AS build\nRUN x\nRUN y\nFROM scratch",
        "FROM a:1\nRUN x\nRUN <<E\ny\nE",
    ],
)
def test_they_could_not(text: str) -> None:
    assert found(text) == []


def test_each_group_is_one_finding() -> None:
    text = "FROM a:1\nRUN x\nRUN y\nRUN z\nCOPY a b\nRUN x\nRUN y"
    first, second = found(text)
    assert first.message.startswith("3 RUNs")
    assert (first.ordinal, second.ordinal) == (0, 1)
