"""What of GitLab's answers is read; everything else in them is left out."""

from typing import Annotated

from msgspec import Meta, Struct

Sha = Annotated[str, Meta(pattern=r"\A[0-9a-f]{40}\Z")]
FullName = Annotated[str, Meta(pattern=r"\A[\w.-]+(?:/[\w.-]+)+\Z")]
Reference = Annotated[str, Meta(pattern=r"\A[\w.-]+(?:/[\w.-]+)+![0-9]+\Z")]


class User(Struct, frozen=True):
    """An account."""

    id: int
    username: str


class Project(Struct, frozen=True):
    """A project by its name of today."""

    id: int
    path_with_namespace: FullName
    visibility: str = "private"
    archived: bool = False


class Refs(Struct, frozen=True):
    """The three commits that positions are counted in; empty until GitLab has made the diff."""

    base_sha: Sha | None = None
    start_sha: Sha | None = None
    head_sha: Sha | None = None


class Version(Struct, frozen=True):
    """One diff of a merge request: each push makes another."""

    id: int
    base_commit_sha: Sha | None = None
    start_commit_sha: Sha | None = None
    head_commit_sha: Sha | None = None


class References(Struct, frozen=True):
    """A merge request by name: ``group/project!7``."""

    full: Reference


class Pipeline(Struct, frozen=True):
    """A pipeline, which holds the statuses of its commit."""

    id: int
    sha: Sha
    ref: str = ""
    project_id: int = 0


class MergeRequest(Struct, frozen=True):
    """A merge request; ``source_project_id`` is None when the fork was deleted."""

    iid: int
    state: str
    web_url: str
    target_branch: str
    target_project_id: int
    references: References
    source_branch: str = ""
    source_project_id: int | None = None
    sha: Sha | None = None
    author: User | None = None
    draft: bool = False
    diff_refs: Refs | None = None
    head_pipeline: Pipeline | None = None


class ListedMergeRequest(Struct, frozen=True):
    """A merge request in a listing; ``sha`` is None until GitLab has looked at it."""

    iid: int
    sha: Sha | None = None


class Commit(Struct, frozen=True):
    """A commit by its sha."""

    id: Sha


class Branch(Struct, frozen=True):
    """A branch and its tip."""

    commit: Commit


class Member(Struct, frozen=True):
    """What someone may do; of a custom role the level that it is built on.

    ``state`` is the account's; a membership may wait for approval, and gives nothing until then.
    """

    id: int
    username: str
    access_level: int = 0
    state: str = "active"
    membership_state: str = "active"


class CommitStatus(Struct, frozen=True):
    """One row of a commit's statuses. ``pipeline_id`` is missing in old releases."""

    id: int
    status: str
    name: str
    ref: str | None = None
    description: str | None = None
    target_url: str | None = None
    pipeline_id: int | None = None
    author: User | None = None


class Position(Struct, frozen=True):
    """Where a note stands; of one whose line is gone the head is an older one."""

    head_sha: str | None = None
    new_path: str | None = None
    new_line: int | None = None


class Note(Struct, frozen=True):
    """A note; ``system`` notes are written by GitLab itself."""

    id: int
    body: str = ""
    author: User | None = None
    system: bool = False
    resolvable: bool = False
    resolved: bool = False
    resolved_by: User | None = None
    position: Position | None = None


class Discussion(Struct, frozen=True):
    """A thread, or a note by itself."""

    id: str
    notes: list[Note]
    individual_note: bool = False


class DraftNote(Struct, frozen=True):
    """A note of ours that nobody else sees yet; without ``line_code`` its line is none."""

    id: int
    note: str = ""
    line_code: str | None = None


class Award(Struct, frozen=True):
    """An emoji under a note."""

    id: int
    name: str
    user: User | None = None


class Car(Struct, frozen=True):
    """A merge request on a merge train, with the pipeline that runs there."""

    status: str
    target_branch: str
    pipeline: Pipeline | None = None


class Hook(Struct, frozen=True):
    """A webhook of a project; GitLab disables one that fails too often in a row."""

    id: int
    url: str
    alert_status: str = ""


class HookEvent(Struct, frozen=True):
    """One delivery in a webhook's log; ``response_status`` may be words."""

    id: int
    trigger: str = ""
    response_status: str | int | None = None
    request_headers: dict[str, str] = {}
