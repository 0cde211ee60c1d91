"""A .dockerignore: its own grammar, in which a pattern begins at the top."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.subjects.ignore import MOST, parse


@pytest.mark.parametrize(
    ("text", "path", "excluded"),
    [
        (".git", ".git/config", True),
        (".git", "web/.git/config", False),
        ("**/.git", "web/.git/config", True),
        ("**/.git", ".git/config", True),
        ("node_modules", "web/node_modules/a.js", False),
        ("node_modules/", "node_modules/a.js", True),
        ("/node_modules", "node_modules/a.js", True),
        ("./node_modules", "node_modules/a.js", True),
        ("*\n!src", ".git/config", True),
        ("*\n!src", "src/a.py", False),
        ("*\n!src\nsrc/secret", "src/secret/key", True),
        ("!src\nsrc", "src/a", True),
        ("*.pyc", "a.pyc", True),
        ("*.pyc", "b/a.pyc", False),
        ("**/*.py[cod]", "b/c/a.pyo", True),
        ("[^a]x", "bx", True),
        ("[^a]x", "ax", False),
        ("[a-c]x", "bx", True),
        ("foo/**", "foo/x/y", True),
        ("foo/**", "foo", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b/z", True),
        ("a/**/b", "axb", False),
        ("**", "x/y", True),
        (".git*", ".gitignore", True),
        (".env?", ".env/", False),
        ("a\\*", "a*", True),
        ("a\\*", "ab", False),
        ("# .git\n  .env  \n", ".env", True),
        ("#.git", ".git/config", False),
        (" #.git", "#.git", True),
        ("\ufeff.git\r\n", ".git/config", True),
        ("", ".git/config", False),
    ],
)
def test_what_is_left_out(text: str, path: str, excluded: bool) -> None:
    ignore = parse(text.encode())
    assert ignore.whole
    assert ignore.excludes(path) is excluded


def test_more_patterns_come_after_those_of_the_file() -> None:
    assert parse(b"!.git", [".git"]).excludes(".git/config")


@pytest.mark.parametrize("text", ["[a", "a\\", "!", "[z-a]", "a" * 2000, "a\n" * (MOST + 1)])
def test_what_cannot_be_read_is_not_whole(text: str) -> None:
    assert not parse(text.encode()).whole


PATTERN = st.text(alphabet="ab*?/[]^-!\\. #\n\r", max_size=60)


@given(PATTERN | st.text(max_size=60), st.text(alphabet="ab/.", max_size=40))
def test_any_text_has_an_answer(text: str, path: str) -> None:
    ignore = parse(text.encode("utf-8", "replace"))
    assert ignore.excludes(path) in (True, False)
    assert ignore.names(path) in (True, False)


@pytest.mark.parametrize("pattern", ["**/" * 300 + "x", "*a" * 400, "**a" * 300, "[ab]" * 200])
def test_no_pattern_is_slow(pattern: str) -> None:
    ignore = parse(pattern.encode())
    start = time.process_time()
    ignore.excludes("a" * 400)
    ignore.excludes("a/" * 200)
    assert time.process_time() - start < 1
