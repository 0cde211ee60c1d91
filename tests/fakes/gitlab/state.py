"""What the fake knows: plain values, each kept with its past."""

import itertools
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.fakes.git import Bare
from tests.fakes.timeline import Clock, Timeline

LEVELS = {"guest": 10, "planner": 15, "reporter": 20, "developer": 30, "maintainer": 40,
          "owner": 50}  # fmt: skip
OPEN, CLOSED, MERGED = "opened", "closed", "merged"


@dataclass(frozen=True)
class Account:
    """Someone. ``bot``: the account of a project's or group's access token."""

    id: int
    login: str
    bot: bool = False


@dataclass
class Token:
    """A personal, project or group access token."""

    value: str
    account: Account
    scopes: tuple[str, ...] = ("api",)
    expires: float | None = None
    revoked: bool = False


@dataclass(frozen=True)
class Position:
    """Where a note stands: ``kind`` is text or file; its shas name a version of the diff."""

    kind: str
    base: str
    start: str
    head: str
    old_path: str
    new_path: str
    old_line: int | None = None
    new_line: int | None = None


@dataclass(frozen=True)
class Note:
    """A note. ``kind`` is GitLab's type: None, DiscussionNote or DiffNote.

    ``position`` moves with the merge request, ``original`` stays; ``outdated``: its line is gone.
    """

    id: int
    author: Account
    body: str
    created: float
    updated: float
    kind: str | None = None
    system: bool = False
    position: Position | None = None
    original: Position | None = None
    outdated: bool = False
    resolver: Account | None = None
    resolved: float | None = None

    @property
    def resolvable(self) -> bool:
        return self.kind is not None and not self.system


@dataclass
class Discussion:
    """Notes below one another. ``individual``: one plain note, which cannot be resolved."""

    id: str
    individual: bool
    notes: dict[int, Timeline[Note]] = field(default_factory=dict)

    @property
    def first(self) -> Note:
        """The note that it began with, as it is now, or as it was before it was deleted."""
        line = next(iter(self.notes.values()))
        return line.now or next(value for _, value in reversed(line.versions) if value)

    def there(self) -> list[Note]:
        return [line.now for line in self.notes.values() if line.now is not None]


@dataclass(frozen=True)
class Draft:
    """A note that only its author sees until it is published."""

    id: int
    author: Account
    body: str
    position: Position | None = None
    discussion: str | None = None
    resolves: bool = False
    commit: str | None = None


@dataclass(frozen=True)
class Award:
    id: int
    account: Account
    name: str
    created: float


@dataclass(frozen=True)
class Version:
    """What the merge request was between two pushes."""

    id: int
    base: str
    start: str
    head: str
    created: float


@dataclass(frozen=True)
class Event:
    """Something that happened to a merge request: open, update, close, ..."""

    what: str
    by: Account
    when: float
    head: str


@dataclass(frozen=True)
class Status:
    """One row of a pipeline, posted from outside."""

    id: int
    sha: str
    ref: str
    state: str
    name: str
    description: str | None
    target_url: str | None
    creator: Account
    pipeline: int
    created: float
    retried: bool = False


@dataclass
class Pipeline:
    """``own``: how its CI jobs stand, None where it has none; outside statuses come to that."""

    id: int
    iid: int
    project: "Project"
    sha: str
    ref: str
    source: str
    own: str | None
    created: float
    by: Account
    request: "Request | None" = None


@dataclass
class Request:
    """A merge request. ``source`` None: the fork was deleted."""

    id: int
    iid: int
    project: "Project"
    title: str
    description: str
    author: Account
    source: "Project | None"
    source_branch: str
    target_branch: str
    head: str
    created: float
    updated: float
    state: str = OPEN
    labels: tuple[str, ...] = ()
    closed: float | None = None
    merged: float | None = None
    merged_by: Account | None = None
    merge_commit: str | None = None
    approved: set[int] = field(default_factory=set)
    versions: list[Version] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    discussions: dict[str, Discussion] = field(default_factory=dict)
    drafts: dict[int, Timeline[Draft]] = field(default_factory=dict)
    train: Pipeline | None = None

    @property
    def draft(self) -> bool:
        return self.title.lower().startswith(("draft:", "[draft]", "(draft)"))

    def find(self, note: int) -> tuple[Discussion, Timeline[Note]] | None:
        """A note that is there, and where."""
        for one in self.discussions.values():
            if note in one.notes and one.notes[note].now is not None:
                return one, one.notes[note]
        return None


@dataclass
class Project:
    """A project; moved ones keep their id, and their former paths lead to it."""

    id: int
    path: str
    git: Bare
    visibility: str = "public"
    default_branch: str = "main"
    created: float = 0.0
    active: float = 0.0
    parent: "Project | None" = None
    archived: bool = False
    ci: bool = False
    members: dict[str, int] = field(default_factory=dict)
    settings: dict[str, bool] = field(default_factory=dict)
    protected: dict[str, int] = field(default_factory=dict)
    requests: dict[int, Request] = field(default_factory=dict)
    pipelines: dict[int, Pipeline] = field(default_factory=dict)
    statuses: list[Timeline[Status]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def namespace(self) -> str:
        return self.path.rpartition("/")[0]


class State:
    """Everything, behind one lock: requests and people's acts take it one after another."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.accounts: dict[str, Account] = {}
        self.blocked: set[int] = set()
        self.awaiting: set[int] = set()  # members who wait for an owner's approval
        self.projects: dict[int, Project] = {}
        self.former: dict[str, int] = {}
        self.groups: dict[str, dict[str, int]] = {}
        self.tokens: dict[str, Token] = {}
        self.awards: dict[int, list[Timeline[Award]]] = {}
        self.violations: list[str] = []
        self._ids = itertools.count(1_001)

    def id(self) -> int:
        return next(self._ids)

    def account(self, login: str, *, bot: bool = False) -> Account:
        """The account of that name, made when it is not there."""
        key = login.lower()
        if key not in self.accounts:
            self.accounts[key] = Account(self.id(), login, bot)
        return self.accounts[key]

    def named(self, path: str) -> Project | None:
        """The project that has this path now."""
        wanted = path.lower()
        return next((one for one in self.projects.values() if one.path.lower() == wanted), None)

    def level(self, project: Project, account: Account) -> int:
        """What someone may do here: the most of project, groups above it, and own namespace."""
        login = account.login.lower()
        found = [project.members.get(login, 0)]
        parts = project.namespace.split("/")
        for end in range(1, len(parts) + 1):
            found.append(self.groups.get("/".join(parts[:end]).lower(), {}).get(login, 0))
        if parts[0].lower() == login:
            found.append(LEVELS["owner"])
        return max(found)

    def token(self, account: Account, scopes: Sequence[str] = ("api",)) -> Token:
        made = Token(f"glpat-{secrets.token_urlsafe(15)}", account, tuple(scopes))
        self.tokens[made.value] = made
        return made
