"""Redline's own finding on a file that a rule should judge and nobody can parse."""

from rules.finding import Blocks, Finding, Location, Severity

NAME = "unreadable-file"
_FIX = "Correct the syntax at this line."
_OF_YAML = " A template belongs into a chart."


def unreadable(path: str, line: int, reason: str, project: str) -> Finding:
    """The finding ``unreadable-file`` at the line (from 1) where reading stopped.

    ``reason`` is for people and holds nothing of the file's content.
    """
    return Finding(
        rule=NAME,
        severity=Severity.BLOCKING,
        location=Location(path, line, block=(line, line)),
        message=f"This file cannot be read: {reason}. Nothing in it was judged.",
        detail="",
        address=path,
        project=project,
        blocks=Blocks.NEW,
        fix=_FIX + (_OF_YAML if path.endswith((".yaml", ".yml")) else ""),
    )
