"""Where a comment stands, as GitLab counts lines. Pure."""

from typing import Any

from bot.change import Anchor, AnchorKind
from bot.forges.base import Refused
from bot.forges.gitlab.answers import Refs
from rules.finding import Side


def position(anchor: Anchor, refs: Refs) -> dict[str, Any]:
    """The place in the newest diff. Raises Refused for a path that no API can be told of.

    Both paths always; an added line has its new number, a removed one its old, an unchanged one
    both. About a file whose lines say nothing: the file as a whole.
    """
    try:
        anchor.path.encode()
        anchor.old_path.encode()
    except UnicodeEncodeError as error:
        raise Refused(f"{anchor.path!r} cannot be named in JSON") from error
    place: dict[str, Any] = {
        "base_sha": refs.base_sha,
        "start_sha": refs.start_sha,
        "head_sha": refs.head_sha,
        "old_path": anchor.old_path or anchor.path,
        "new_path": anchor.path,
    }
    if anchor.kind is AnchorKind.FILE and not anchor.line:
        return {**place, "position_type": "file"}
    return {**place, "position_type": "text", **_lines(anchor)}


def _lines(anchor: Anchor) -> dict[str, int]:
    if anchor.side is Side.BASE:
        return {"old_line": anchor.line}
    if anchor.old_line is None:
        return {"new_line": anchor.line}
    return {"old_line": anchor.old_line, "new_line": anchor.line}
