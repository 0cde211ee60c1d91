"""All that ``redline rules`` can explain: our rules, our own findings, and the tools' codes."""

from collections.abc import Iterator, Mapping

from rules.entries import Entry, entries
from rules.finding import Severity
from workers.stages import hadolint


def known() -> Mapping[str, Entry]:
    """Every name that a finding can have, as far as it is known beforehand."""
    every = [*entries(), *_of_hadolint()]
    return {entry.name: entry for entry in every}


def _of_hadolint() -> Iterator[Entry]:
    table = hadolint.codes()
    for code in sorted({*table.messages, *table.ours}):
        ours = table.ours.get(code)
        mild = code in table.info
        said = table.messages.get(code, f"Redline's own rule `{ours}` says this.")
        yield Entry(
            name=f"{hadolint.NAME}/{code}",
            title=said.partition(". ")[0].rstrip("."),
            letter=Severity.INFO if mild else Severity.WARNING,
            effect=_effect(ours, mild=mild),
            text=_text(said, ours),
            group=hadolint.NAME,
        )


def _effect(ours: str | None, *, mild: bool) -> str:
    if ours:
        return f"never shown: `{ours}` says it"
    return "informs" if mild else "warns at most"


def _text(said: str, ours: str | None) -> str:
    if ours:
        return f"Redline's own rule `{ours}` judges this, so that it is said once."
    return said
