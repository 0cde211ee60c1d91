"""YAML 1.1 scalars, as sigs.k8s.io/yaml resolves them."""

import pytest

from rules.subjects.scalar import Value, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("On", True),
        ("y", True),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("no", False),
        ("OFF", False),
        ("", None),
        ("~", None),
        ("Null", None),
        ("0", 0),
        ("-0", 0),
        ("+7", 7),
        ("1_000", 1000),
        ("010", 8),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b101", 5),
        ("08", 8.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        (".", "."),
        ("-", "-"),
        ("0x", "0x"),
        ("1:30", "1:30"),
        ("2020-13-45", "2020-13-45"),
        ("٣", "٣"),
        ("9" * 1_000_000, "9" * 1_000_000),
    ],
)
def test_plain(text: str, value: Value) -> None:
    found = resolve(text, plain=True, tag=None)
    assert (found, type(found)) == (value, type(value))


def test_quotes_and_tags() -> None:
    assert resolve("true", plain=False, tag=None) == "true"
    assert resolve("true", plain=True, tag="tag:yaml.org,2002:str") == "true"
    assert resolve("1", plain=False, tag="tag:yaml.org,2002:int") == 1
    assert resolve("x", plain=True, tag="tag:yaml.org,2002:python/object:os.system") == "x"
