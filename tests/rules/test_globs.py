"""Patterns of paths: what they take, and that none takes long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.globs import matches

# A pattern, what it takes, what it does not.
TABLE = {
    "a name at any depth": ("vendor", ["vendor/a", "a/vendor/b", "vendor"], ["vendors", "avendor"]),
    "what is below": ("vendor/**", ["vendor/a", "vendor/a/b"], ["vendor", "a/vendor/b"]),
    "at any depth": (
        "**/testdata/**",
        ["testdata/a", "x/testdata/y", "x/y/testdata/z/w"],
        ["testdata", "atestdata/x"],
    ),
    "from the top": ("/a.yaml", ["a.yaml"], ["b/a.yaml"]),
    "a folder and all in it": ("apps/*/dev", ["apps/x/dev/a", "apps/x/dev"], ["apps/x/y/dev/a"]),
    "a folder only": ("docs/", ["docs/x", "a/docs/x"], ["docs", "a/docs"]),
    "both ends of a name": ("a*a", ["aa", "aba", "d/aba/e"], ["a", "ab"]),
    "many stars": ("*a*b*c*", ["xaxbxcx", "abc"], ["acb", "ab/c"]),
    "folders between": ("a/**/b", ["a/b", "a/x/b", "a/x/y/b", "a/b/c"], ["ab", "x/a/b", "a/xb"]),
    "several times": ("**/a/**/b/c", ["a/b/x/b/c", "x/a/b/c"], ["a/c/b", "b/c"]),
    "everything": ("**", ["a", "a/b"], []),
    "one sign": ("a?c", ["abc"], ["a/c", "ac"]),
    "one of some": ("[a-c]x", ["ax", "cx"], ["dx", "-x"]),
    "none of some": ("[!a-c]x", ["dx", "-x"], ["ax", "/x"]),
    "an empty range": ("[z-a]", [], ["z", "a", "-"]),
    "signs that mean something elsewhere": ("a.b+(c)|d^$", ["a.b+(c)|d^$"], ["axb+(c)|d^$"]),
    "an unclosed bracket": ("[a", ["[a"], ["a"]),
    "a sign as it is": ("\\*\\!", ["*!"], ["a!"]),
    "dots": (".github/*", [".github/x", ".github/x/y"], ["github/x", ".github"]),
    "a folder that ends where it begins": ("a/", ["a/a"], ["a"]),
}


@pytest.mark.parametrize(("pattern", "takes", "leaves"), TABLE.values(), ids=TABLE)
def test_what_a_pattern_takes(pattern: str, takes: list[str], leaves: list[str]) -> None:
    assert [path for path in takes if not matches((pattern,), path)] == []
    assert [path for path in leaves if matches((pattern,), path)] == []


def test_the_last_that_speaks_of_a_path_counts() -> None:
    patterns = ("*.yaml", "!keep.yaml", "/keep.yaml")
    assert matches(patterns, "d/x.yaml")
    assert not matches(patterns, "d/keep.yaml")
    assert matches(patterns, "keep.yaml")
    assert not matches(("!a",), "b")
    assert not matches((), "a")


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_pattern_raises(pattern: str, path: str) -> None:
    matches((pattern,), path)


SLOW = {
    "stars in a name": ("*a" * 200 + "b", "a" * 4000),
    "folders": ("**/a/" * 80 + "b", "a/" * 2000),
    "both": ("**/*a*b/" * 50 + "c", ("a" * 50 + "/") * 80),
    "a star at the end": ("**/" + "a*" * 60 + "b", "a" * 4000),
}


@pytest.mark.parametrize(("pattern", "path"), SLOW.values(), ids=SLOW)
def test_none_takes_long(pattern: str, path: str) -> None:
    began = time.process_time()
    assert not matches((pattern,), path)
    assert time.process_time() - began < 2
