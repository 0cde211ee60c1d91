"""Names that differ by one slip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.spelling import slip


@pytest.mark.parametrize(
    ("one", "other", "is_slip"),
    [
        ("web-config", "web-confg", True),
        ("web-config", "web-configs", True),
        ("web-config", "wbe-config", True),
        ("web-config", "web-confib", True),
        ("eb-config", "web-config", True),
        ("web-config", "web-config", False),
        ("web-config", "web-confgi", True),
        ("web-config", "web-coxfxg", False),
        ("web-config", "api-config", False),
        ("web", "wab", False),
        ("", "abcd", False),
        ("config-1", "config-2", False),
        ("config-1", "config-12", False),
        ("config", "config2", False),
        ("config-v1", "config-b1", True),
        ("abcd", "badc", False),
    ],
)
def test_one_slip_and_not_a_number(one: str, other: str, is_slip: bool) -> None:
    assert slip(one, other) is is_slip
    assert slip(other, one) is is_slip


@given(st.text("abc-1", min_size=4, max_size=9), st.integers(0, 8), st.sampled_from("xyz"))
def test_an_added_sign_is_a_slip(name: str, place: int, sign: str) -> None:
    assert slip(name, name[:place] + sign + name[place:])
