"""Suggestions in notes: the lines that a person replaces with one click."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.gitlab import changing, notes
from tests.fakes.gitlab.state import Account, Discussion, Note, Request

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server

BLOCK = re.compile(
    r"^(`{3,})suggestion(?::-(\d+)\+(\d+))?[ \t]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL
)
FARTHEST = 100  # lines above and below the note's own


@dataclass(frozen=True)
class Suggestion:
    """Lines ``first`` to ``last`` of a file at head, and what is to stand there."""

    path: str
    first: int
    last: int
    before: str
    after: str


def read(request: Request, note: Note) -> list[Suggestion]:
    """All of a note's, if it stands at a line of head: elsewhere they are shown as code."""
    where = note.position
    if where is None or where.new_line is None or where.kind != "text" or note.outdated:
        return []
    text = request.project.git.git("show", f"{where.head}:{where.new_path}").decode()
    found = []
    for block in BLOCK.finditer(note.body):
        above, below = (min(int(part or 0), FARTHEST) for part in block.group(2, 3))
        lines = text.splitlines(keepends=True)
        first, last = max(1, where.new_line - above), min(len(lines), where.new_line + below)
        before = "".join(lines[first - 1 : last])
        found.append(Suggestion(where.new_path, first, last, before, block[4]))
    return found


def shape(request: Request, note: Note) -> list[dict[str, Any]]:
    return [
        {
            "id": note.id * 10 + at,
            "from_line": one.first,
            "to_line": one.last,
            "appliable": note.resolver is None and request.state == "opened",
            "applied": False,
            "from_content": one.before,
            "to_content": one.after,
        }
        for at, one in enumerate(read(request, note))
    ]


def apply(
    server: "Server", request: Request, discussion: Discussion, note: Note, by: Account
) -> str:
    """Commit a note's only suggestion to the source branch; its thread is resolved."""
    [one] = read(request, note)
    source = request.source
    assert source is not None, "the fork is gone"
    text = source.git.git("show", f"{request.head}:{one.path}").decode()
    lines = text.splitlines(keepends=True)
    assert "".join(lines[one.first - 1 : one.last]) == one.before, "the file has changed since"
    lines[one.first - 1 : one.last] = [one.after]
    signed = (by.login, int(server.state.clock.now()))
    files = {one.path: "".join(lines)}
    sha = source.git.write([request.head], files, "Apply 1 suggestion", signed)
    changing.move(server, source, request.source_branch, sha, by)
    notes.resolve(server, request, discussion, by, done=True)
    return sha
