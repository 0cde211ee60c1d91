"""The conversation as a page that looks like a pull or merge request."""

import re
from collections.abc import Sequence
from pathlib import Path

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup

from tests.demo.moment import Moment, Row, excerpt, is_bot, place

_HIDDEN = re.compile(r"<!--.*?-->", re.DOTALL)


def write(path: Path, pull: Row, moments: Sequence[Moment]) -> None:
    """Write the page of all moments; ``pull`` is the conversation at its end."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"markdown": rendered, "excerpt": excerpt, "place": place, "bot": is_bot}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        environment.get_template("page.html").render(pull=pull, moments=moments), "utf-8"
    )


def rendered(body: str) -> Markup:
    """Markdown as forges show it: tables, struck words, and the few tags that they let through."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return Markup(parser.render(_HIDDEN.sub("", body)))
