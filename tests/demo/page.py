"""The conversation as a page that looks like a pull request."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup

_HIDDEN = re.compile(r"<!--.*?-->", re.DOTALL)


def write(path: Path, moments: Sequence[dict[str, Any]]) -> None:
    """Write the page of all moments, the last one whole."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["markdown"] = rendered
    path.parent.mkdir(parents=True, exist_ok=True)
    page = environment.get_template("page.html").render(moments=moments, last=moments[-1])
    path.write_text(page, "utf-8")


def rendered(body: str) -> Markup:
    """Markdown as GitHub shows it: tables, struck words, and the few tags that it lets through."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return Markup(parser.render(_HIDDEN.sub("", body)))
