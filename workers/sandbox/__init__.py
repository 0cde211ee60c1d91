"""Run one program on untrusted files. The only way to run a tool.

``use(mode)`` says, once in a process, how programs are kept apart; ``run`` runs one.
"""

from workers.sandbox.choosing import current, self_test, use, way
from workers.sandbox.explaining import explain
from workers.sandbox.starting import run
from workers.sandbox.terms import Ended, Limits, Missing, Ran, Refused, Way

__all__ = [
    "Ended", "Limits", "Missing", "Ran", "Refused", "Way",
    "current", "explain", "run", "self_test", "use", "way",
]  # fmt: skip
