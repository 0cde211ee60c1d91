"""``redline review --format markdown``: the summary as a document of its own. Pure."""

from dataclasses import replace

from bot.change import ChangeId, ForgeName
from bot.markdown import summary
from bot.markdown.links import Links
from bot.markdown.summary import Page
from bot.review import Review


def render(review: Review) -> str:
    """The summary without links and commands, as for a change that no forge knows."""
    change = replace(review.change, id=ChangeId(ForgeName.LOCAL, 0), url="")
    return summary.body(Page(review, Links(change), seconds=True)) + "\n"
