"""What is wanted of one change, and how each wish alters it. Pure."""

from dataclasses import dataclass

from bot.hooks.delivery import Delivery, Wish


@dataclass(frozen=True, slots=True)
class Recheck:
    """Someone asks for another review of the same head.

    ``keyed``: stages with credentials may run for them. ``at_once``: they need not wait until a
    recheck is due again, since they decided something that the status has to show.
    """

    keyed: bool = False
    at_once: bool = False


@dataclass(slots=True)
class Wanted:
    """The columns of a change's row that wishes read and write; ``models`` says what they are.

    ``time`` is the database's, ``afresh`` whether earlier attempts count no more.
    """

    id: int
    time: float
    open: bool
    head: str
    at: float
    wanted: int
    done: int
    pushed: int
    forced: int
    keyed: int
    wished_at: float
    not_before: float
    queued_at: float
    announce_queued_at: float
    dead_at: float
    reason: str
    taken: int
    until: float
    rechecked_at: float
    reviewed: str
    afresh: bool = False

    @property
    def idle(self) -> bool:
        """Whether no run is to come, nor was it given up; one may be at it."""
        return self.dead_at == 0 and (not self.waits or self._running)

    @property
    def waits(self) -> bool:
        """Whether something is wanted that nobody has finished."""
        return self.wanted > self.done

    def apply(self, delivery: Delivery) -> None:
        """Do what a delivery says, unless it was sent before one that was heard already."""
        if delivery.at and delivery.at < self.at:
            return
        if delivery.wish is Wish.CLOSE:
            self.close()
        elif delivery.wish in (Wish.REVIEW, Wish.AFRESH, Wish.PIPELINE):
            self._push(delivery)
        self.at = max(self.at, delivery.at)

    def _push(self, delivery: Delivery) -> None:
        """A head, or the same head under other circumstances; a known head asks for nothing.

        Where that was closed for a while, its base may have moved unheard.
        """
        known = self.head if self.waits and not self._glance else self.reviewed
        closed, self.open, self.head = not self.open, True, delivery.head or self.head
        if delivery.wish is not Wish.AFRESH and delivery.head and delivery.head == known:
            if closed:
                self.glance(self.time)
            return
        self._wish()
        self.pushed = self.keyed = self.wanted
        self.not_before = 0
        self.dead_at, self.reason = 0, ""
        if delivery.wish is Wish.AFRESH:
            self._force()

    def recheck(self, asked: Recheck, seconds: float) -> bool:
        """Someone asks for the same head again. Two hundred of them in a minute make two runs:

        those that come before a run has begun are one wish, and the next run waits its time.
        """
        new = self._running or not self.waits or self._glance
        if new:
            self._wish()
            self.not_before = self.rechecked_at + seconds
        if asked.at_once:
            self.not_before = min(self.not_before, self.time)
        if asked.keyed:
            self.keyed = self.wanted
        self._force()
        return new

    def look_again(self) -> None:
        """Another look at the same head, if no run is to come that has not begun."""
        if self.open and (self._running or self._glance or not self.waits):
            self._wish()
            self.keyed = self.wanted

    def glance(self, at: float) -> None:
        """A look, not before then, at whether what was reviewed still holds and is shown.

        It replaces no run: one that is at the head goes on, and one that is to come sees it too.
        """
        self._wish()
        self.not_before = max(self.not_before, at)

    @property
    def _glance(self) -> bool:
        """Whether all that waits is such a look."""
        return self.waits and max(self.pushed, self.forced, self.keyed) <= self.done

    @property
    def _running(self) -> bool:
        return self.until > self.time and self.taken == self.wanted

    def find(self) -> bool:
        """The forge shows no final status of ours: review the head, whatever we believe of it."""
        self.open = True
        if self.waits and not self._glance:
            return False
        self._wish()
        self.forced = self.keyed = self.wanted
        return True

    def close(self) -> None:
        """Nothing is wanted any more; a run that is on its way is told so by its lease."""
        self.open, self.done, self.dead_at = False, self.wanted, 0

    def _wish(self) -> None:
        """Count one wish more. Its age is that of the oldest one that nobody has served."""
        if not self.waits or self._glance:
            self.wished_at = self.time
        self.wanted += 1
        self.queued_at = self.announce_queued_at = 0

    def _force(self) -> None:
        self.forced, self.dead_at, self.reason, self.afresh = self.wanted, 0, "", True
