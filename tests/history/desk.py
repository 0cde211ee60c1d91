"""A reviewer without queues: the strict fake, the real client, checkout and ledger, one run."""

import json
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.change import ChangeId, ForgeName
from bot.forges.github import connect
from bot.ledger import Ledger, Recheck
from bot.settings import Settings
from tests.fakes.github import FakeGitHub, PullRequest
from workers.run import Run

KEY = "k" * 32
_ENOUGH = 10**9
Document = dict[str, Any]


class Desk:
    """Reviews pull requests of a fake, one after the other, as a worker does."""

    def __init__(self, fake: FakeGitHub, state: Path) -> None:
        fake.limits.hourly = fake.limits.writes_a_minute = fake.limits.writes_an_hour = _ENOUGH
        app = fake.app("redline", "org")
        self.settings = Settings(
            state_dir=state,
            github_url=fake.api,
            github_app_id=app.id,
            github_private_key=SecretStr(app.private_key),
            secret_key=SecretStr(KEY),
            forge_pace_seconds=0,
            settle_seconds=0,
        )
        state.mkdir(parents=True, exist_ok=True)
        self._forge = connect(self.settings)
        self._ledger = Ledger.open(self.settings.database, recheck_seconds=0)

    def review(self, pull: PullRequest) -> Document:
        """Review the head and publish; the review as the ledger keeps it."""
        change = identity(pull)
        self._ledger.want(change, recheck=Recheck())
        lease = self._ledger.lease(change, "the tests", 600)
        assert lease is not None, "nothing is wanted"
        Run(lease, self._forge, self._ledger, self.settings).review()
        kept = self._ledger.review(change)
        assert kept is not None
        document: Document = json.loads(kept)
        assert document["head"] == pull.head
        return document

    def close(self) -> None:
        """Let go of the ledger."""
        self._ledger.close()


def identity(pull: PullRequest) -> ChangeId:
    """How Redline names a pull request of the fake."""
    return ChangeId(ForgeName.GITHUB, pull.state.repository.id, number=pull.number)
