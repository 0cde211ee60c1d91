"""Marks survive what people and forges do to comments, and nobody else can make one."""

import time
from dataclasses import astuple, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.change import ChangeId, ForgeName, Kind
from bot.marks import body_hash, read, sign
from bot.review import CommentKind, Mark

KEY = b"k" * 32
CHANGE = ChangeId(ForgeName.GITHUB, 7, number=3)
MARK = Mark(CommentKind.THREAD, "root-container", "apps/web.yaml", "ab" * 16, "c" * 40, "d" * 16)

paths = st.binary(max_size=200).map(lambda raw: raw.decode("utf-8", "surrogateescape"))


@given(path=paths, fixed=st.booleans())
def test_what_is_signed_is_read_again(path: str, fixed: bool) -> None:
    mark = replace(MARK, path=path, fixed=fixed)
    line = sign(mark, CHANGE, KEY)
    assert read(f"Some words\n\n{line}", CHANGE, KEY) == mark
    assert "\n" not in line
    assert "--" not in line.removeprefix("<!--").removesuffix("-->")


def test_the_longest_path_is_read_again() -> None:
    mark = replace(MARK, path="\x01" * 4096)
    assert read("x" * 60_000 + "\n" + sign(mark, CHANGE, KEY), CHANGE, KEY) == mark


@pytest.mark.parametrize(
    "other",
    [
        ChangeId(ForgeName.GITHUB, 7, number=4),
        ChangeId(ForgeName.GITHUB, 8, number=3),
        ChangeId(ForgeName.GITLAB, 7, number=3),
        ChangeId(ForgeName.GITHUB, 7, Kind.MERGE_GROUP, 3),
        ChangeId(ForgeName.GITHUB, 7, number=3, ref="refs/x"),
    ],
)
def test_a_mark_copied_to_another_change_is_not_ours(other: ChangeId) -> None:
    assert read(sign(MARK, CHANGE, KEY), other, KEY) is None


def test_another_key_does_not_verify() -> None:
    assert read(sign(MARK, CHANGE, KEY), CHANGE, b"other") is None


def test_line_ends_and_margins_of_forges_do_no_harm() -> None:
    line = sign(MARK, CHANGE, KEY)
    assert read(f"Words\r\n\r\n{line}\r\n", CHANGE, KEY) == MARK
    assert body_hash("Words\r\nmore\r\n") == body_hash("Words\nmore") != body_hash("Words more")


def test_only_the_last_line_counts() -> None:
    ours, theirs = sign(MARK, CHANGE, KEY), sign(replace(MARK, rule="x"), CHANGE, KEY)
    assert read(f"{theirs}\n{ours}", CHANGE, KEY) == MARK
    assert read(f"{ours}\nand a person's words", CHANGE, KEY) is None
    assert read(f"quoted: {ours}", CHANGE, KEY) is None
    assert read(f"> {ours}", CHANGE, KEY) is None


def tampered() -> list[str]:
    line = sign(MARK, CHANGE, KEY)
    _start, _name, payload, signature, _end = line.split(" ")
    return [
        "",
        "\n" * 10,
        line[:-1],
        line[1:],
        line.replace("redline:1", "redline:2"),
        line.replace(payload, payload[:-4]),
        line.replace(payload, payload[::-1]),
        line.replace(signature, "0" * 64),
        line.replace(signature, signature.upper()),
        line.replace(signature, signature + "0"),
        line.replace(payload, "\u0661" * 8),
        line.replace(payload, ""),
        line.replace(" ", "\u00a0"),
    ]


@pytest.mark.parametrize("text", tampered())
def test_what_was_tampered_with_is_not_ours(text: str) -> None:
    assert read(text, CHANGE, KEY) is None


@given(st.text())
def test_hostile_text_never_raises(text: str) -> None:
    assert read(text, CHANGE, KEY) is None


def test_a_mark_of_an_older_or_newer_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.marks.astuple", lambda mark: astuple(mark)[:6])
    assert read(sign(MARK, CHANGE, KEY), CHANGE, KEY) == MARK
    monkeypatch.setattr("bot.marks.astuple", lambda mark: (*astuple(mark), "more"))
    assert read(sign(MARK, CHANGE, KEY), CHANGE, KEY) is None
    monkeypatch.setattr("bot.marks.astuple", lambda mark: ("another kind", *astuple(mark)[1:]))
    assert read(sign(MARK, CHANGE, KEY), CHANGE, KEY) is None


def test_huge_text_costs_little() -> None:
    started = time.process_time()
    for text in ("<!-- redline:1 " * 1_000_000, "a" * 10_000_000, "<!-- redline:1 " + "a" * 10**7):
        assert read(text, CHANGE, KEY) is None
    assert time.process_time() - started < 2
