"""Markdown: the summary, as a document of its own."""

from hypothesis import given, settings
from markdown_it import MarkdownIt

from bot.formats import markdown
from bot.review import Review
from tests.bot.formats.given import ENTRIES, EVERY, reviews, rich
from tests.bot.given import result, review


def test_it_has_every_new_finding_and_no_link_or_command() -> None:
    text = markdown.render(rich())
    assert (
        "**Redline: blocks merge** · 2 blocking, 2 warnings, 1 info, 1 allowed, 1 acknowledged"
        in text
    )
    for one in EVERY:
        assert (f"| `{one.rule}` |" in text) == one.new
    assert "](" not in text
    assert "/redline" not in text
    assert "/recheck" not in text
    assert "backend init failed" in text
    assert "`redline rules RULE`" in text


def test_a_clean_review_says_so() -> None:
    assert "nothing blocks" in markdown.render(review(result()))


def test_it_is_read_as_tables() -> None:
    html = MarkdownIt("gfm-like", {"linkify": False}).render(markdown.render(rich()))
    assert html.count("<table>") == 2
    assert html.count("<tr>") == 2 + sum(each.new for each in EVERY)
    assert ENTRIES


@given(reviews())
@settings(deadline=None, max_examples=40)
def test_any_text_is_valid(any_review: Review) -> None:
    text = markdown.render(any_review)
    assert text.encode()
    html = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    assert "<script" not in html
