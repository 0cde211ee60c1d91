"""Quantities as the API server reads them: exact, and with an end."""

import time
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.subjects.quantity import FINEST, LARGEST, parse, read
from rules.subjects.yaml import Map, Node, documents

SUFFIXES: dict[str, Fraction | int] = {
    "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "": Fraction(1),
    "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("500m", "0.5"),
        ("0.1", "0.1"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1.5Gi", "1610612736"),
        ("128M", "128000000"),
        ("128Mi", "134217728"),
        ("512m", "0.512"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("12e-1", "1.2"),
        ("1E", "1e18"),
        ("+1", "1"),
        ("-1.5k", "-1500"),
        ("-0", "0"),
        ("0.1n", "1e-9"),
        ("8Ei", LARGEST),
        ("-8Ei", -LARGEST),
        ("1e999999999999999999", LARGEST),
        ("1e-999999999999999999", "1e-9"),
        ("0e999", "0"),
    ],
)
def test_parse(text: str, number: str | Decimal) -> None:
    assert parse(text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        *("", " 1", "1 ", "1 Gi", "Mi", ".", "+", "1K", "1gi", "1mi", "1GB", "1Gb", "1e", "1e+"),
        *("1.1.1", "1,5", "--1", "0x10", "1i", "٣", "1_000", "one", "1e1Mi", "1\n", "9" * 200),
    ],
)
def test_what_the_server_refuses(text: str) -> None:
    assert parse(text) is None


@given(
    st.integers(0, 10**12), st.integers(0, 10**9 - 1), st.sampled_from(sorted(SUFFIXES)),
    st.sampled_from(["", "-", "+"]),
)  # fmt: skip
def test_it_is_exact(whole: int, rest: int, suffix: str, sign: str) -> None:
    number = parse(f"{sign}{whole}.{rest:09}{suffix}")
    wanted = (whole + Fraction(rest, 10**9)) * SUFFIXES[suffix]
    assert number is not None
    off = min(wanted, Fraction(int(LARGEST))) - abs(Fraction(number))
    assert -Fraction(FINEST) < off <= 0  # rounded up, by less than the finest there is
    assert number == 0 or (number < 0) == (sign == "-")


@given(st.integers(0, 10**6), st.integers(-12, 12))
def test_an_exponent_is_a_power_of_ten(digits: int, power: int) -> None:
    wanted = digits * Fraction(10) ** power
    number = parse(f"{digits}e{power}")
    assert number is not None
    assert -Fraction(FINEST) < wanted - Fraction(number) <= 0


@given(st.text("0123456789.+-eEinumkKMGTP ", max_size=40) | st.text(max_size=20))
def test_nothing_that_is_written_breaks_it(text: str) -> None:
    number = parse(text)
    assert number is None or -LARGEST <= number <= LARGEST


@pytest.mark.parametrize("trap", ["1" * 100_000, "1e" + "9" * 100_000, "." * 100_000])
def test_traps_take_no_time(trap: str) -> None:
    start = time.process_time()
    assert parse(trap) is None
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1", "1"),
        ("0.1", "0.1"),
        ('"0.1"', "0.1"),
        ("1e3", "1000"),
        ("010", "8"),  # octal, as YAML 1.1 has it
        ("1_000", "1000"),
        ("0x10", "16"),
        ("100m", "0.1"),
    ],
)
def test_a_value_of_a_manifest(written: str, number: str) -> None:
    assert read(_value(f"cpu: {written}")) == Decimal(number)


@pytest.mark.parametrize("written", ["", "true", "yes", "~", "[1]", "{a: 1}", '""', "abc"])
def test_no_quantity(written: str) -> None:
    assert read(_value(f"cpu: {written}")) is None


def _value(text: str) -> Node | None:
    root = documents(text)[0]
    assert isinstance(root, Map)
    return root.get("cpu")
