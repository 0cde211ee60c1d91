"""Nodes of YAML and JSON: exact lines, and limits that hold whatever the text is."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.subjects.yaml import (
    DEEPEST,
    LARGEST,
    MOST_COPIED,
    MOST_DOCUMENTS,
    List,
    Map,
    Node,
    Scalar,
    Unreadable,
    decode,
    documents,
)

T = TypeVar("T")


def root(text: str) -> Map:
    (node,) = documents(text)
    assert isinstance(node, Map)
    return node


def plain(node: Node) -> object:
    """The node as ordinary values, every scalar as its text."""
    if isinstance(node, Map):
        return {key: plain(each) for key, (_line, each) in node.entries.items()}
    return [plain(each) for each in node.items] if isinstance(node, List) else node.text


def all_nodes(node: Node) -> Iterator[Node]:
    yield node
    below = (
        [each for _line, each in node.entries.values()]
        if isinstance(node, Map)
        else node.items
        if isinstance(node, List)
        else []
    )
    for each in below:
        yield from all_nodes(each)


def refusal(text: str) -> tuple[int, str]:
    with pytest.raises(Unreadable) as error:
        documents(text)
    return error.value.line, error.value.reason


def test_lines_of_keys_values_and_blocks() -> None:
    text = "a: 1\n# x\nb:\n  - name: c\n    d: |\n      one\n\n      two\n\n\n  - e\n"
    node = root(text + "f: {g: h,\n  i: j}\n")
    assert [(key, line) for key, (line, _each) in node.entries.items()] == [
        ("a", 1),
        ("b", 3),
        ("f", 12),
    ]
    assert (node.line, node.last) == (1, 13)
    (first,) = node.maps("b")
    assert (first.line, first.last) == (4, 8)
    assert node.line_of("f", "i") == 13
    block = first.get("d")
    assert isinstance(block, Scalar)
    assert block.last == 8


def test_the_line_where_a_missing_key_would_belong() -> None:
    node = root("a:\n  b:\n    c: 1\n  d: x\ne: null\n")
    assert node.line_of("a", "b", "c") == 3
    assert node.line_of("a", "b", "z") == 2
    assert node.line_of("a", "z", "y") == 1
    assert node.line_of("a", "d", "z") == 4
    assert node.line_of("e", "f") == 5
    assert node.line_of("z") == 1


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_newlines_end_lines(end: str) -> None:
    text = end.join(['a: "x\u2028y\x85z"', "b: 1", "", "c: '\u2029'", "d: 2"])
    assert {key: line for key, (line, _e) in root(text).entries.items()} == {
        "a": 1,
        "b": 2,
        "c": 4,
        "d": 5,
    }


def test_a_lone_carriage_return_ends_no_line() -> None:
    node = root("a: 1\rb: 2\nc: 3")
    assert [line for line, _each in node.entries.values()] == [1, 1, 2]


@pytest.mark.parametrize(
    "data",
    [
        "a: é\nb: 1".encode(),
        b"\xef\xbb\xbf" + "a: é\nb: 1".encode(),
        "\ufeffa: é\nb: 1".encode("utf-16-le"),
        "\ufeffa: é\nb: 1".encode("utf-16-be"),
    ],
)
def test_encodings(data: bytes) -> None:
    node = root(decode(data))
    assert plain(node) == {"a": "é", "b": "1"}
    assert node.line_of("b") == 2


def test_what_is_no_text_has_its_line() -> None:
    with pytest.raises(Unreadable) as error:
        decode(b"a: 1\nb: \xff\n")
    assert (error.value.line, error.value.reason) == (2, "not UTF-8 text")
    with pytest.raises(Unreadable):
        decode(b"\xff\xfea")


def test_json_with_signs_beyond_the_first_plane() -> None:
    node = root(decode(b'{\n\t"a": "\\ud83d\\ude00",\n\t"b": "a\\/b"}'))
    assert plain(node) == {"a": "\U0001f600", "b": "a/b"}
    assert node.line_of("b") == 3


def test_what_comes_from_an_anchor_stands_where_it_is_used() -> None:
    node = root("x: &x\n  k: 1\n  l: [2]\ny: *x\nz:\n  <<: *x\n  k: 3\n")
    assert plain(node) == {
        "x": {"k": "1", "l": ["2"]},
        "y": {"k": "1", "l": ["2"]},
        "z": {"k": "3", "l": ["2"]},
    }
    assert node.line_of("x", "k") == 2
    assert node.line_of("y", "k") == 4
    assert node.line_of("z", "k") == 7
    assert node.line_of("z", "l") == 6


def test_of_merged_mappings_the_first_wins() -> None:
    node = root("a: &a {k: 1}\nb: &b {k: 2, l: 2}\nc: {<<: [*a, *b], m: 3}\n")
    assert plain(node.get("c") or node) == {"m": "3", "k": "1", "l": "2"}


def test_of_equal_keys_the_last_one_counts() -> None:
    node = root("a: 1\na: 2\n")
    assert plain(node) == {"a": "2"}
    assert node.line_of("a") == 2


def test_anchors_end_with_their_document() -> None:
    assert refusal("a: &x 1\n---\nb: *x\n") == (3, "an alias without its anchor")


def test_several_documents() -> None:
    nodes = documents("---\na: 1\n---\n---\n- b\n...\n---\nc")
    assert [plain(node) for node in nodes] == [{"a": "1"}, "", ["b"], "c"]
    assert [node.line for node in nodes][2:] == [5, 8]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a:\n\t- b", 2),
        ("a: 'b\n\n", 1),  # no line but those that git counts
        ("a: b: c", 1),
        ("a: 1\nb: [\n", 2),
        ("a: \x00\n", 1),
        ("a: 1\nb: é\x01\n", 2),
        ("a: &a [*a]", 1),
        ("a: *b", 1),
        ("a: 1\n? {a: b}\n: c\n", 2),
        ("a: {{ b }}", 1),
        ("a: 1\n<<: 2\n", 2),
        ("a: !x!y z", 1),
        ("%YAML 9.9\n---\na", 1),
        ('"\\ud83d"', 1),
    ],
)
def test_unreadable(text: str, line: int) -> None:
    assert refusal(text)[0] == line


def test_harmless_oddities() -> None:
    text = "a: !!python/object:os.system x\nb: 2020-13-45\nc: " + "9" * 1_000_000 + "\n1: x\n"
    node = root(text)
    assert node.value("b") == "2020-13-45"
    assert node.value("a") == "x"
    assert node.text("c") == "9" * 1_000_000
    assert node.get("1") is not None


def attempt(read: Callable[[], T]) -> tuple[T | None, Unreadable | None]:
    try:
        return read(), None
    except Unreadable as error:
        return None, error


LAUGHS = "a0: &a0 [l,l]\n" + "".join(f"a{n}: &a{n} [*a{n - 1},*a{n - 1}]\n" for n in range(1, 40))
MERGES = "a0: &a0 {k: v}\n" + "".join(
    f"a{n}: &a{n} {{<<: [*a{n - 1},*a{n - 1}], k{n}: {{<<: *a{n - 1}}}}}\n" for n in range(1, 40)
)
DEEP = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [[[[[[*a{n - 1}]]]]]]\n" for n in range(1, 60))
BOMBS = {
    "a long list": ("[" + "1," * (2 << 20) + "]", f"more than {LARGEST:,} signs in one file"),
    "brackets": ("[" * 100_000, f"nested more than {DEEPEST} levels deep"),
    "braces": ("{a: " * 50_000, f"nested more than {DEEPEST} levels deep"),
    "lines of brackets": ("[\n" * 100_000, f"nested more than {DEEPEST} levels deep"),
    "dashes": ("- " * 50_000, f"nested more than {DEEPEST} levels deep"),
    "question marks": ("? " * 50_000, f"nested more than {DEEPEST} levels deep"),
    "deep aliases": (DEEP, f"nested more than {DEEPEST} levels deep"),
    "billion laughs": (LAUGHS, f"aliases that stand for more than {MOST_COPIED:,} values"),
    "merge keys": (MERGES, f"aliases that stand for more than {MOST_COPIED:,} values"),
    "documents": ("a: 1\n---\n" * 10_000, f"more than {MOST_DOCUMENTS:,} documents in one file"),
}

# In a process of its own: what these do to other parsers cannot be caught.
PROGRAM = """
import resource, sys
from rules.subjects.yaml import Unreadable, documents
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
try:
    documents(sys.stdin.read())
