"""What people do in a project: pushes, merge requests, pipelines, merge trains."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.fakes.git import Bare
from tests.fakes.gitlab import changing, notes, payloads, pipelines, shapes, trains
from tests.fakes.gitlab.mergerequest import Files, MergeRequest
from tests.fakes.gitlab.server import Server
from tests.fakes.gitlab.state import LEVELS, Pipeline, Project, Request, Status

Level = int | str


def level(wanted: Level) -> int:
    """An access level by its number or its name; ``none`` is 0."""
    return wanted if isinstance(wanted, int) else {**LEVELS, "none": 0}[wanted]


@dataclass(frozen=True)
class Repo:
    """One project and what people do in it."""

    server: Server
    state: Project

    @property
    def id(self) -> int:
        return self.state.id

    @property
    def full_name(self) -> str:
        """Its full path."""
        return self.state.path

    @property
    def clone_url(self) -> str:
        return f"{shapes.web(self.server, self.state)}.git"

    def sha(self, ref: str = "main") -> str:
        """The commit of a branch, or a sha in full. Raises KeyError where there is none."""
        found = self.state.git.commit(ref)
        if found is None:
            raise KeyError(ref)
        return found

    def allow(self, login: str, role: Level) -> None:
        """Give someone a role: guest, planner, reporter, developer, maintainer, owner, none."""
        with self.server.state.lock:
            account = self.server.state.account(login)
            self.state.members[account.login.lower()] = level(role)

    def rename(self, path: str) -> None:
        """Another path; the former one leads here, the id stays."""
        with self.server.state.lock:
            self.server.state.former[self.full_name.lower()] = self.id
            self.state.path = path

    def delete(self) -> None:
        """The project is gone; merge requests from it keep no source."""
        with self.server.state.lock:
            del self.server.state.projects[self.id]
            for other in self.server.state.projects.values():
                for request in other.requests.values():
                    if request.source is self.state:
                        request.source = None

    def archive(self) -> None:
        self.state.archived = True

    def protect(self, branch: str = "main", role: Level = "maintainer") -> None:
        self.state.protected[branch] = level(role)

    def set(self, **settings: bool) -> None:
        """Settings of the project, as ``only_allow_merge_if_pipeline_succeeds=True``."""
        unknown = settings.keys() - set(shapes.FLAGS)
        assert not unknown, unknown
        self.state.settings |= settings

    def push(
        self,
        branch: str,
        files: Files,
        *,
        message: str = "Change",
        by: str = "ada",
        start: str | None = None,
        force: bool = False,
    ) -> str:
        """One commit on a branch: text or bytes by path, None deletes. Gives its sha.

        A new branch begins at ``start``, else at the default branch; with ``force`` an existing
        one does too, so that its former head is gone from it.
        """
        with self.server.state.lock:
            git, account = self.state.git, self.server.state.account(by)
            there = None if force else git.commit(f"refs/heads/{branch}")
            parent = there or git.commit(start or self.state.default_branch)
            moment = int(self.server.state.clock.now())
            sha = git.write([parent] if parent else [], files, message, (account.login, moment))
            changing.move(self.server, self.state, branch, sha, account)
            return sha

    def move(self, branch: str, sha: str, by: str = "ada") -> None:
        """Put a branch on a commit (a force-push where it is not a descendant)."""
        with self.server.state.lock:
            account = self.server.state.account(by)
            changing.move(self.server, self.state, branch, sha, account)

    def fork(self, login: str, *, visibility: str | None = None) -> "Repo":
        """A fork under someone's name, with all branches."""
        with self.server.state.lock:
            self.server.state.account(login)
            shown = visibility or self.state.visibility
            made = empty(self.server, f"{login}/{self.state.name}", shown, {})
            made.parent = self.state
            made.git.take(self.state.git, "+refs/heads/*:refs/heads/*")
            return Repo(self.server, made)

    def open_merge_request(
        self,
        head: str,
        *,
        title: str = "Change things",
        body: str = "",
        base: str | None = None,
        by: str = "ada",
        draft: bool = False,
        fork: "Repo | None" = None,
    ) -> MergeRequest:
        """Open a merge request from a branch of this project, or of a fork."""
        with self.server.state.lock:
            source = (fork or self).state
            sha = source.git.commit(f"refs/heads/{head}")
            assert sha is not None, f"no branch {head}"
            now, state = self.server.state.clock.now(), self.server.state
            request = Request(
                id=state.id(), iid=max([*self.state.requests, 0]) + 1, project=self.state,
                title=f"Draft: {title}" if draft else title, description=body,
                author=state.account(by), source=source, source_branch=head,
                target_branch=base or self.state.default_branch, head=sha, created=now, updated=now,
            )  # fmt: skip
            self.state.requests[request.iid] = request
            changing.show(request)
            changing.renew(self.server, request, request.author)
            self.server.hooks.request("open", request, request.author)
            return MergeRequest(self.server, request)

    def merge_request(self, number: int) -> MergeRequest:
        return MergeRequest(self.server, self.state.requests[number])

    def use_ci(self) -> None:
        """From now on each push starts a pipeline, which runs until ``finish``."""
        self.state.ci = True

    def pipeline(
        self, sha: str, ref: str, state: str = "running", *, source: str = "push", by: str = "ada"
    ) -> Pipeline:
        """A pipeline of CI jobs; ``refs/merge-requests/N/head`` is one of a merge request."""
        with self.server.state.lock:
            account = self.server.state.account(by)
            one = pipelines.make(self.server, self.state, sha, ref, source, account)
            one.own = state
            number = ref.removeprefix("refs/merge-requests/").partition("/")[0]
            one.request = self.state.requests.get(int(number)) if number.isdigit() else None
            self.server.hooks.pipeline(one)
            return one

    def finish(self, sha: str, state: str = "success") -> None:
        """The CI jobs of a commit's pipelines end."""
        with self.server.state.lock:
            for one in self.state.pipelines.values():
                if one.sha == sha and one.own in ("pending", "running"):
                    one.own = state
                    self.server.hooks.pipeline(one)

    def queue(self, *wanted: MergeRequest, by: str = "ada") -> str:
        """Put these on the merge train, one behind the other. Gives the last one's commit."""
        with self.server.state.lock:
            account = self.server.state.account(by)
            onto = wanted[0].base
            for one in wanted:
                onto = trains.start(self.server, one.state, onto, account).sha
            return onto

    def destroy_queue(self, *wanted: MergeRequest, by: str = "ada") -> None:
        """Take these off the merge train."""
        with self.server.state.lock:
            for one in wanted:
                trains.leave(self.server, one.state, self.server.state.account(by))

    def comment_on_commit(self, login: str, sha: str, text: str) -> None:
        """A note on a commit, which is no merge request's business."""
        self._elsewhere(login, text, "Commit", {"commit_id": sha})

    def comment_on_issue(self, login: str, issue: int, text: str) -> None:
        self._elsewhere(login, text, "Issue", {"issue_iid": issue})

    def _elsewhere(self, login: str, text: str, kind: str, where: Mapping[str, str | int]) -> None:
        with self.server.state.lock:
            note = notes.made(self.server, self.server.state.account(login), text, None, None)
            noteable = None if kind == "Commit" else self.server.state.id()
            further = {"commit_id": where.get("commit_id"), "action": "create", "url": "",
                       "discussion_id": None, "type": None, "position": None}  # fmt: skip
            body = payloads.said(self.server, self.state, note, kind, noteable, further)
            if kind == "Issue":
                body["issue"] = {"id": noteable, "iid": where["issue_iid"], "state": "opened"}
            else:
                body["commit"] = payloads.commit(self.server, self.state, str(where["commit_id"]))
            self.server.hooks.send(self.state, "note", body, "create")

    def statuses(self, sha: str) -> list[Status]:
        """Every row of a commit as it is now, oldest first; retried ones too."""
        rows = [line.now for line in self.state.statuses]
        return [row for row in rows if row is not None and row.sha == sha]

    def history(self, sha: str) -> list[tuple[str, str, str | None]]:
        """All that was ever shown at a commit: name, state, description."""
        told = [
            (when, (row.name, row.state, row.description))
            for line in self.state.statuses
            for when, row in line.versions
            if row is not None and row.sha == sha and not row.retried
        ]
        return [row for _, row in sorted(told, key=lambda pair: pair[0])]


def create(
    server: Server,
    path: str,
    files: Files | None = None,
    *,
    visibility: str = "public",
    roles: Mapping[str, Level] | None = None,
) -> Repo:
    """A project at ``group/sub/name`` with one commit; ``roles`` by login."""
    with server.state.lock:
        repo = Repo(server, empty(server, path, visibility, roles or {}))
        repo.push("main", files or {"README.md": "# Here\n"}, message="Begin")
        return repo


def empty(server: Server, path: str, visibility: str, roles: Mapping[str, Level]) -> Project:
    state = server.state
    number, now = state.id(), state.clock.now()
    members = {
        server.state.account(login).login.lower(): level(role) for login, role in roles.items()
    }
    one = Project(number, path, Bare.create(server.folder / f"{number}.git"), visibility,
                  created=now, active=now, members=members)  # fmt: skip
    state.projects[one.id] = one
    return one
