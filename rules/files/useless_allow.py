"""Redline's own finding on a written exception that lets nothing pass."""

from rules.allow import Allow
from rules.finding import Finding, Location, Severity, folder, named

NAME = "useless-allow"
UNKNOWN = "is no rule of Redline's"
NEVER = "is what Redline says of the review itself: no file can allow it"


def useless(allow: Allow, rule: str) -> Finding:
    """Nothing of the rule is found where the exception stands."""
    if not rule:
        return _finding(allow, rule, f"This exception {allow.fault}: it does nothing.", _WRITE)
    said = f"This exception to {named(rule)} does nothing: none is found on its line or below it."
    return _finding(allow, rule, said, _TAKE)


def pointless(allow: Allow, rule: str, why: str, near: str = "") -> Finding:
    """It names what is no rule, or none that a file can allow. ``near`` is spelt alike."""
    hint = f" Did you mean {named(near)}?" if near else ""
    said = f"{named(rule)} {why}, so this exception to it does nothing.{hint}"
    return _finding(allow, rule, said, _FIND if why == UNKNOWN else _TAKE)


_WRITE = "Write `# redline: allow RULE REASON`."
_TAKE = "Take it away: it would hide the next one."
_FIND = "`redline rules` lists the rules."


def _finding(allow: Allow, rule: str, message: str, fix: str) -> Finding:
    line = allow.comment.line
    return Finding(
        rule=NAME,
        severity=Severity.INFO,
        location=Location(allow.path, line, block=(line, line)),
        message=message,
        detail=f"{allow.comment.subject} {allow.comment.place} {rule}",
        address=allow.path,
        project=folder(allow.path),
        fix=fix,
    )
