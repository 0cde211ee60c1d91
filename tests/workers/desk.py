"""A change on the fake GitHub, a ledger with its review, and people who comment."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from bot import VERSION
from bot.change import ChangeId, Diff, ForgeName
from bot.forges.base import Forge
from bot.formats.json import render
from bot.hooks.delivery import Asked, Delivery, Wish
from bot.ledger import Audited, Lease, Ledger
from bot.pardon import pardons
from bot.review import Action, Effect, Review, StageResult
from rules.finding import Family, Finding, Severity
from rules.gate import Gate
from tests.bot.given import finding, result
from tests.fakes.github import PullRequest
from workers.orders import obey

KEY = b"k" * 32
DATABASE = Effect("prod", "aws_db_instance.main", "aws_db_instance", Action.DESTROY)
BUCKET = Effect("prod", "aws_s3_bucket.logs", "aws_s3_bucket", Action.CREATE)

LATEST = finding(
    "floating-image", "web.yaml", 3, name="web", family=None, severity=Severity.WARNING
)
ROOT = finding("root-container", "web.yaml", 9, name="web")
LOST = finding(
    "destroyed-resource",
    "prod/main.tf",
    4,
    name="destroy",
    family=Family.DESTRUCTION,
    address="aws_db_instance.main",
    project="prod",
    message="Destroys `aws_db_instance.main`: its data is lost.",
)
OLD = finding("root-container", "old.yaml", 9, name="old", new=False)
_ids = count(1)


def results(
    *findings: Finding, effects: Sequence[Effect] = (DATABASE, BUCKET)
) -> tuple[StageResult, ...]:
    """What a stage that knows of effects says."""
    made = result(*findings, stage="tofu-plan")
    return (
        StageResult(made.stage, "prod", made.outcome, findings=findings, effects=tuple(effects)),
    )


EVERYTHING = results(LATEST, ROOT, LOST, OLD)


@dataclass
class Desk:
    """Where comments are obeyed."""

    ledger: Ledger
    forge: Forge
    pull: PullRequest
    results: tuple[StageResult, ...] = EVERYTHING
    gate: Gate = field(default_factory=Gate)

    def __post_init__(self) -> None:
        self.id = ChangeId(ForgeName.GITHUB, self.pull.state.repository.id, number=self.pull.number)
        self._deliver(Wish.REVIEW)
        self.reviewed()

    @property
    def review(self) -> Review:
        """The review as the next run would make it."""
        said = self.ledger.people.said(self.id)
        passed = pardons(self.results, self.gate, said)
        return Review(self.forge.change(self.id), self.results, self.gate, passed)

    def reviewed(self) -> Lease:
        """A run, from its lease to the review that is kept."""
        lease = self.ledger.lease(self.id, "worker", 60)
        assert lease is not None, "nothing is wanted"
        body = render(self.review, Diff(), VERSION).encode()
        lease.done(self.pull.head, self.review.outcome, body, b"")
        return lease

    def says(self, login: str, text: str) -> Audited | None:
        """Someone comments; what the audit says of it."""
        comment = str(self.pull.comment(login, text))
        self.asked(login, text, comment)
        self.obeys()
        return next((one for one in self.audit() if one.entry.comment == comment), None)

    def asked(self, login: str, text: str, comment: str, at: float = 0.0) -> None:
        """The webhook of a comment came, which was written then."""
        self._deliver(Wish.COMMAND, Asked(comment, login, text, at))

    def obeys(self, times: int = 1) -> None:
        """A worker takes the comments that wait; more often where it dies before it is done."""
        for due in self.ledger.due(0):
            if due.task == "workers.tasks.command":
                stored = self.ledger.command(int(due.args[0]))
                assert stored is not None
                for _ in range(times):
                    obey(stored, self.ledger, self.forge, KEY)

    def audit(self) -> list[Audited]:
        """All that people have said."""
        return list(self.ledger.people.audited())

    def wanted(self) -> Lease | None:
        """The lease of the run that somebody wants now."""
        return self.ledger.lease(self.id, "worker", 60)

    def answers(self) -> list[str]:
        """What we said in the conversation, without marks."""
        ours = [one for one in self.pull.comments if one.author.login == "redline[bot]"]
        return [one.body.rpartition("\n\n<!--")[0] for one in ours]

    def reactions(self, comment: str) -> list[str]:
        """What is shown under a comment."""
        rows = self.pull.conversation()["timeline"]
        (row,) = [row for row in rows if str(row.get("id")) == comment]
        return [each["content"] for each in row["reactions"]]

    def _deliver(self, wish: Wish, asked: Asked | None = None) -> None:
        delivery = Delivery(
            forge=ForgeName.GITHUB,
            id=f"delivery-{next(_ids)}",
            event="test",
            digest="0" * 64,
            wish=wish,
            change=self.id,
            repository=self.pull.state.repository.full_name,
            head=self.pull.head,
            repository_id=self.id.repository,
            asked=asked,
        )
        self.ledger.remember(delivery)
