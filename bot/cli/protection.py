"""``redline doctor OWNER/REPO``: whether Redline holds a change back there, or only advises."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace

from rich.text import Text

from bot.cli.doctor import SIGNS
from bot.cli.ending import WRONG_USE
from bot.cli.operate import forges
from bot.cli.printer import Printer
from bot.cli.terminal import plain
from bot.forges.base import Forge, ForgeError
from bot.protection import Fact, Part, Protection
from bot.settings import Settings, SettingsError, load

_PARTS = {
    Part.GATE: "What holds a change back",
    Part.RIGHTS: "What Redline may do",
    Part.WEBHOOKS: "What reaches Redline",
}
_UNKNOWN = 2
_STEP = " " * 10  # not below what it belongs to: addresses are long, and people copy them


def examine(repository: str) -> int:
    """Print it; 1 if a change is not held back or something is missing, 2 if nobody can tell."""
    try:
        settings = load()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_USE
    found, faults = _found(repository, forges(settings))
    if not found:
        for fault in faults:
            sys.stderr.write(f"redline: {plain(fault)}\n")
        return WRONG_USE
    console = Printer(soft_wrap=True, highlight=False)
    for number, each in enumerate(found):
        if number:
            console.print()
        for line in _lines(_with_own(each, settings)):
            console.print(line)
    return max(_status(_with_own(each, settings)) for each in found)


def _found(name: str, every: Iterable[Forge]) -> tuple[list[Protection], list[str]]:
    """What each forge says that has such a repository, and what the others say."""
    found, faults = [], []
    for forge in every:
        try:
            found.append(forge.protection(name))
        except ForgeError as error:
            faults.append(str(error).partition("\n")[0])
    return found, faults


def _with_own(each: Protection, settings: Settings) -> Protection:
    """With what our own settings have to say."""
    if settings.allows(each.repository):
        return each
    says = f"it does not name {each.repository}: Redline leaves it alone"
    step = "add it, and start Redline again"
    fact = Fact(Part.RIGHTS, "REDLINE_REPOSITORIES", False, says, step)
    return replace(each, facts=(*each.facts, fact))


def _status(each: Protection) -> int:
    if each.blocks is False or any(fact.fine is False for fact in each.facts):
        return 1
    return _UNKNOWN if each.blocks is None else 0


def _lines(each: Protection) -> Iterator[Text]:
    where = f"{each.repository} on {each.forge}, branch {each.branch}"
    yield Text(plain(where), style="bold")
    yield _headline(each)
    widest = max(len(plain(fact.name)) for fact in each.facts)
    for part, title in _PARTS.items():
        facts = [fact for fact in each.facts if fact.part is part]
        if facts:
            yield Text()
            yield Text(f"{title}:", style="bold")
        for fact in facts:
            yield from _fact(fact, widest)


def _headline(each: Protection) -> Text:
    broken = {one.part for one in each.facts if one.fine is False}
    if each.blocks and Part.GATE in broken:
        return Text("Redline blocks, but as it stands not even a clean change passes.", "bold red")
    if each.blocks and broken:
        return Text("Redline blocks, but it lacks something: see what is not ok.", "bold yellow")
    if each.blocks:
        return Text("Redline blocks: what it has not found in order is not merged.", "bold green")
    if each.blocks is None:
        return Text("Whether Redline blocks or only advises, it may not see.", "bold magenta")
    return Text("Redline only advises: what it finds fault with can be merged.", "bold red")


def _fact(fact: Fact, widest: int) -> Iterator[Text]:
    sign, style = SIGNS[fact.fine]
    line = Text(f"  {sign:<6}  ", style=style)
    yield line.append(f"{plain(fact.name):<{widest}}  {plain(fact.says)}", style="not bold not dim")
    if fact.step:
        yield Text(f"{_STEP}-> {plain(fact.step)}")
