"""Rules and findings in words, for formats that carry them. Pure."""

from typing import Any

from bot.formats.inert import inert
from bot.markdown.docs import doc
from rules.entries import Entry
from rules.finding import Finding, Severity

LEVELS = {Severity.BLOCKING: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEMS = {
    Severity.BLOCKING: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation",
}  # fmt: skip
_WIKIS = {
    "hadolint/DL": "https://github.com/hadolint/hadolint/wiki/{}",
    "hadolint/SC": "https://www.shellcheck.net/wiki/{}",
}


def message(finding: Finding) -> str:
    """What will happen, what people would see of it, and how to mend it."""
    symptom = f"Pods would show {finding.symptom}." if finding.symptom else ""
    fix = finding.fix or doc(finding.rule).fix
    said = (finding.message, symptom, f"Fix: {fix}" if fix else "")
    return " ".join(part for part in said if part)


def rule(name: str, entry: Entry | None) -> dict[str, Any]:
    """A SARIF reportingDescriptor: what can be looked up of a rule, or its name alone."""
    said: dict[str, Any] = {"id": inert(name), "name": _pascal(name)}
    address = wiki(name)
    said |= {"helpUri": address} if address else {}
    if entry is None:
        text = {"text": inert(name)}
        return said | {"shortDescription": text, "fullDescription": text, "help": text}
    return said | {
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": " ".join(entry.why.split()) or entry.title},
        "help": {"text": _plain(entry), "markdown": _markdown(entry)},
        "defaultConfiguration": {"level": LEVELS[entry.letter]},
        "properties": {
            "tags": [entry.group],
            "precision": "high",
            "problem.severity": _PROBLEMS[entry.letter],
        },
    }


def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in inert(name).replace("/", "-").split("-"))


def wiki(name: str) -> str:
    """Where a tool explains its code; ``""`` for a rule of ours."""
    for start, address in _WIKIS.items():
        code = name.partition("/")[2]
        if name.startswith(start) and code.isascii() and code.isalnum():
            return address.format(code)
    return ""


def _plain(entry: Entry) -> str:
    fix = f"\n\nFix: {entry.fix}" if entry.fix else ""
    return f"{entry.title}.\n\n{entry.why}{fix}"


def _markdown(entry: Entry) -> str:
    parts = [entry.why, f"**Fix:** {entry.fix}" if entry.fix else ""]
    for word, samples in (("Before", entry.bad[:1]), ("After", entry.good[:1])):
        parts += [f"{word}:\n\n```{one.language}\n{one.text}\n```" for one in samples]
    return "\n\n".join(part for part in parts if part)
