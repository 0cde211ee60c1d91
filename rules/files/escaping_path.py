"""Redline's own finding on a path that leads out of what is reviewed."""

from enum import StrEnum

from rules.finding import Finding, Location, Severity, folder, named

NAME = "escaping-path"


class Escape(StrEnum):
    """How a link leads out."""

    ABSOLUTE = "an absolute path"
    OUTSIDE = "a path outside the repository"
    LOOP = "itself, in a loop"
    WINDING = "more folders and links than can be followed"
    SUBMODULE = "a submodule, which is another repository"
    DISGUISED = "a file whose own name does not say what it is"


def link(path: str, target: str, escape: Escape) -> Finding:
    """The finding about a symbolic link: where it points was not followed."""
    shown = target if len(target) <= 100 else f"{target[:100]}..."
    return _finding(
        path,
        f"This link to {named(shown)} leads to {escape.value}: it was not followed,"
        f" and {_UNSEEN.get(escape, _ELSEWHERE)}.",
        f"link to {escape.value}",
        "Link to a file of this repository, with a relative path, or copy the file.",
    )


_ELSEWHERE = "whoever builds from a checkout reads what lies there on their machine"
_UNSEEN = {
    Escape.SUBMODULE: "nothing of what lies there was reviewed",
    Escape.DISGUISED: "that file was not reviewed as what the link makes of it",
}


def submodule(path: str, commit: str) -> Finding:
    """The finding about a submodule that was added or moved to another commit."""
    return _finding(
        path,
        f"This submodule now stands at `{commit[:12]}`: it was not fetched,"
        " so nothing in it was reviewed.",
        f"submodule at {commit}",
        "Review that commit in its own repository.",
    )


def _finding(path: str, message: str, detail: str, fix: str) -> Finding:
    return Finding(
        rule=NAME,
        severity=Severity.WARNING,
        location=Location(path, 1, block=(1, 1)),
        message=message,
        detail=detail,
        address=path,
        project=folder(path),
        fix=fix,
    )
