"""What people do in a repository: pushes, pull requests, merge groups, buttons of checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.git import Bare
from tests.fakes.github import merging, pushing
from tests.fakes.github.pullrequest import PullRequest
from tests.fakes.github.pushing import Files
from tests.fakes.github.server import Server
from tests.fakes.github.state import CheckRun, Pull, Repository, Status


@dataclass(frozen=True)
class Repo:
    """One repository and what people do in it."""

    server: Server
    state: Repository

    @property
    def id(self) -> int:
        return self.state.id

    @property
    def full_name(self) -> str:
        return self.state.full_name

    @property
    def clone_url(self) -> str:
        return f"{self.server.url}/{self.full_name}.git"

    def sha(self, ref: str = "main") -> str:
        """The commit of a branch, or a sha in full. Raises KeyError where there is none."""
        found = self.state.git.commit(ref)
        if found is None:
            raise KeyError(ref)
        return found

    def allow(self, login: str, role: str) -> None:
        """Give someone a role: read, triage, write, maintain, admin or none."""
        with self.server.state.lock:
            account = self.server.state.account(login)
            self.state.roles[account.login.lower()] = role

    def rename(self, name: str) -> None:
        """A new name; the former one leads here, the id stays."""
        with self.server.state.lock:
            self.server.state.former[self.full_name.lower()] = self.id
            self.state.name = name

    def delete(self) -> None:
        """The repository is gone; pull requests from it keep no head repository."""
        with self.server.state.lock:
            del self.server.state.repositories[self.id]
            for other in self.server.state.repositories.values():
                for pull in other.pulls.values():
                    if pull.head_repository is self.state:
                        pull.head_repository = None

    def require(self, context: str, app_id: int | None = None, by: str = "both") -> None:
        """Make a check required on the default branch, by a ruleset, branch protection, or both.

        ``by`` is ``ruleset``, ``branch``, ``admins`` (branch protection that holds for
        administrators too), ``off`` (branch protection that is switched off) or ``both``.
        """
        row: dict[str, Any] = {"context": context, "by": by}
        self.state.required.append(row if app_id is None else {**row, "app_id": app_id})

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
            one, account = self.state, self.server.state.account(by)
            there = None if force else one.git.commit(f"refs/heads/{branch}")
            parent = there or one.git.commit(start or one.default_branch)
            return pushing.push(self.server, one, (branch, parent, message), files, account)

    def move(self, branch: str, sha: str, by: str = "ada") -> None:
        """Put a branch on a commit (a force-push where it is not a descendant)."""
        with self.server.state.lock:
            pushing.move(self.server, self.state, branch, sha, self.server.state.account(by))

    def fork(self, login: str) -> "Repo":
        """A fork under someone's account, with all branches."""
        with self.server.state.lock:
            self.server.state.account(login)
            made = empty(self.server, f"{login}/{self.state.name}", self.state.private, {})
            made.parent = self.state
            made.git.take(self.state.git, "+refs/heads/*:refs/heads/*")
            return Repo(self.server, made)

    def open_pull(
        self,
        head: str,
        *,
        title: str = "Change things",
        body: str | None = None,
        base: str | None = None,
        by: str = "ada",
        draft: bool = False,
        fork: "Repo | None" = None,
    ) -> PullRequest:
        """Open a pull request from a branch of this repository, or of a fork."""
        with self.server.state.lock:
            source = (fork or self).state
            sha = source.git.commit(head)
            assert sha is not None, f"no branch {head}"
            now, state = self.server.state.clock.now(), self.server.state
            numbers = [*self.state.pulls, 0]
            pull = Pull(
                id=state.id(), number=max(numbers) + 1, repository=self.state, title=title,
                body=body, author=state.account(by), base_ref=base or self.state.default_branch,
                head_ref=head, head_label=f"{source.owner.login}:{head}", head_repository=source,
                head=sha, created=now, updated=now, draft=draft,
            )  # fmt: skip
            self.state.pulls[pull.number] = pull
            pushing.show(pull)
            self.server.hooks.pull("opened", pull, pull.author)
            return PullRequest(self.server, pull)

    def pull(self, number: int) -> PullRequest:
        return PullRequest(self.server, self.state.pulls[number])

    def queue(self, *pulls: PullRequest, by: str = "ada") -> str:
        """A merge group of these, tested together. Gives its head's sha."""
        with self.server.state.lock:
            states = [pull.state for pull in pulls]
            return merging.queue(self.server, states, self.server.state.account(by))

    def destroy_queue(self, *pulls: PullRequest, reason: str = "invalidated") -> None:
        """The merge group is given up, or was merged: see ``reason``."""
        with self.server.state.lock:
            merging.destroy(self.server, [pull.state for pull in pulls], reason)

    def statuses(self, sha: str) -> list[Status]:
        """Every commit status of a commit, oldest first."""
        rows = [line.now for line in self.state.statuses]
        return [row for row in rows if row is not None and row.sha == sha]

    def checks(self, sha: str) -> list[CheckRun]:
        """Every check run of a commit as it is now, oldest first."""
        rows = [line.now for line in self.state.checks.values()]
        return [row for row in rows if row is not None and row.sha == sha]

    def history(self, sha: str) -> list[tuple[str, str, str | None, str | None]]:
        """All that was ever shown at a commit: name, status, conclusion or None, title."""
        shown = [
            (when, (run.name, run.status, run.conclusion, run.output.get("title")))
            for line in self.state.checks.values()
            for when, run in line.versions
            if run is not None and run.sha == sha
        ]
        shown += [
            (row.created, (row.context, row.state, None, row.description))
            for row in self.statuses(sha)
        ]
        return [row for _, row in sorted(shown, key=lambda pair: pair[0])]

    def press(self, run: int, button: str | None = None, *, by: str = "ada") -> None:
        """Press a button of a check run; without a name, "Re-run"."""
        with self.server.state.lock:
            one, account = self.state.checks[run].now, self.server.state.account(by)
            assert one is not None
            if button is None:
                self.server.hooks.check_run("rerequested", self.state, one, account)
                return
            assert button in [action["identifier"] for action in one.actions], "no such button"
            self.server.hooks.check_run(
                "requested_action",
                self.state,
                one,
                account,
                requested_action={"identifier": button},
            )

    def rerun_all(self, sha: str, *, by: str = "ada") -> None:
        """Press "Re-run all checks" of a commit."""
        with self.server.state.lock:
            account = self.server.state.account(by)
            self.server.hooks.check_suite("rerequested", self.state, sha, account)


def create(
    server: Server,
    name: str,
    files: Files | None = None,
    *,
    private: bool = False,
    roles: Mapping[str, str] | None = None,
) -> Repo:
    """A repository ``owner/name`` with one commit; an unknown owner becomes an organisation."""
    with server.state.lock:
        repo = Repo(server, empty(server, name, private, roles or {}))
        repo.push("main", files or {"README.md": "# Here\n"}, message="Begin")
        return repo


def empty(server: Server, name: str, private: bool, roles: Mapping[str, str]) -> Repository:
    owner, _, plain = name.partition("/")
    state = server.state
    number = state.id()
    one = Repository(
        id=number,
        owner=state.account(owner, "Organization"),
        name=plain,
        git=Bare.create(server.folder / f"{number}.git"),
        private=private,
        created=state.clock.now(),
        roles={login.lower(): role for login, role in roles.items()},
    )
    for login in roles:
        state.account(login)
    state.repositories[one.id] = one
    return one
