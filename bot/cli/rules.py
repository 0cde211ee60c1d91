"""``redline rules``: what is judged, and why."""

import difflib
from collections.abc import Iterable

from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from rules.docs import page
from rules.rule import Rule, rules_of

KINDS = ("kubernetes", "dockerfile", "files")


def explain(name: str) -> int:
    """Print one rule, or list all; the exit status."""
    console = Console()
    every = {rule.name: rule for kind in KINDS for rule in rules_of(kind)}
    if not name:
        console.print(_list(every.values()))
        return 0
    if name not in every:
        return _unknown(name, every)
    console.print(Markdown(page(every[name])))
    return 0


def _list(rules: Iterable[Rule]) -> Table:
    table = Table("rule", "severity", "what it says", box=None, header_style="bold")
    for rule in sorted(rules, key=lambda each: each.name):
        table.add_row(rule.name, rule.severity.word, rule.title)
    return table


def _unknown(name: str, every: dict[str, Rule]) -> int:
    near = difflib.get_close_matches(name, every, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    Console(stderr=True).print(f"There is no rule {name!r}.{hint} `redline rules` lists them all.")
    return 2
