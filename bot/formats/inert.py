"""Text and places as every reader of JSON or XML takes them. Pure."""

from urllib.parse import quote

from bot.change import Diff
from bot.markdown.escape import visible
from rules.finding import Location, Side


def inert(text: str) -> str:
    """The text in valid Unicode, line by line; what nobody can see is written out."""
    return "\n".join(visible(line) for line in text.split("\n"))


def uri(path: str) -> str:
    """A path of the repository as a relative URI: whatever its bytes, percent-encoded."""
    try:
        data = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # no path that git has
        data = visible(path).encode()
    # A colon in the first segment would make a scheme of it.
    return quote(data, safe="/").lstrip("/")


def at_head(where: Location, diff: Diff) -> Location | None:
    """The place at head: for a removed line the one before it. None where the file is gone."""
    if where.side is Side.HEAD:
        return where
    file = diff.by_old_path.get(where.path)
    if file is None:
        return Location(where.path, where.line)
    if file.new_path not in diff.by_new_path:
        return None
    kept = {old: new for new, old in file.context.items()}
    gaps = {old: max(1, new - 1) for old, new in file.gaps}
    line = gaps.get(where.line) or kept.get(where.line) or file.other(Side.BASE, where.line)
    return Location(file.new_path, line or 1)
