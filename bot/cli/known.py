"""All that ``redline rules`` can explain: our rules, our own findings, and the tools' codes."""

import re
from collections.abc import Iterable, Mapping

from bot.formats.described import wiki
from rules.entries import Entry, entries
from rules.finding import Severity
from workers.stages import hadolint

_CODE = re.compile(rf"{hadolint.NAME}/((?:DL|SC)\d{{4}})")


def known(also: Iterable[str] = ()) -> Mapping[str, Entry]:
    """Every name that a finding can have, as far as it is known beforehand.

    A tool has more codes than we have words for: those of ``also`` are among them.
    """
    table = hadolint.codes()
    asked = {found[1] for name in also if (found := _CODE.fullmatch(name))}
    tools = map(_of_hadolint, sorted({*table.messages, *table.ours, *asked}))
    return {entry.name: entry for entry in (*entries(), *tools)}


def _of_hadolint(code: str) -> Entry:
    ours = hadolint.codes().ours.get(code)
    mild = code in hadolint.codes().info
    name = f"{hadolint.NAME}/{code}"
    said = f"Redline's own rule `{ours}` judges this. So it is said once." if ours else ""
    title, rest = _parted(said or hadolint.meaning(code))
    return Entry(
        name=name,
        title=title,
        letter=Severity.INFO if mild else Severity.WARNING,
        effect=_effect(ours, mild=mild),
        text=f"{rest}\n\nThe tool's own words: <{wiki(name)}>".strip(),
        group=hadolint.NAME,
    )


def _parted(said: str) -> tuple[str, str]:
    """The first sentence, without its full stop, and the rest."""
    first, _, rest = said.partition(". ")
    return first.rstrip("."), rest


def _effect(ours: str | None, *, mild: bool) -> str:
    if ours:
        return "never shown"
    return "informs" if mild else "warns at most"
