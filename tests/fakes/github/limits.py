"""Rates: the hourly limit of each caller, and the secondary one on writing content."""

import math
from collections import deque
from dataclasses import dataclass, field

from tests.fakes.github.web import Actor, Refused
from tests.fakes.timeline import Clock

SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
    "If you reach out to GitHub Support for help, please include the request ID."
)


@dataclass
class Budget:
    """What one caller has used since ``begun``."""

    begun: float
    used: int = 0
    blocked_until: float = 0.0
    writes: deque[float] = field(default_factory=deque)


class Limits:
    """Settable: requests an hour, content writes a minute and an hour, and Retry-After."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.hourly = 5000
        self.hourly_of_nobody = 60
        self.writes_a_minute = 80
        self.writes_an_hour = 500
        self.retry_after = 60.0
        self.budgets: dict[str, Budget] = {}

    def budget(self, actor: Actor) -> Budget:
        now = self.clock.now()
        budget = self.budgets.get(actor.name)
        if budget is None or now >= budget.begun + 3600:
            kept = budget.writes if budget else deque[float]()
            budget = self.budgets[actor.name] = Budget(now, writes=kept)
        return budget

    def exhaust(self, name: str, seconds: float = 3600.0) -> None:
        """Use up a caller's limit ("installation ID" or "user LOGIN"); it resets in so long."""
        begun = self.clock.now() + seconds - 3600
        self.budgets[name] = Budget(begun, used=self.hourly)

    def spend(self, actor: Actor) -> None:
        """Count one request. Raises Refused 403 when none is left."""
        budget = self.budget(actor)
        if budget.used >= self.limit(actor):
            raise Refused(
                403, f"API rate limit exceeded for {actor.name}.", headers=self.headers(actor)
            )
        budget.used += 1

    def write(self, actor: Actor) -> None:
        """Count one write of content. Raises Refused 403 with Retry-After above the rate."""
        budget, now = self.budget(actor), self.clock.now()
        while budget.writes and budget.writes[0] <= now - 3600:
            budget.writes.popleft()
        minute = sum(when > now - 60 for when in budget.writes)
        over = minute >= self.writes_a_minute or len(budget.writes) >= self.writes_an_hour
        if over and now >= budget.blocked_until:
            budget.blocked_until = now + self.retry_after
        if now < budget.blocked_until:
            wait = math.ceil(budget.blocked_until - now)
            raise Refused(403, SECONDARY, headers={"Retry-After": str(wait)})
        budget.writes.append(now)

    def limit(self, actor: Actor) -> int:
        return self.hourly_of_nobody if actor.name == "nobody" else self.hourly

    def figures(self, actor: Actor) -> dict[str, int]:
        budget = self.budget(actor)
        return {
            "limit": self.limit(actor),
            "remaining": max(0, self.limit(actor) - budget.used),
            "reset": math.ceil(budget.begun + 3600),
            "used": budget.used,
        }

    def headers(self, actor: Actor) -> dict[str, str]:
        figures = self.figures(actor)
        names = {f"X-RateLimit-{name.capitalize()}": str(value) for name, value in figures.items()}
        return {**names, "X-RateLimit-Resource": "core"}
