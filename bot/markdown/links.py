"""Permalinks into the reviewed commits. Pure."""

from dataclasses import dataclass
from urllib.parse import quote

from bot.change import Change, ForgeName
from bot.markdown.escape import code
from rules.finding import Location, Side

_LONGEST_PATH = 400  # bytes; a longer one is shown without a link


@dataclass(frozen=True, slots=True)
class Links:
    """How places of one change are named and linked.

    ``blind`` leaves out all that differs from push to push although nothing else does: commits
    and line numbers. The hash of a body is taken from such a text, so that a push that only
    moves lines edits nothing; the links that stand still point where they say.
    """

    change: Change
    blind: bool = False

    @property
    def commit(self) -> str:
        """The reviewed commit, as short as the forge links it."""
        return "" if self.blind else self.change.head[:7]

    def place(self, location: Location) -> str:
        """Path and line, with a link where there is one."""
        if self.blind:
            return code(location.path)
        return self._linked(code(f"{location.path}:{location.line}"), location)

    def line(self, location: Location) -> str:
        """The line alone, where the path is known from what stands around it."""
        if self.blind:
            return "line"
        return self._linked(f"line {location.line}", location)

    def url(self, location: Location) -> str:
        """Where the forge shows the line; ``""`` where it cannot be linked."""
        path = location.path.encode("utf-8", "surrogateescape")
        root = self._repository()
        if not root or len(path) > _LONGEST_PATH:
            return ""
        sha = self.change.merge_base if location.side is Side.BASE else self.change.head
        return f"{root}/{sha}/{quote(path)}#L{location.line}"

    def _linked(self, label: str, location: Location) -> str:
        url = self.url(location)
        return f"[{label}]({url})" if url else label

    def _repository(self) -> str:
        """Where the forge shows files of a commit; ``""`` in a terminal."""
        url = quote(self.change.url, safe=":/")
        if self.change.id.forge is ForgeName.GITLAB:
            return url.partition("/-/")[0] + "/-/blob" if "/-/" in url else ""
        before, found, _number = url.rpartition("/pull/")
        return before + "/blob" if found else ""
