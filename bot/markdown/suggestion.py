"""A finding's suggestion as a block that people commit with one click. Pure.

That the text is right is proven where it is found (``workers.proving``). What is left to be true
here: the comment stands on these very lines, at head, and shows nothing that nobody can see.
"""

import re

from bot.change import Anchor, AnchorKind, Diff, ForgeName
from bot.markdown.escape import visible
from rules.finding import Finding, Side, Suggestion

_LONGEST = 4_000  # signs
_FENCE = re.compile(r"^( {0,3}(?:`{3,}|~{3,}))[ \t]*suggestion\b[^\n]*$", re.MULTILINE)
_RUN = re.compile("`+")


def spot(finding: Finding, diff: Diff, forge: ForgeName) -> Anchor | None:
    """Where a comment that suggests lines has to stand; None where no such comment can."""
    offered = finding.suggestion
    if offered is None or finding.location.side is not Side.HEAD or not _shows_all(offered, forge):
        return None
    anchor = diff.span(finding.location.path, offered.first, offered.last)
    if anchor is None or forge is not ForgeName.GITLAB or not anchor.start:
        return anchor
    # GitLab counts the lines below the one that the comment stands on.
    return diff.span(finding.location.path, offered.first, offered.first)


def block(offered: Suggestion, forge: ForgeName) -> str:
    """The block, in the forge's own form, for a comment at its ``spot``."""
    longest = max((len(run) for run in _RUN.findall(offered.replacement)), default=0)
    fence = "`" * max(3, longest + 1)
    below = f":-0+{offered.last - offered.first}" if forge is ForgeName.GITLAB else ""
    return f"{fence}suggestion{below}\n{offered.replacement}\n{fence}"


def withdrawn(text: str) -> str:
    """A body of ours in which nothing is to be committed any more."""
    return _FENCE.sub(r"\1", text)


def same(one: Anchor | None, other: Anchor | None) -> bool:
    """Whether both are the same lines of the same side of the same file."""
    if one is None or other is None:
        return False
    return (one.path, one.side, one.start, one.line) == (
        other.path,
        other.side,
        other.start,
        other.line,
    ) and one.kind is other.kind is AnchorKind.LINE


def _shows_all(offered: Suggestion, forge: ForgeName) -> bool:
    """Whether people see all that they would commit, and the forge takes none of it for an order.

    GitLab's older releases end a fence early, and run a line that begins with a slash.
    """
    lines = offered.replacement.split("\n")
    seen = all(visible(line) == line for line in lines)
    ordered = forge is ForgeName.GITLAB and any(line.lstrip().startswith("/") for line in lines)
    return seen and not ordered and len(offered.replacement) <= _LONGEST
