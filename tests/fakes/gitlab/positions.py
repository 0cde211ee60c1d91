"""Where a note may stand, and where it stands after a push."""

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.fakes.diff import File, diff, follow, renamed
from tests.fakes.git import Bare
from tests.fakes.gitlab.params import Param, Params, may, needed
from tests.fakes.gitlab.state import Position, Request, Version

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server

NO_LINE = """Note {:line_code=>["can't be blank", "must be a valid line code"]}"""
END = Param("object", within={"line_code": may(), "type": may("text", "new", "old", "expanded"),
                     "old_line": may("integer"), "new_line": may("integer")})  # fmt: skip
POSITION: Params = {
    "base_sha": needed(),
    "start_sha": needed(),
    "head_sha": needed(),
    "position_type": needed("text", "text", "file"),
    "old_path": may(),
    "new_path": may(),
    "old_line": may("integer"),
    "new_line": may("integer"),
    "line_range": Param("object", within={"start": END, "end": END}),
}  # fmt: skip
POSITIONED = Param("object", within=POSITION)


def read(given: dict[str, Any] | None) -> Position | None:
    if given is None:
        return None
    return Position(
        given["position_type"], given["base_sha"], given["start_sha"], given["head_sha"],
        given.get("old_path", ""), given.get("new_path", ""),
        given.get("old_line"), given.get("new_line"),
    )  # fmt: skip


def shape(one: Position) -> dict[str, Any]:
    return {
        "base_sha": one.base,
        "start_sha": one.start,
        "head_sha": one.head,
        "old_path": one.old_path,
        "new_path": one.new_path,
        "position_type": one.kind,
        "old_line": one.old_line,
        "new_line": one.new_line,
        "line_range": None,
    }


NOWHERE = {**dict.fromkeys(shape(Position("text", "", "", "", "", ""))), "position_type": "text"}


def line_code(one: Position) -> str:
    name = hashlib.sha1(one.new_path.encode(), usedforsecurity=False).hexdigest()
    return f"{name}_{one.old_line or 0}_{one.new_line or 0}"


def known(server: "Server", request: Request) -> list[Version]:
    """The versions of its diff that are there by now, oldest first."""
    by = server.state.clock.now() - server.late.versions
    return [one for one in request.versions if one.created <= by]


def valid(server: "Server", request: Request, wanted: Position) -> bool:
    """Whether a note may stand there: a version's shas, both paths, and a line of that file."""
    git = request.project.git
    there = {(one.base, one.start, one.head) for one in known(server, request)}
    if (wanted.base, wanted.start, wanted.head) not in there:
        return False
    file = file_at(git, wanted)
    if file is None:
        return False
    if wanted.kind == "file":
        return wanted.old_line is None and wanted.new_line is None
    return has_line(git, file, wanted)


def file_at(git: Bare, wanted: Position) -> File | None:
    """The changed file of a position, which must name both its paths."""
    found = diff(git, wanted.base, wanted.head).get(wanted.new_path)
    if found is None or wanted.old_path != (found.previous or found.path):
        return None
    return found


def has_line(git: Bare, file: File, wanted: Position) -> bool:
    """Added lines have a new number only, removed ones an old one only, others both."""
    old, new = wanted.old_line, wanted.new_line
    if old is None or new is None:
        sign = "+" if old is None else "-"
        rows = (row for hunk in file.hunks for row in hunk.rows if row.sign == sign)
        return any((row.old, row.new) == (old, new) for row in rows)
    if file.status in ("added", "removed") or old < 1:
        return False
    same = follow(git, wanted.base, wanted.head, wanted.old_path, old) == new
    return same and new <= length(git, wanted.head, file.path)


def length(git: Bare, sha: str, path: str) -> int:
    text = git.git("show", f"{sha}:{path}")
    return text.count(b"\n") + (not text.endswith(b"\n") and bool(text))


def moved(git: Bare, original: Position, version: Version) -> Position | None:
    """Where it stands in a newer version; None: its line is gone, and it is outdated."""
    target = replace(original, base=version.base, start=version.start, head=version.head)
    shown = diff(git, version.base, version.head)
    if original.new_line is None and original.kind == "text":
        path = renamed(git, original.base, version.base, original.old_path)
        file = next((one for one in shown.values() if (one.previous or one.path) == path), None)
        line = follow(git, original.base, version.base, original.old_path, original.old_line)
        if file is None or path is None or line is None:
            return None
        target = replace(target, old_path=path, new_path=file.path, old_line=line)
        return target if has_line(git, file, target) else None
    return moved_head(git, original, target, shown)


def moved_head(
    git: Bare, original: Position, target: Position, shown: dict[str, File]
) -> Position | None:
    path = renamed(git, original.head, target.head, original.new_path)
    file = None if path is None else shown.get(path)
    if file is None or file.status == "removed":
        return None
    target = replace(target, new_path=file.path, old_path=file.previous or file.path)
    if original.kind == "file":
        return target
    line = follow(git, original.head, target.head, original.new_path, original.new_line)
    rows = [row for hunk in file.hunks for row in hunk.rows if row.new == line and row.sign != "-"]
    if line is None:
        return None
    if rows:
        return replace(target, new_line=line, old_line=rows[0].old)
    if original.old_line is None:  # what was added is now as it was before: no change any more
        return None
    old = follow(git, original.base, target.base, original.old_path, original.old_line)
    return replace(target, new_line=line, old_line=old)


def hunk(git: Bare, one: Position) -> str:
    """The piece of the diff that a page shows above a note: down to its line."""
    file = file_at(git, one)
    if file is None or one.kind == "file":
        return ""
    for part in file.hunks:
        for at, row in enumerate(part.rows):
            there = row.new == one.new_line if one.new_line else row.old == one.old_line
            if there and (row.sign == "-") == (one.new_line is None):
                return "\n".join([part.header, *(r.sign + r.text for r in part.rows[: at + 1])])
    text = git.git("show", f"{one.head}:{one.new_path}").decode(errors="replace").split("\n")
    first = max(1, (one.new_line or 1) - 3)
    lines = text[first - 1 : one.new_line]
    shift = (one.old_line or 0) - (one.new_line or 0)
    return "\n".join([f"@@ -{first + shift} +{first} @@", *(f" {line}" for line in lines)])
