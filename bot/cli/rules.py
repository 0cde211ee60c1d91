"""``redline rules``: what is judged, and why."""

import difflib
import json
import sys
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from bot.cli.known import known
from bot.cli.printer import Printer
from rules.docs import page
from rules.entries import Entry, shortly
from rules.groups import GROUPS, OTHERS, OWN

_DOES = 20  # signs that say what a rule does
_ORDER = {group.title: number for number, group in enumerate((*GROUPS, OTHERS, OWN))}


def explain(name: str, form: str) -> int:
    """Print one rule, all codes of a tool, or all rules of ours; the exit status."""
    every = known([name])
    if name in every:
        _one(every[name], form)
        return 0
    tools = {entry.group for entry in every.values()} - set(_ORDER)
    if name and name not in tools:
        return _unknown(name, [*every, *tools])
    whole = form == "json" and not name
    chosen = [each for each in every.values() if whole or _listed(each, name)]
    _all(sorted(chosen, key=_place), form)
    return 0


def _listed(entry: Entry, tool: str) -> bool:
    return entry.group == tool if tool else entry.group in _ORDER


def _place(entry: Entry) -> tuple[int, int]:
    """By group, and there as the group has it."""
    of = next((group.rules for group in GROUPS if group.title == entry.group), ())
    within = of.index(entry.name) if entry.name in of else len(of)
    return _ORDER.get(entry.group, len(_ORDER)), within


def _one(entry: Entry, form: str) -> None:
    console = Printer()
    if form == "json":
        sys.stdout.write(json.dumps(_whole(entry), indent=2) + "\n")
    elif console.is_terminal:
        console.print(Markdown(page(entry)))
    else:
        sys.stdout.write(page(entry))


def _all(chosen: Iterable[Entry], form: str) -> None:
    console = Printer()
    if form == "json":
        sys.stdout.write(json.dumps([_brief(each) for each in chosen], indent=2) + "\n")
    elif console.is_terminal:
        every = list(chosen)
        widest = max(len(each.name) for each in every)
        for group, members in groupby(every, key=lambda each: each.group):
            console.print(Text(group, style="bold"), _table(members, widest), "")
        console.print("`redline rules NAME` tells one whole, `redline rules hadolint` its codes.")
    else:
        sys.stdout.write("".join(map(_line, chosen)))


def _table(members: Iterable[Entry], widest: int) -> Table:
    """Columns as wide as in every other group."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="cyan", min_width=widest)
    table.add_column(min_width=_DOES)
    table.add_column()
    for each in members:
        table.add_row(each.name, shortly(each), Text(each.title))
    return table


def _line(entry: Entry) -> str:
    """One line a rule, for whoever looks for one with other programs."""
    return f"{entry.name:<28}  {shortly(entry):<{_DOES}}  {entry.title}\n"


def _brief(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "title": entry.title,
        "group": entry.group,
        "severity": entry.letter.word,
        "effect": entry.effect,
    }


def _whole(entry: Entry) -> Mapping[str, Any]:
    return _brief(entry) | {
        "why": entry.why,
        "fix": entry.fix,
        "bad": [each.text for each in entry.bad],
        "good": [each.text for each in entry.good],
    }


def _unknown(name: str, every: Iterable[str]) -> int:
    near = difflib.get_close_matches(name, every, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    sys.stderr.write(f"There is no rule {name!r}.{hint} `redline rules` lists them all.\n")
    return 2
