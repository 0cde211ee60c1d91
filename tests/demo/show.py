"""The conversation as a terminal shows it: statuses, then comments with file and line."""

import re
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

Row = dict[str, Any]
_COLOURS = {"failure": "bold red", "success": "green", "skipped": "dim", "cancelled": "dim"}
_HIDDEN = re.compile(r"<!--.*?-->", re.DOTALL)
_FOLDED = re.compile(r"<details>(?:(?!<details>).)*?</details>", re.DOTALL)  # the innermost
_TAGS = re.compile(r"</?(?:sub|sup|br|b|i|details|summary)[^>]*>")


def show(did: str, conversation: Row, console: Console) -> None:
    """Print what stands at the pull request after ``did``."""
    console.print()
    console.print(Rule(f"[bold]{did}[/]", align="left"))
    for status in statuses(conversation):
        console.print(status)
    for row in conversation["timeline"]:
        _comment(row, console)
    for thread in conversation["threads"]:
        _thread(thread, console)


def statuses(conversation: Row) -> Iterator[Text]:
    """What the newest commit showed, from first to last."""
    for row in conversation["statuses"].get(conversation["head"], []):
        for shown in row["history"]:
            state = shown["conclusion"] or shown["state"]
            line = Text(f"  {row['name']} at {conversation['head'][:7]}: ")
            line.append(state, style=_COLOURS.get(state, "yellow"))
            yield line.append(f"  {shown['title'] or ''}", style="default")


def _comment(row: Row, console: Console) -> None:
    if row["kind"] != "comment" or row["deleted"]:
        return
    console.print(Text(f"\n  {row['author']}" + _reactions(row), style="bold"))
    console.print(Padding(Markdown(plain(row["body"])), (0, 2, 0, 4)))


def _thread(thread: Row, console: Console) -> None:
    where = f"{thread['path']}:{thread['line'] or thread['original_line']}"
    line = Text(f"\n  {where}", style="bold cyan")
    if thread["resolved"]:
        line.append("  resolved", style="green")
    elif thread["comments"][0]["minimized"]:
        line.append("  hidden as resolved", style="green")
    console.print(line)
    for comment in thread["comments"]:
        console.print(Padding(Markdown(plain(comment["body"])), (0, 2, 0, 4)))


def plain(body: str) -> str:
    """A body without what a page folds or hides."""
    text, folds = _HIDDEN.sub("", body), 1
    while folds:
        text, folds = _FOLDED.subn("", text)
    return _TAGS.sub("", text).strip()


def _reactions(row: Row) -> str:
    return "".join(f"  :{each['content']}:" for each in row.get("reactions", []))
