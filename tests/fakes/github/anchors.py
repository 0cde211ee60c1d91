"""Where a review comment may stand, and where it stands after a push."""

from dataclasses import replace
from typing import Any

from tests.fakes.diff import File, diff, follow, renamed
from tests.fakes.git import Bare
from tests.fakes.github.state import Place

Range = tuple[str, str]  # merge base and head

NOT_IN_DIFF = "Pull request review thread line must be part of the diff"
START_NOT_IN_DIFF = "Pull request review thread start line must be part of the diff"
OTHER_HUNK = "Pull request review thread start line must be part of the same hunk as the line."
NOT_BEFORE = "Pull request review thread start line must precede the end line."
BAD_PATH = "Pull request review thread path is invalid"
NO_HUNK = "Pull request review thread diff hunk can't be blank"
BAD_SIDE = "Pull request review thread side is not included in the list"


def place(comment: dict[str, Any]) -> Place:
    """What a request asks for; the sides default as the description says."""
    side = comment.get("side") or "RIGHT"
    start = comment.get("start_line")
    return Place(
        path=comment["path"],
        subject=comment.get("subject_type") or "line",
        side=side,
        line=comment.get("line"),
        start_side=None if start is None else comment.get("start_side") or side,
        start_line=start,
    )


def faults(files: dict[str, File], wanted: Place) -> list[str]:
    """GitHub's complaints about a place; empty when a comment may stand there."""
    file = files.get(wanted.path)
    if file is None:
        return [BAD_PATH] if wanted.subject == "file" else [BAD_PATH, NO_HUNK]
    if wanted.subject == "file":
        return []
    if {wanted.side, wanted.start_side or wanted.side} - {"LEFT", "RIGHT"}:
        return [BAD_SIDE]
    hunk = None if wanted.line is None else file.hunk(wanted.side, wanted.line)
    if hunk is None:
        same = [] if wanted.start_line is None else [OTHER_HUNK]
        return [NOT_IN_DIFF, *same, NO_HUNK]
    return [] if wanted.start_line is None else start_faults(file, wanted, hunk)


def start_faults(file: File, wanted: Place, hunk: int) -> list[str]:
    assert wanted.line is not None
    assert wanted.start_line is not None
    start_side = wanted.start_side or wanted.side
    if start_side == wanted.side and wanted.start_line >= wanted.line:
        return [NOT_BEFORE]
    if file.hunk(start_side, wanted.start_line) is None:
        return [START_NOT_IN_DIFF]
    first = file.hunks[hunk].find(start_side, wanted.start_line)
    last = file.hunks[hunk].find(wanted.side, wanted.line)
    if first is None or last is None:
        return [OTHER_HUNK]
    return [] if first < last else [NOT_BEFORE]


def hunk_text(files: dict[str, File], wanted: Place) -> str:
    """The piece of the diff that is shown above a comment: down to its line."""
    file = files[wanted.path]
    if wanted.line is None:
        return ""
    hunk = file.hunks[file.hunk(wanted.side, wanted.line) or 0]
    last = hunk.find(wanted.side, wanted.line) or 0
    return "\n".join([hunk.header, *(row.sign + row.text for row in hunk.rows[: last + 1])])


def position(files: dict[str, File], wanted: Place) -> int | None:
    """The old way to say where: rows below the file's first ``@@``."""
    file = files.get(wanted.path)
    if file is None or wanted.line is None:
        return None
    above = 0
    for hunk in file.hunks:
        found = hunk.find(wanted.side, wanted.line)
        if found is not None:
            return above + found + 1
        above += len(hunk.rows) + 1
    return None


def moved(git: Bare, original: Place, before: Range, after: Range) -> Place:
    """Where a comment stands now. Outdated: no line.

    The line is followed through what changed on its side; it must still be one that the pull
    request's diff shows.
    """
    shown = diff(git, *after)
    path, old, new, source = original.path, before[1], after[1], original.path
    if original.side == "LEFT":
        old, new = before[0], after[0]
        file = diff(git, *before)[path]
        source = file.previous or file.path
    target = renamed(git, old, new, source)
    path = next((one.path for one in shown.values() if target == name_on(original.side, one)), path)
    line = None if target is None else follow(git, old, new, source, original.line)
    start = follow(git, old, new, source, original.start_line)
    place = Place(path, original.subject, original.side, line, original.start_side, start)
    if original.subject == "file" or (line is not None and not faults(shown, place)):
        return place
    return replace(place, line=None, start_line=None)


def name_on(side: str, file: File) -> str:
    return file.previous or file.path if side == "LEFT" else file.path
