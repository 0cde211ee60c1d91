"""What the fake knows: plain values, each kept with its past."""

import itertools
import secrets
import threading
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.git import Bare
from tests.fakes.timeline import Clock, Timeline

Permissions = dict[str, str]
HEARD = (
    *("pull_request", "issue_comment", "push"),
    *("pull_request_review", "pull_request_review_comment"),
)


@dataclass(frozen=True)
class Account:
    """Someone: ``type`` is User, Organization or Bot."""

    id: int
    login: str
    type: str = "User"


@dataclass
class App:
    """A GitHub App; ``key`` is its public key as PEM."""

    id: int
    slug: str
    owner: Account
    bot: Account
    key: bytes
    permissions: Permissions
    events: list[str] = field(default_factory=lambda: list(HEARD))


@dataclass
class Installation:
    """An App on an account; ``repositories`` None means all of the account's."""

    id: int
    app: App
    account: Account
    permissions: Permissions
    repositories: set[int] | None = None
    suspended: bool = False


@dataclass
class Token:
    """Who a token speaks for: a person (``account``) or an installation with its permissions."""

    value: str
    account: Account
    installation: Installation | None = None
    permissions: Permissions = field(default_factory=dict)
    repositories: set[int] | None = None
    expires: float | None = None
    revoked: bool = False


@dataclass(frozen=True)
class Reaction:
    id: int
    account: Account
    content: str
    created: float


@dataclass(frozen=True)
class Comment:
    """A comment in the conversation of a pull request or issue."""

    id: int
    author: Account
    body: str
    created: float
    updated: float
    minimized: str | None = None


@dataclass(frozen=True)
class Place:
    """Where a review comment stands. ``line`` None: outdated, or about the whole file."""

    path: str
    subject: str = "line"
    side: str = "RIGHT"
    line: int | None = None
    start_side: str | None = None
    start_line: int | None = None


@dataclass(frozen=True)
class ReviewComment:
    """A comment in a thread: ``place`` moves with the pull request, ``original`` stays.

    ``original_base`` and ``original_commit`` are what its diff lay between when it was written.
    """

    id: int
    review: int
    author: Account
    body: str
    place: Place
    original: Place
    commit: str
    original_commit: str
    original_base: str
    hunk: str
    created: float
    updated: float
    reply_to: int | None = None
    minimized: str | None = None


@dataclass(frozen=True)
class Thread:
    """A thread, named by its first comment's id."""

    root: int
    resolved_by: Account | None = None


@dataclass(frozen=True)
class Review:
    """``state``: PENDING, COMMENTED, APPROVED, CHANGES_REQUESTED or DISMISSED."""

    id: int
    author: Account
    body: str
    state: str
    commit: str
    created: float
    submitted: float | None


@dataclass(frozen=True)
class Status:
    id: int
    sha: str
    context: str
    state: str
    description: str | None
    target_url: str | None
    creator: Account
    created: float


@dataclass(frozen=True)
class CheckRun:
    """A check run as it is now; ``output`` and ``actions`` as the API has them."""

    id: int
    app: int
    suite: int
    name: str
    sha: str
    status: str
    conclusion: str | None
    started: str | None
    completed: str | None
    details_url: str | None
    external_id: str
    output: dict[str, Any] = field(default_factory=dict)
    annotations: tuple[dict[str, Any], ...] = ()
    actions: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class Suite:
    id: int
    app: int
    sha: str


@dataclass(frozen=True)
class Event:
    """Something that happened to a pull request: opened, pushed, closed, merged, ..."""

    what: str
    by: Account
    when: float
    head: str


@dataclass
class Pull:
    """A pull request. ``head_repository`` None: the fork was deleted."""

    id: int
    number: int
    repository: "Repository"
    title: str
    body: str | None
    author: Account
    base_ref: str
    head_ref: str
    head_label: str
    head_repository: "Repository | None"
    head: str
    created: float
    updated: float
    draft: bool = False
    state: str = "open"
    closed: float | None = None
    merged: float | None = None
    merged_by: Account | None = None
    merge_commit: str | None = None
    events: list[Event] = field(default_factory=list)
    comments: dict[int, Timeline[Comment]] = field(default_factory=dict)
    reviews: dict[int, Timeline[Review]] = field(default_factory=dict)
    review_comments: dict[int, Timeline[ReviewComment]] = field(default_factory=dict)
    threads: dict[int, Timeline[Thread]] = field(default_factory=dict)


@dataclass
class Repository:
    """A repository; renamed ones keep their id, and their former names lead to it."""

    id: int
    owner: Account
    name: str
    git: Bare
    private: bool = False
    default_branch: str = "main"
    created: float = 0.0
    parent: "Repository | None" = None
    roles: dict[str, str] = field(default_factory=dict)
    required: list[dict[str, Any]] = field(default_factory=list)
    queued: bool = False  # a ruleset asks for a merge queue
    pulls: dict[int, Pull] = field(default_factory=dict)
    statuses: list[Timeline[Status]] = field(default_factory=list)
    checks: dict[int, Timeline[CheckRun]] = field(default_factory=dict)
    suites: dict[int, Suite] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"


class State:
    """Everything, behind one lock: requests and people's acts take it one after another."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.accounts: dict[str, Account] = {}
        self.repositories: dict[int, Repository] = {}
        self.former: dict[str, int] = {}
        self.apps: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self.tokens: dict[str, Token] = {}
        self.reactions: dict[tuple[str, int], list[Timeline[Reaction]]] = {}
        self.violations: list[str] = []
        self._ids = itertools.count(1_000_001)

    def id(self) -> int:
        return next(self._ids)

    def account(self, login: str, kind: str = "User") -> Account:
        """The account of that name, made when it is not there."""
        key = login.lower()
        if key not in self.accounts:
            self.accounts[key] = Account(self.id(), login, kind)
        return self.accounts[key]

    def named(self, owner: str, name: str) -> Repository | None:
        """The repository that has this name now."""
        wanted = f"{owner}/{name}".lower()
        found = (one for one in self.repositories.values() if one.full_name.lower() == wanted)
        return next(found, None)

    def token(self, account: Account, **fields: Any) -> Token:
        """A new token for an account; installations' begin as GitHub's do."""
        prefix = "ghs_" if fields.get("installation") else "ghp_"
        made = Token(prefix + secrets.token_hex(18), account, **fields)
        self.tokens[made.value] = made
        return made
