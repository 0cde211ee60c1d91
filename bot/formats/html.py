"""``redline review --format html``: the page of a review as one file that stands alone."""

import time

from bot.report import page
from bot.report.making import Source, record
from bot.review import Review


def render(review: Review, source: Source, redline: str) -> str:
    """The page, without a script and without anything from outside."""
    return page.review(record(review, source, redline), time.time())
