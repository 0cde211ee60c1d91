"""What a scenario needs of a fake forge, whichever it is: what people do there, and what they see.

Each forge has a module that puts its fake behind these; nothing else here knows which one it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.change import ChangeId, ForgeName
from bot.hooks.delivery import Delivery

Files = Mapping[str, str | None]
BOT, AUTHOR = "redline", "ada"
ROLES = {AUTHOR: "write", "mia": "maintain", "tess": "triage", "rita": "read", "olga": "admin"}


@dataclass(frozen=True)
class Thread:
    """A thread of ours: where it stands (``side`` is head, base or file), and what is said in it.

    ``words`` is the first comment's visible text, ``replies`` are (login, text) below it.
    ``over``: resolved, or hidden where it cannot be.
    """

    id: int | str
    path: str
    line: int | None
    side: str
    words: str
    over: bool
    replies: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Shown:
    """A status: queued, running, success, skipped, failure or cancelled, and its title."""

    state: str
    title: str


class Page(Protocol):
    """A pull or merge request: what people do with it, and what they read there."""

    @property
    def id(self) -> ChangeId: ...
    @property
    def head(self) -> str: ...
    def push(self, files: Files) -> str: ...
    def comment(self, login: str, text: str) -> str: ...
    def reply(self, login: str, thread: Thread, text: str) -> str: ...
    def review(self, login: str, text: str) -> str:
        """Say it as the text of a review, where the forge has such a thing."""

    def resolve(self, login: str, thread: Thread) -> None: ...
    def close(self) -> None: ...
    def reopen(self) -> None: ...
    def merge(self) -> None: ...
    def retarget(self, base: str) -> None: ...
    def to_draft(self) -> None: ...
    def ready(self) -> None: ...
    def threads(self) -> Sequence[Thread]:
        """Our threads, oldest first."""

    def summaries(self) -> Sequence[str]:
        """The visible text of each summary of ours."""

    def answers(self) -> Sequence[str]:
        """What else we said in the conversation: answers to commands."""

    def reactions(self, comment: str) -> Sequence[str]:
        """What is shown under what somebody said: eyes, +1, confused."""

    def history(self, sha: str) -> Sequence[Shown]:
        """All that was ever shown at a commit, in order."""

    def status(self, sha: str) -> Shown:
        """What holds a commit back, or lets it pass."""

    def start_ci(self) -> None:
        """What the repository runs by itself begins at the head, and succeeds at once."""

    def held_back(self) -> bool:
        """Whether the forge, told to go by the status, lets nobody merge."""

    def annotations(self, sha: str) -> Sequence[tuple[str, int]]:
        """Path and line of each annotation of the newest status."""

    @property
    def notified(self) -> int:
        """How often people were told of something that we did here."""


class Repository(Protocol):
    """A repository and what people do in it."""

    def push(
        self, branch: str, files: Files, *, start: str | None = None, force: bool = False
    ) -> str: ...
    def move(self, branch: str, sha: str) -> None: ...
    def open(
        self, branch: str, *, by: str = AUTHOR, draft: bool = False, base: str | None = None,
        fork: "Repository | None" = None,
    ) -> Page: ...  # fmt: skip
    def fork(self, login: str) -> "Repository": ...
    def queue(self, page: Page) -> tuple[ChangeId, str]:
        """Put it into the merge queue or train: the group that is to be reviewed, and its head."""

    def shown(self, sha: str) -> Sequence[Shown]: ...


class Forge(Protocol):
    """One fake forge, and a Redline account on it."""

    name: ForgeName
    annotates: bool
    edits_running: bool
    """Whether the title of a status can change while it runs."""
    takes_any_line: bool
    """Whether a thread can stand on a line of a changed file that its diff does not show."""
    skips: str
    """What the status of a change without anything to check is called here."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What Redline's server must be told to work with it."""

    def repository(self, files: Files) -> Repository: ...
    def deliveries(self) -> Sequence[Delivery]:
        """What its webhooks have asked for since the last call, verified and read."""

    def may_resolve(self, yes: bool) -> None: ...
    @property
    def writes(self) -> Sequence[str]:
        """Each content write so far, by the operation's name."""

    def spoil(
        self, what: str, how: str, *, after: bool, chance: float = 1, times: int | None = 1
    ) -> None:
        """``how`` (500, 502, hang, drop) goes wrong with a ``what``.

        That is threads, status, answers, all.
        """

    def stale(self, seconds: float) -> None:
        """All listings show what was there so many seconds ago."""

    def heal(self) -> None:
        """End all faults, and begin its limits anew: the scenarios are faster than people."""

    @property
    def violations(self) -> Sequence[str]:
        """What was said against the forge's description."""


def visible(body: str) -> str:
    """A comment without its mark."""
    return body.partition("<!-- redline:1")[0].strip()
