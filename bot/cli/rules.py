"""``redline rules``: what is judged, and why."""

import difflib
import sys
from collections.abc import Iterable

from rich.markdown import Markdown
from rich.table import Table

from bot.cli.printer import Printer
from rules.docs import Entry, entries


def explain(name: str) -> int:
    """Print one rule, or list all; the exit status."""
    console = Printer()
    if not console.is_terminal:
        console = Printer(width=200)  # one line a rule, for whoever looks for one
    every = {entry.name: entry for entry in entries()}
    if not name:
        console.print(_list(every.values()))
    elif name not in every:
        return _unknown(name, every)
    elif console.is_terminal:
        console.print(Markdown(every[name].page))
    else:
        sys.stdout.write(every[name].page)
    return 0


def _list(rules: Iterable[Entry]) -> Table:
    table = Table("rule", "says", "does", box=None, header_style="bold", pad_edge=False)
    for rule in sorted(rules, key=lambda each: each.name):
        table.add_row(rule.name, rule.title, rule.effect.partition(";")[0])
    return table


def _unknown(name: str, every: Iterable[str]) -> int:
    near = difflib.get_close_matches(name, every, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    sys.stderr.write(f"There is no rule {name!r}.{hint} `redline rules` lists them all.\n")
    return 2