except Unreadable as error:
    print(error.reason, end="")
"""


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_before_they_go_off(name: str) -> None:
    text, reason = BOMBS[name]
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        check=False,
        input=text,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (0, reason)
    assert time.perf_counter() - start < 10


SIGNS = "{}[],:-?&*!|>'\"%@`#\n\r\t \x00\x85\u2028\ufeff\ud800é😀"
WORDS = ["\n  ", "a", ": ", "- ", "&a ", "*a", "<<: ", "---\n", "0x1", "|\n  x\n\n", "kind: A\n"]
PIECES = st.lists(st.sampled_from([*SIGNS, *WORDS]), max_size=60).map("".join)


@given(st.one_of(PIECES, st.text(max_size=200)))
@settings(max_examples=400, deadline=None)
def test_any_text_has_nodes_with_lines_that_exist_or_is_unreadable(text: str) -> None:
    lines = text.count("\n") + 1
    roots, fault = attempt(lambda: documents(text))
    assert fault is None or 1 <= fault.line <= lines
    for node in (each for root in roots or () for each in all_nodes(root)):
        assert 1 <= node.line <= node.last <= lines
        if isinstance(node, Map):
            assert all(1 <= line <= lines for line, _each in node.entries.values())


@given(st.binary(max_size=200))
def test_any_bytes_have_a_text_or_are_unreadable(data: bytes) -> None:
    _text, fault = attempt(lambda: decode(data))
    assert fault is None or 1 <= fault.line <= data.count(b"\n") + 1


VALUES = st.recursive(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text("abc", max_size=3), each),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_what_pyyaml_writes_is_read_as_it_was(value: object, flow: bool) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
    (node,) = documents(text)
    assert plain(node) == value


def test_keys_that_stand_there_twice_are_known() -> None:
    (root,) = documents("a: 1\nb: {c: 1, c: 2}\na: 2\na: 3\n")
    assert isinstance(root, Map)
    assert root.twice == (("a", 3), ("a", 4))
    below = root.get("b")
    assert isinstance(below, Map)
    assert below.twice == (("c", 2),)
    assert root.text("a") == "3"
    (merged,) = documents("<<: {a: 1}\na: 2\n")
    assert isinstance(merged, Map)
    assert merged.twice == ()
    (many,) = documents("a: 1\n" * 10_000)
    assert isinstance(many, Map)
    assert len(many.twice) == 20
