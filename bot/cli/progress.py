"""What runs now, on a terminal: results belong to stdout, this to stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from workers.pipe import Ended, Event, Started

if TYPE_CHECKING:
    from rich.status import Status


class Progress:
    """What runs now, on a terminal only: results belong to stdout, this to stderr."""

    def __init__(self, status: "Status | None") -> None:
        self._status = status
        self._running: dict[str, None] = {}

    def show(self, event: Event | None) -> None:
        """Name the stages that run."""
        if isinstance(event, Started):
            self._running[event.stage] = None
        elif isinstance(event, Ended):
            self._running.pop(event.result.stage, None)
        if self._status is not None and self._running:
            self._status.update(", ".join(self._running))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the line free while something is printed."""
        if self._status is None:
            yield
            return
        self._status.stop()
        yield
        self._status.start()


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Progress for as long as the block runs."""
    if not sys.stderr.isatty():
        yield Progress(None)
        return
    from rich.console import Console

    with Console(stderr=True).status("checking out") as status:
        yield Progress(status)
