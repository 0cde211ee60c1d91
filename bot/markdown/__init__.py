"""A Review in words: summary, threads, status line; and the one escape function. Pure."""

from bot.markdown.escape import code, escape
from bot.markdown.status import broken, closed, progress, queued, running, superseded
from bot.markdown.wanted import Wanted, wanted

__all__ = [
    "Wanted",
    "broken",
    "closed",
    "code",
    "escape",
    "progress",
    "queued",
    "running",
    "superseded",
    "wanted",
]
