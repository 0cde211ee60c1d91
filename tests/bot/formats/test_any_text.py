"""JSON and the page hold whatever a text can be."""

import json

from hypothesis import given, settings

from bot.formats import html
from bot.formats import json as document
from bot.review import Review
from rules.finding import Location
from tests.bot.formats.given import DIFF, EVERY, reviews, rich


def source(_where: Location) -> list[str]:
    return ["<script>\x00\udc80", ""]


@given(reviews())
@settings(deadline=None, max_examples=40)
def test_it_is_valid_json_and_comes_back(any_review: Review) -> None:
    text = document.render(any_review, DIFF, "0.1.0")
    assert text.isascii()
    told = json.loads(text)
    every = [each for one in any_review.results for each in one.findings]
    assert [each["path"] for each in told["findings"]] == [each.location.path for each in every]
    assert [each["message"] for each in told["findings"]] == [each.message for each in every]


@given(reviews())
@settings(deadline=None, max_examples=20)
def test_it_is_a_page(any_review: Review) -> None:
    page = html.render(any_review, source, "0.1.0")
    assert page.encode()
    assert "<script" not in page
    assert "\x00" not in page


def test_everything_is_there() -> None:
    told = json.loads(document.render(rich(), DIFF, "0.1.0"))
    assert len(told["findings"]) == len(EVERY)
    assert told["counts"] == {
        "blocking": 2, "warning": 2, "info": 1, "existing": 1, "allowed": 1, "acknowledged": 1,
        "unchecked": 2,
    }  # fmt: skip
