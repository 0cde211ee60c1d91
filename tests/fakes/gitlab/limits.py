"""Rates: requests of each caller a minute, and notes of each person a minute."""

import math
from collections import deque
from dataclasses import dataclass, field

from tests.fakes.gitlab.web import Actor, Refused
from tests.fakes.timeline import Clock

TOO_MANY = "This endpoint has been requested too many times. Try again later."


@dataclass
class Budget:
    """What one caller has used since ``begun``."""

    begun: float
    used: int = 0
    blocked_until: float = 0.0
    notes: deque[float] = field(default_factory=deque)


class Limits:
    """Settable: requests and notes a minute (GitLab.com's by default)."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.a_minute = 2000
        self.notes_a_minute = 300
        self.budgets: dict[str, Budget] = {}

    def budget(self, actor: Actor) -> Budget:
        now = self.clock.now()
        budget = self.budgets.setdefault(actor.name, Budget(now))
        if now >= budget.begun + 60:
            budget.begun, budget.used = now, 0
        return budget

    def exhaust(self, name: str, seconds: float = 60.0) -> None:
        """Refuse a caller ("user LOGIN") for so long."""
        now = self.clock.now()
        self.budgets[name] = Budget(now, blocked_until=now + seconds)

    def spend(self, actor: Actor) -> None:
        """Count one request. Raises Refused 429 when none is left."""
        budget, now = self.budget(actor), self.clock.now()
        if budget.used >= self.a_minute:
            budget.blocked_until = max(budget.blocked_until, budget.begun + 60)
        if now < budget.blocked_until:
            wait = math.ceil(budget.blocked_until - now)
            told = {**self.headers(actor), "RateLimit-Remaining": "0", "Retry-After": str(wait)}
            raise Refused(429, "Retry later\n", told)
        budget.used += 1

    def note(self, actor: Actor) -> None:
        """Count one new note. Raises Refused 429, which does not say how long to wait."""
        budget, now = self.budget(actor), self.clock.now()
        while budget.notes and budget.notes[0] <= now - 60:
            budget.notes.popleft()
        if len(budget.notes) >= self.notes_a_minute:
            raise Refused(429, {"message": {"error": TOO_MANY}})
        budget.notes.append(now)

    def headers(self, actor: Actor) -> dict[str, str]:
        budget = self.budget(actor)
        known = actor.name.startswith("user")
        return {
            "RateLimit-Limit": str(self.a_minute),
            "RateLimit-Name": f"throttle_{'' if known else 'un'}authenticated_api",
            "RateLimit-Observed": str(budget.used),
            "RateLimit-Remaining": str(max(0, self.a_minute - budget.used)),
            "RateLimit-Reset": str(math.ceil(max(budget.begun + 60, budget.blocked_until))),
        }
