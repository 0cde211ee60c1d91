"""What of GitHub's answers is read; everything else in them is left out."""

from typing import Annotated

from msgspec import Meta, Struct, field

Sha = Annotated[str, Meta(pattern=r"\A[0-9a-f]{40}\Z")]
Name = Annotated[str, Meta(pattern=r"\A[\w.-]+/[\w.-]+\Z")]


class User(Struct, frozen=True):
    """An account; Apps' logins end in ``[bot]``."""

    login: str


class App(Struct, frozen=True):
    """A GitHub App; ``events`` are the webhooks that it asked for."""

    id: int
    slug: str = ""
    events: list[str] = []


class Installation(Struct, frozen=True):
    """An App where it is installed, and what it was granted there."""

    id: int
    permissions: dict[str, str] = {}
    suspended_at: str | None = None
    html_url: str = ""


class AccessToken(Struct, frozen=True):
    """A token of an installation; ``expires_at`` by the forge's clock."""

    token: str
    expires_at: str


class Repository(Struct, frozen=True):
    """A repository by its name of today."""

    id: int
    full_name: Name
    clone_url: str
    html_url: str
    archived: bool = False
    disabled: bool = False
    default_branch: str = ""
    permissions: dict[str, bool] = {}


class RepositoryId(Struct, frozen=True):
    """A repository of which only the identity matters."""

    id: int


class Base(Struct, frozen=True):
    """Where a pull request goes."""

    ref: str
    sha: Sha
    repo: Repository


class Head(Struct, frozen=True):
    """Where it comes from; ``repo`` is None when the fork was deleted."""

    sha: Sha
    repo: RepositoryId | None


class Pull(Struct, frozen=True):
    """A pull request; ``user`` is None when the account was deleted."""

    number: int
    state: str
    html_url: str
    base: Base
    head: Head
    user: User | None = None
    draft: bool = False


class Commit(Struct, frozen=True):
    """A commit by its sha."""

    sha: Sha


class ListedPull(Struct, frozen=True):
    """A pull request in a listing."""

    number: int
    head: Commit


class Comparison(Struct, frozen=True):
    """Two commits compared: the first one, and where the second left it."""

    base_commit: Commit
    merge_base_commit: Commit


class Reference(Struct, frozen=True):
    """A branch."""

    object: Commit


class HookDelivery(Struct, frozen=True):
    """A webhook in an App's log; ``guid`` is the same when it is sent again."""

    id: int
    guid: str
    delivered_at: str
    status_code: int
    event: str
    repository_id: int | None = None


class Permission(Struct, frozen=True):
    """What someone may do; ``permission`` knows fewer words, and never a custom one."""

    permission: str = "none"
    role_name: str = ""


class Output(Struct, frozen=True):
    """What a check run shows."""

    title: str | None = None
    summary: str | None = None
    annotations_count: int = 0


class CheckRun(Struct, frozen=True):
    """A check run; ``conclusion`` is set when it is completed."""

    id: int
    status: str
    conclusion: str | None = None
    details_url: str | None = None
    app: App | None = None
    output: Output = Output()


class CheckRuns(Struct, frozen=True):
    """A page of check runs."""

    check_runs: list[CheckRun]


class CommitStatus(Struct, frozen=True):
    """One row of a commit's statuses, which are never edited."""

    id: int
    state: str
    context: str
    description: str | None = None
    target_url: str | None = None
    creator: User | None = None


class Review(Struct, frozen=True):
    """A review; a PENDING one is shown to its author only."""

    id: int
    state: str
    user: User | None = None
    body: str | None = None


class IssueComment(Struct, frozen=True):
    """A comment in a change's conversation."""

    id: int
    html_url: str = ""
    body: str | None = None
    user: User | None = None


class Reacted(Struct, frozen=True):
    """A reaction to a comment."""

    id: int
    content: str
    user: User | None = None


class Node(Struct, frozen=True):
    """Anything, by what GraphQL calls it."""

    node_id: str


class ReactionGroup(Struct, frozen=True, rename="camel"):
    """All reactions of one kind; whether ours is among them."""

    content: str
    viewer_has_reacted: bool


class Reactions(Struct, frozen=True, rename="camel"):
    """All reactions on something."""

    reaction_groups: list[ReactionGroup]


class ReactionAnswer(Struct, frozen=True, rename="camel"):
    """The answer to a reaction."""

    add_reaction: Reactions


class Author(Struct, frozen=True):
    """An account as GraphQL has it: an App's login has no ``[bot]``."""

    login: str
    kind: str = field(name="__typename", default="User")


class ThreadComment(Struct, frozen=True, rename="camel"):
    """A comment of a thread. ``full_database_id`` is the REST interface's id."""

    id: str
    full_database_id: str | int | None
    body: str
    state: str
    is_minimized: bool
    author: Author | None


class ThreadComments(Struct, frozen=True):
    """The first comments of a thread."""

    nodes: list[ThreadComment | None]


class Thread(Struct, frozen=True, rename="camel"):
    """A thread of review comments; ``line`` is None where it is outdated, or about a file."""

    id: str
    is_resolved: bool
    viewer_can_resolve: bool
    viewer_can_unresolve: bool
    resolved_by: Author | None
    comments: ThreadComments
    path: str = ""
    line: int | None = None
    start_line: int | None = None
    diff_side: str = ""
    is_outdated: bool = False


class PageInfo(Struct, frozen=True, rename="camel"):
    """Whether there is more, and behind what."""

    has_next_page: bool
    end_cursor: str | None


class Threads(Struct, frozen=True, rename="camel"):
    """A page of threads."""

    nodes: list[Thread | None]
    page_info: PageInfo


class PullRequest(Struct, frozen=True, rename="camel"):
    """The threads of a pull request."""

    review_threads: Threads


class ThreadsRepository(Struct, frozen=True, rename="camel"):
    """The repository of the pull request."""

    pull_request: PullRequest


class ThreadsAnswer(Struct, frozen=True):
    """The answer to the question for a change's threads."""

    repository: ThreadsRepository
