"""The conversation as a terminal shows it: statuses, then comments with file and line."""

import re
from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, TableElement
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from tests.demo.moment import Moment, Row, excerpt, place

_COLOURS = {
    **dict.fromkeys(("failure", "failed"), "bold red"),
    **dict.fromkeys(("skipped", "cancelled", "canceled"), "dim"),
    "success": "green",
}
_REACTIONS = {"+1": "thumbs up", "thumbsup": "thumbs up"}
_HIDDEN = re.compile(r"<!--.*?-->", re.DOTALL)
_FOLDED = re.compile(r"<details>(?:(?!<details>).)*?</details>", re.DOTALL)  # the innermost
_TAGS = re.compile(r"</?(?:sub|sup|br|b|i|details|summary)[^>]*>")


class _Rows(TableElement):
    """A table whose places and ids stay whole: only prose is broken."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for table in super().__rich_console__(console, options):
            assert isinstance(table, Table)
            for column in table.columns:
                column.no_wrap = str(column.header) != "What"
            yield table


class _Markdown(Markdown):
    elements = {**Markdown.elements, "table_open": _Rows}  # noqa: RUF012 - as in the parent


def show(moment: Moment, console: Console) -> None:
    """Print what is new at the change."""
    console.print()
    console.print(Rule(f"[bold]{moment.did}[/]", align="left"))
    for line in _statuses(moment):
        console.print(line, soft_wrap=True)
    for row in moment.comments:
        said = f"\n  {row['author']}" + (" (edited)" if row["history"] else "") + _reactions(row)
        console.print(Text(said, style="bold"))
        _said(row, console)
    for thread in moment.threads:
        console.print(Text(f"\n  {place(thread)}", style="bold cyan"))
        _thread(thread, console)
    if moment.closed:
        console.print()
    for thread in moment.closed:
        console.print(_closed(thread))
    if moment.quiet:
        console.print(Text("\n  No comment is new or different.", style="dim"))


def _statuses(moment: Moment) -> Iterator[Text]:
    """What the newest commit showed, from first to last."""
    for shown in moment.statuses:
        state = shown["conclusion"] or shown["state"]
        line = Text(f"  {shown['name']} at {moment.commit[:7]}: ")
        line.append(state.replace("_", " "), style=_COLOURS.get(state, "yellow"))
        yield line.append(f"  {shown['title'] or ''}", style="default")
    for row in moment.annotations:
        line = Text("    annotation  ").append(f"{row['path']}:{row['start_line']}", style="cyan")
        yield line.append(f"  {row['title']}")


def _thread(thread: Row, console: Console) -> None:
    for line in excerpt(thread["hunk"] or "")[-1:]:
        console.print(Text(f"    {line.new or line.old} {line.sign} {line.text}", style="dim"))
    for comment in thread["comments"]:
        _said(comment, console)


def _closed(thread: Row) -> Text:
    word = "resolved" if thread["resolved"] else "hidden"
    line = Text(f"  {word}  ", style="green").append(place(thread), style="cyan")
    return line.append(
        "  " + plain(thread["comments"][-1]["body"]).replace("**", ""), style="default"
    )


def _said(row: Row, console: Console) -> None:
    console.print(Padding(_Markdown(plain(row["body"])), (0, 2, 0, 4)))


def plain(body: str) -> str:
    """A body without what a page folds or hides."""
    text, folds = _HIDDEN.sub("", body), 1
    while folds:
        text, folds = _FOLDED.subn("", text)
    return _TAGS.sub("", text).strip()


def _reactions(row: Row) -> str:
    words = [_REACTIONS.get(each["content"], each["content"]) for each in row["reactions"]]
    return f"  [{', '.join(words)} from redline]" if words else ""
