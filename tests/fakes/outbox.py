"""Webhooks on their way: a thread sends them in order, and a log keeps them."""

import itertools
import json
import queue
import random
import threading
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.fakes.timeline import Clock

TIMEOUT = 10.0


@dataclass
class Delivery:
    """One webhook: what was sent and what was answered; status 0: nobody answered.

    ``hook`` is the id of the hook that it goes through, where a forge has several.
    """

    id: int
    guid: str
    event: str
    action: str | None
    payload: dict[str, Any]
    when: float
    redelivery: bool = False
    hook: int = 0
    tried: bool = False
    status: int = 0
    seconds: float = 0.0
    request: dict[str, str] = field(default_factory=dict)
    answer: str = ""

    @property
    def body(self) -> bytes:
        return json.dumps(self.payload, separators=(",", ":")).encode()


class Outbox:
    """Where deliveries go, and what goes wrong with them.

    ``lose``, ``double``: chances of 1. ``hold()`` keeps deliveries back until ``release()``, which
    sends them in the order that is asked for.
    """

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self.clock = clock
        self.url: str | None = None
        self.lose = 0.0
        self.double = 0.0
        self.log: list[Delivery] = []
        self.random = random.Random(seed)
        self.ids = itertools.count(1)
        self._held: list[Delivery] | None = None
        self._queue: queue.Queue[Delivery | None] = queue.Queue()
        self._thread = threading.Thread(target=self._send_all, name="fake-webhooks", daemon=True)

    def headers(self, one: Delivery) -> dict[str, str]:
        """What a delivery is sent with: its name, its kind, its signature."""
        raise NotImplementedError

    def sent(self, one: Delivery) -> None:
        """It was tried, and its answer is known."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(TIMEOUT + 5)

    def settle(self) -> None:
        """Wait until all that was queued has been sent."""
        self._queue.join()

    def hold(self) -> None:
        self._held = []

    def release(self, *, reverse: bool = False, shuffle: bool = False) -> None:
        held, self._held = self._held or [], None
        if shuffle:
            self.random.shuffle(held)
        for one in reversed(held) if reverse else held:
            self._queue.put(one)

    def post(self, one: Delivery) -> Delivery:
        """Log a delivery and, unless it is to be lost, queue it."""
        self.log.append(one)
        one.tried = self.random.random() < self.lose
        if not one.tried:
            self._put(one)
        if self.random.random() < self.double:
            self._put(one)
        return one

    def again(self, delivery: int) -> Delivery | None:
        """Deliver once more, with the same guid, as a row of its own in the log."""
        first = next((one for one in self.log if one.id == delivery), None)
        if first is None:
            return None
        one = Delivery(next(self.ids), first.guid, first.event, first.action, first.payload,
                       self.clock.now(), redelivery=True, hook=first.hook)  # fmt: skip
        self.log.append(one)
        self._put(one)
        return one

    def _put(self, one: Delivery) -> None:
        if self._held is not None:
            self._held.append(one)
        else:
            self._queue.put(one)

    def _send_all(self) -> None:
        with httpx.Client(timeout=TIMEOUT, trust_env=False, verify=False) as client:
            while (one := self._queue.get()) is not None:
                self._send(client, one)
                self._queue.task_done()
            self._queue.task_done()

    def _send(self, client: httpx.Client, one: Delivery) -> None:
        if self.url is None:
            return
        one.request = self.headers(one)
        begun = self.clock.now()
        try:
            answer = client.post(self.url, content=one.body, headers=one.request)
            one.status, one.answer = answer.status_code, answer.text
        except httpx.HTTPError as error:
            one.status, one.answer = 0, str(error)
        one.seconds = max(0.0, self.clock.now() - begun)
        one.tried = True
        self.sent(one)
