"""A reviewer without queues: a strict fake, the real client, checkout and ledger, one run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from bot.change import ForgeName
from bot.forges import github, gitlab
from bot.ledger import Ledger, Recheck
from bot.settings import Settings
from tests.line.forges import Forge, identity
from workers.announcing import announced
from workers.run import Run

KEY = "k" * 32
CONNECT: dict[ForgeName, Callable[[Settings], Any]] = {
    ForgeName.GITHUB: github.connect,
    ForgeName.GITLAB: gitlab.connect,
}
Document = dict[str, Any]


class Change(Protocol):
    """A pull or merge request of a fake, as people hold it."""

    @property
    def number(self) -> int: ...
    @property
    def head(self) -> str: ...
    @property
    def threads(self) -> list[dict[str, Any]]: ...
    @property
    def notifications(self) -> int: ...
    def conversation(self) -> dict[str, Any]: ...
    def push(self, files: Any) -> str: ...


class Desk:
    """Reviews changes of one forge's fake, one after the other, as a worker does.

    ``settle``: seconds that listings are held to lag behind; none by default, so that no look is
    saved.
    """

    def __init__(self, there: Forge, state: Path, settle: float = 0) -> None:
        there.unlimited()
        self.there = there
        own = {name.removeprefix("REDLINE_").lower(): it for name, it in there.settings().items()}
        rest = {"state_dir": state, "secret_key": KEY, "settle_seconds": settle}
        self.settings = Settings.model_validate({**own, **rest, "forge_pace_seconds": 0})
        state.mkdir(parents=True, exist_ok=True)
        self._forge = CONNECT[there.name](self.settings)
        self._ledger = Ledger.open(self.settings.database, recheck_seconds=0)

    def repository(self, name: str) -> Any:
        """A repository of the forge, with a first commit."""
        return self.there.repository(f"{self.there.owner}/{name}")

    def review(self, change: Change) -> Document:
        """Review the head and publish; the review as the ledger keeps it."""
        id_ = identity(change)
        self._ledger.want(id_, recheck=Recheck())
        lease = self._ledger.lease(id_, "the tests", 600)
        assert lease is not None, "nothing is wanted"
        Run(lease, self._forge, self._ledger, self.settings).review()
        kept = self._ledger.review(id_)
        assert kept is not None
        document: Document = json.loads(kept)
        assert document["head"] == change.head
        return document

    def announce(self, change: Change) -> None:
        """Show that it waits, as is done where no worker is free at once."""
        self._ledger.want(identity(change), recheck=Recheck())
        lease = self._ledger.lease(identity(change), "the quick queue", 600)
        assert lease is not None, "nothing is wanted"
        announced(lease, self._forge, lambda _change, _head: "")
        lease.release()

    def close(self) -> None:
        """Let go of the ledger."""
        self._ledger.close()
