"""JSON from outside: strict, and without a parser that could die of it."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.hooks.delivery import Unreadable
from bot.hooks.document import MAX_DEPTH, read, too_deep

BAD = {
    "empty": b"",
    "list": b"[]",
    "text": b'"x"',
    "cut off": b'{"a": [1, 2',
    "two documents": b"{}{}",
    "deep lists": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep and open": b"[" * 100_000,
    "deep behind strings": b'{"]": ' * 200 + b"1" + b"}" * 200,
    "a million digits": b'{"a": ' + b"9" * 1_000_000 + b"}",
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "key twice": b'{"a": 1, "a": 2}',
    "key twice below": b'{"a": [{"b": 1, "\\u0062": 2}]}',
    "lone high surrogate": b'{"a": "\\ud83d"}',
    "lone low surrogate": b'{"a": "\\uDE00 x"}',
    "lone surrogate in a key": b'{"\\udc00": 1}',
    "surrogate in bytes": b'{"a": "\xed\xa0\x80"}',
    "escaped NUL": b'{"a": ["b", {"c": "\\u0000"}]}',
    "raw NUL": b'{"a": "\x00"}',
    "NUL behind": b"{}\x00",
    "raw newline": b'{"a": "\n"}',
    "not UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "comment": b"{} // x",
    "single quotes": b"{'a': 1}",
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_refused(body: bytes) -> None:
    began = time.process_time()
    with pytest.raises(Unreadable) as raised:
        read(body)
    assert time.process_time() - began < 1
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    ("body", "want"),
    [
        (b"{}", {}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        ('{"a": "\U0001f600"}'.encode(), {"a": "\U0001f600"}),
        (b'{"a": "C:\\\\u0000"}', {"a": "C:\\u0000"}),
        (b'{"a": "\\\\"}', {"a": "\\"}),
        (b'{"a": "]]]]", "b": "[\\"[{"}', {"a": "]]]]", "b": '["[{'}),
        (b'{"a": [[], {}], "b": 1e3}', {"a": [[], {}], "b": 1000.0}),
    ],
)
def test_accepted(body: bytes, want: object) -> None:
    assert read(body) == want


def test_the_deepest_that_is_accepted() -> None:
    deepest = b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH
    assert read(deepest)
    with pytest.raises(Unreadable, match="deeper"):
        read(b'{"a":' + deepest + b"}")


def test_a_body_of_25_megabytes_is_told_quickly() -> None:
    for body in (b'{"a": "' + b'\\"' * 12_000_000 + b'"}', b'{"a": "' + b'\\"[' * 8_000_000):
        began = time.process_time()
        too_deep(body)
        assert time.process_time() - began < 2


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(alphabet='[]{}"\\a\u20ac'),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet='[]{}"\\ab'), inner),
        max_leaves=30,
    )
)
def test_what_json_writes_is_read(value: object) -> None:
    document = {"value": value}
    for ascii_ in (True, False):
        assert read(json.dumps(document, ensure_ascii=ascii_).encode()) == document
