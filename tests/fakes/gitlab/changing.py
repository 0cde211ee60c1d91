"""What people do to a merge request, and what GitLab makes of it."""

import re
from typing import TYPE_CHECKING, Any

from tests.fakes.git import Bare, identity
from tests.fakes.gitlab import notes, pipelines
from tests.fakes.gitlab.payloads import STATES, labels
from tests.fakes.gitlab.state import CLOSED, MERGED, OPEN, Account, Project, Request, Version

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server

NOTHING = "0" * 40
DRAFT = re.compile(r"^(?:draft:|\[draft\]|\(draft\))\s*", re.IGNORECASE)


class Acts:
    """Each changes the merge request, says so in a system note, and sends the webhook."""

    def __init__(self, server: "Server") -> None:
        self.server = server

    def _done(self, request: Request, by: Account, said: str | None = None) -> None:
        request.updated = self.server.state.clock.now()
        if said is not None:
            notes.system(self.server, request, by, said)

    def _state(self, request: Request, state: str, by: Account, words: tuple[str, str]) -> None:
        action, said = words
        changes = {"state_id": {"previous": STATES[request.state], "current": STATES[state]}}
        request.state = state
        self._done(request, by, said)
        self.server.hooks.request(action, request, by, changes)

    def close(self, request: Request, by: Account) -> None:
        if request.state == OPEN:
            request.closed = self.server.state.clock.now()
            self._state(request, CLOSED, by, ("close", "closed"))

    def reopen(self, request: Request, by: Account) -> None:
        """What was pushed while it was closed shows now."""
        if request.state != CLOSED:
            return
        request.closed = None
        branch = request.source and request.source.git.commit(f"refs/heads/{request.source_branch}")
        self._state(request, OPEN, by, ("reopen", "reopened"))
        if branch and branch != request.head:
            synchronize(self.server, request, branch, by)

    def merge(self, request: Request, by: Account) -> str | None:
        """Merge with a merge commit. Gives its sha; None where it is not open."""
        if request.state != OPEN:
            return None
        git, server = request.project.git, self.server
        onto = git.commit(f"refs/heads/{request.target_branch}")
        assert onto is not None
        sha = merge_commit(server, git, onto, request, by)
        request.merged, request.merged_by, request.merge_commit = (
            server.state.clock.now(), by, sha,
        )  # fmt: skip
        git.set_ref(f"refs/heads/{request.target_branch}", sha)
        self._state(request, MERGED, by, ("merge", "merged"))
        server.hooks.push(request.project, request.target_branch, (onto, sha), by)
        return sha

    def draft(self, request: Request, by: Account, *, draft: bool) -> None:
        if request.draft == draft:
            return
        bare = DRAFT.sub("", request.title)
        said = f"marked this merge request as **{'draft' if draft else 'ready'}**"
        self._title(request, f"Draft: {bare}" if draft else bare, by, said)

    def title(self, request: Request, title: str, by: Account) -> None:
        self._title(request, title, by, f"changed title from **{request.title}** to **{title}**")

    def _title(self, request: Request, title: str, by: Account, said: str) -> None:
        before, was = request.title, request.draft
        request.title = title
        changes: dict[str, Any] = {"title": {"previous": before, "current": title}}
        if was != request.draft:
            changes["draft"] = {"previous": was, "current": request.draft}
        self._done(request, by, said)
        self.server.hooks.request("update", request, by, changes)

    def label(self, request: Request, names: tuple[str, ...], by: Account) -> None:
        """Labels are events of their own: no system note is made of them."""
        changes = {"labels": {"previous": labels(request.labels), "current": labels(names)}}
        request.labels = names
        self._done(request, by)
        self.server.hooks.request("update", request, by, changes)

    def retarget(self, request: Request, branch: str, by: Account) -> None:
        """Another target branch: a new version of the diff, and no new commit."""
        changes = {"target_branch": {"previous": request.target_branch, "current": branch}}
        said = f"changed target branch from `{request.target_branch}` to `{branch}`"
        request.target_branch = branch
        self._done(request, by, said)
        renew(self.server, request, by)
        self.server.hooks.request("update", request, by, changes)

    def approve(self, request: Request, by: Account) -> None:
        request.approved.add(by.id)
        self._done(request, by, "approved this merge request")
        self.server.hooks.request("approved", request, by)

    def unapprove(self, request: Request, by: Account) -> None:
        request.approved.discard(by.id)
        self._done(request, by, "unapproved this merge request")
        self.server.hooks.request("unapproved", request, by)

    def describe(self, request: Request, text: str, by: Account) -> None:
        changes = {"description": {"previous": request.description, "current": text}}
        request.description = text
        self._done(request, by, "changed the description")
        self.server.hooks.request("update", request, by, changes)


def merge_commit(server: "Server", git: Bare, onto: str, request: Request, by: Account) -> str:
    """A merge commit of a merge request onto a commit. Raises GitError on a conflict."""
    tree = git.line("merge-tree", "--write-tree", onto, request.head)
    out = git.git(
        *("commit-tree", tree, "-p", onto, "-p", request.head),
        stdin=f"Merge branch '{request.source_branch}'".encode(),
        environment=identity(by.login, int(server.state.clock.now())),
    )
    return out.decode().strip()


def move(server: "Server", project: Project, branch: str, sha: str, by: Account) -> None:
    """Put a branch on a commit; open merge requests from it follow."""
    before = project.git.commit(f"refs/heads/{branch}") or NOTHING
    project.git.set_ref(f"refs/heads/{branch}", sha)
    project.active = server.state.clock.now()
    server.hooks.push(project, branch, (before, sha), by)
    if project.ci and sha != before:
        one = pipelines.make(server, project, sha, branch, "push", by)
        one.own = "running"
        server.hooks.pipeline(one)
    for each in server.state.projects.values():
        for request in list(each.requests.values()):
            same = request.source is project and request.source_branch == branch
            if same and request.state == OPEN:
                synchronize(server, request, sha, by)


def synchronize(server: "Server", request: Request, sha: str, by: Account) -> None:
    """The branch moved: a new version, threads follow their lines, a webhook has ``oldrev``."""
    before = request.head
    if before == sha:
        return
    request.head, request.updated = sha, server.state.clock.now()
    show(request)
    notes.system(server, request, by, f"added 1 commit\n\n<ul><li>{sha[:8]}</li></ul>")
    renew(server, request, by)
    server.hooks.request("update", request, by, oldrev=before)


def renew(server: "Server", request: Request, by: Account) -> None:
    """A new version of the diff."""
    git = request.project.git
    start = git.commit(f"refs/heads/{request.target_branch}")
    assert start is not None, f"no branch {request.target_branch}"
    base = git.merge_base(start, request.head) or start
    version = Version(server.state.id(), base, start, request.head, server.state.clock.now())
    request.versions.append(version)
    if len(request.versions) > 1:
        notes.follow(server, request, version, by)


def show(request: Request) -> None:
    """Bring the head to the target's repository, under ``refs/merge-requests``."""
    ref = f"refs/merge-requests/{request.iid}/head"
    if request.source is not None and request.source is not request.project:
        request.project.git.take(request.source.git, f"+refs/heads/{request.source_branch}:{ref}")
    else:
        request.project.git.set_ref(ref, request.head)
