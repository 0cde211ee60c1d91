"""Redline's own finding on a written exception that does not hold, and would let something pass."""

from rules.allow import Allow
from rules.finding import Finding, Location, Severity, folder, named

NAME = "expired-allow"
_FIX = "Mend what is found there, or write the exception with a reason and a day that is to come."


def expired(allow: Allow) -> Finding:
    """The finding at the exception's line: what it is about counts."""
    line = allow.comment.line
    rules = ", ".join(map(named, allow.rules))
    why = allow.fault or f"ended on {allow.until}"
    return Finding(
        rule=NAME,
        severity=Severity.WARNING,
        location=Location(allow.path, line, block=(line, line)),
        message=f"This exception to {rules} {why}, so it does not hold: what it is about counts.",
        detail=f"{allow.comment.subject} {allow.comment.place} {' '.join(allow.rules)}",
        address=allow.path,
        project=folder(allow.path),
        fix=_FIX,
    )
