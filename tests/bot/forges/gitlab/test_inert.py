"""No line of a body of ours is a quick action, wherever it comes from."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.forges.gitlab.inert import inert

# What some release of GitLab takes as a quick action: a slash at the start of a line.
ACTION = re.compile(r"^\s*/", re.MULTILINE)

BODIES = [
    ("/merge", r"\/merge"),
    ("a\n/merge\n/close", "a\n\\/merge\n\\/close"),
    ("a\n \t/merge", "a\n \t\\/merge"),
    ("a\r/merge", "a\r\\/merge"),
    ("a\r\n/merge", "a\r\n\\/merge"),
    ("a\u2028/merge\u2029/x\x85/y", "a\u2028\\/merge\u2029\\/x\x85\\/y"),
    ("<!--\n/merge\n-->", "<!--\n\\/merge\n-->"),
    ("~~~\n/merge\n~~~", "~~~\n\\/merge\n~~~"),
    ("````\n```\n/merge\n````", "````\n```\n\\/merge\n````"),
    ("no a/b, no https://x.example/y", "no a/b, no https://x.example/y"),
    ("\n\n/x", "\n\n\\/x"),
]


@pytest.mark.parametrize(("body", "wanted"), BODIES)
def test_bodies(body: str, wanted: str) -> None:
    assert inert(body) == wanted


def test_a_suggestion_with_such_a_line_cannot_be_committed() -> None:
    body = "Do:\n\n```suggestion:-0+1\nCMD x \\\n  /usr/bin/y\n```\n\nEnd"
    assert inert(body) == "Do:\n\n```\nCMD x \\\n  \\/usr/bin/y\n```\n\nEnd"


def test_another_suggestion_stays_as_it_is() -> None:
    good = "```suggestion:-0+0\nUSER 10001:10001\n```"
    assert inert(good) == good
    assert inert(f"{good}\n/merge") == f"{good}\n\\/merge"


@given(st.text(alphabet="/a \t\n\r`~<!->\x0b\x0c\x1c\u2028\x85", max_size=60))
def test_nothing_begins_with_a_slash(text: str) -> None:
    assert not ACTION.search(inert(text))
    assert all(not line.lstrip().startswith("/") for line in inert(text).splitlines())
