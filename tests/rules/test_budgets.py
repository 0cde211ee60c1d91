"""What a budget leaves of so many pods."""

import pytest

from rules.budgets import share


@pytest.mark.parametrize(
    ("text", "whole", "number"),
    [
        ("2", 3, 2),
        ("-1", 3, -1),
        ("50%", 3, 2),
        ("67%", 3, 3),
        ("66%", 3, 2),
        ("100%", 7, 7),
        ("0%", 7, 0),
        ("1%", 1, 1),
        ("50", 0, 50),
        ("50%", 0, 0),
        ("half", 3, None),
        ("1000%", 3, None),
        ("${MIN}", 3, None),
        ("9" * 30, 3, None),
    ],
)
def test_a_part_of_a_pod_is_a_pod(text: str, whole: int, number: int | None) -> None:
    assert share(text, whole) == number
