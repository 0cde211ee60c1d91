"""Redline's own finding on what a change tells a tool not to say."""

from rules.finding import Finding, Location, Severity, folder

NAME = "author-suppression"


def suppression(path: str, line: int, rule: str, detail: str) -> Finding:
    """The finding at the line that silences ``rule`` (a tool's, ``hadolint/DL3008``).

    ``detail`` tells it from others in the file, without a line.
    """
    return Finding(
        rule=NAME,
        severity=Severity.INFO,
        location=Location(path, line, block=(line, line)),
        message=f"This would silence {rule}, which is found here. It is shown all the same: "
        "a change does not decide what its own review says.",
        detail=f"{rule} {detail}".strip(),
        address=path,
        project=folder(path),
    )
