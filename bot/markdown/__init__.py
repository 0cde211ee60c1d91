"""A Review in words: summary, threads, status line; and the one escape function. Pure."""

from bot.markdown.escape import code, escape
from bot.markdown.status import broken, progress, queued, running, superseded
from bot.markdown.wanted import Wanted, wanted

__all__ = [
    "Wanted",
    "broken",
    "code",
    "escape",
    "progress",
    "queued",
    "running",
    "superseded",
    "wanted",
]
