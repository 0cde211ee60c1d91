"""What people do: repositories, pushes, pull requests, words. Handles over the fake's state."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.fakes.git import Bare, identity
from tests.fakes.github import comments, payloads, threads
from tests.fakes.github.conversation import conversation, thread_rows
from tests.fakes.github.pulls import base_sha, merge_base
from tests.fakes.github.server import Server
from tests.fakes.github.state import (
    Account,
    CheckRun,
    Comment,
    Pull,
    Repository,
    ReviewComment,
    Status,
)  # fmt: skip

Files = Mapping[str, str | bytes | None]


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

    def require(self, context: str, app_id: int | None = None) -> None:
        """Make a check required on the default branch."""
        row: dict[str, Any] = {"context": context}
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
            git, account = self.state.git, self.server.state.account(by)
            there = None if force else git.refs("refs/heads/").get(f"refs/heads/{branch}")
            parent = there or git.commit(start or self.state.default_branch)
            moment = int(self.server.state.clock.now())
            sha = git.write([parent] if parent else [], files, message, account.login, moment)
            self.move(branch, sha, by)
            return sha

    def move(self, branch: str, sha: str, by: str = "ada") -> None:
        """Put a branch on a commit (a force-push where it is not a descendant)."""
        with self.server.state.lock:
            self.state.git.set_ref(f"refs/heads/{branch}", sha)
            account = self.server.state.account(by)
            for one in self.server.state.repositories.values():
                for pull in one.pulls.values():
                    here = pull.head_repository is self.state and pull.head_ref == branch
                    if here and pull.state == "open":
                        PullRequest(self.server, pull).synchronize(sha, account)
                    elif one is self.state and pull.base_ref == branch and pull.state == "open":
                        threads.follow(self.server, pull)

    def fork(self, login: str) -> "Repo":
        """A fork under someone's account, with all branches."""
        with self.server.state.lock:
            made = create(self.server, f"{login}/{self.state.name}", private=self.state.private)
            made.state.parent = self.state
            made.state.git.take(self.state.git, "+refs/heads/*:refs/heads/*")
            return made

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
    ) -> "PullRequest":
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
            handle = PullRequest(self.server, pull)
            handle.fetch_head()
            self.server.hooks.pull("opened", pull, pull.author)
            return handle

    def pull(self, number: int) -> "PullRequest":
        return PullRequest(self.server, self.state.pulls[number])

    def queue(self, *pulls: "PullRequest", by: str = "ada") -> str:
        """A merge group of these, tested together. Gives its head's sha."""
        with self.server.state.lock:
            git, base = self.state.git, self.sha(self.state.default_branch)
            head = base
            for pull in pulls:
                tree = git.line("merge-tree", "--write-tree", head, pull.head)
                head = self._merge(tree, [head, pull.head], f"Merge #{pull.number}", by)
            refs = self._group(pulls, base)
            git.set_ref(refs[0], head)
            payload = payloads.merge_group(
                self.server, self.state, refs, (head, base), self.server.state.account(by)
            )
            self.server.hooks.send("merge_group", payload, "checks_requested")
            return head

    def destroy_queue(self, *pulls: "PullRequest", reason: str = "invalidated") -> None:
        """The merge group is given up (or merged, or invalidated)."""
        with self.server.state.lock:
            base = self.sha(self.state.default_branch)
            refs = self._group(pulls, base)
            head = self.sha(refs[0])
            account = self.server.state.account("github-merge-queue[bot]", "Bot")
            payload = payloads.merge_group(self.server, self.state, refs, (head, base), account)
            self.state.git.delete_ref(refs[0])
            self.server.hooks.send("merge_group", {**payload, "reason": reason}, "destroyed")

    def _group(self, pulls: Sequence["PullRequest"], base: str) -> tuple[str, str]:
        branch, last = self.state.default_branch, pulls[-1].number
        return f"refs/heads/gh-readonly-queue/{branch}/pr-{last}-{base}", f"refs/heads/{branch}"

    def _merge(self, tree: str, parents: Sequence[str], message: str, by: str) -> str:
        flags = [flag for parent in parents for flag in ("-p", parent)]
        moment = int(self.server.state.clock.now())
        out = self.state.git.git(
            "commit-tree", tree, *flags, input=message.encode(), environment=identity(by, moment)
        )
        return out.decode().strip()

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


@dataclass(frozen=True)
class PullRequest:
    """One pull request and what people do with it."""

    server: Server
    state: Pull

    @property
    def number(self) -> int:
        return self.state.number

    @property
    def head(self) -> str:
        return self.state.head

    @property
    def base(self) -> str:
        return base_sha(self.state)

    @property
    def merge_base(self) -> str:
        return merge_base(self.state)

    @property
    def repo(self) -> Repo:
        return Repo(self.server, self.state.repository)

    def push(self, files: Files, *, message: str = "Change", by: str | None = None) -> str:
        """One more commit on its branch, in the fork where it comes from one."""
        assert self.state.head_repository is not None
        repo = Repo(self.server, self.state.head_repository)
        by = by or self.state.author.login
        return repo.push(self.state.head_ref, files, message=message, by=by)

    def fetch_head(self) -> None:
        """Bring the head here and show it under ``refs/pull``."""
        one, source = self.state.repository, self.state.head_repository
        ref = f"refs/pull/{self.number}/head"
        if source is not None and source is not one:
            one.git.take(source.git, f"+refs/heads/{self.state.head_ref}:{ref}")
        else:
            one.git.set_ref(ref, self.state.head)

    def synchronize(self, sha: str, by: Account) -> None:
        """The branch moved: comments follow their lines, a webhook tells."""
        before = self.state.head
        if before == sha:
            return
        self.state.head, self.state.updated = sha, self.server.state.clock.now()
        self.fetch_head()
        threads.follow(self.server, self.state)
        self.server.hooks.pull("synchronize", self.state, by, before=before, after=sha)

    def comment(self, login: str, text: str) -> int:
        """Say something in the conversation. Gives the comment's id."""
        with self.server.state.lock:
            account = self.server.state.account(login)
            return comments.add(self.server, self.state, account, text).id

    def edit(self, login: str, comment: int, text: str) -> None:
        """Change a comment of the conversation."""
        with self.server.state.lock:
            by = self.server.state.account(login)
            comments.edit(self.server, self.state, comment, text, by)

    def remove(self, comment: int) -> None:
        """Delete a comment: of the conversation, or of a thread."""
        with self.server.state.lock:
            now = self.server.state.clock.now()
            if comment in self.state.comments:
                self.state.comments[comment].set(now, None)
                return
            self.state.review_comments[comment].set(now, None)
            if comment in self.state.threads:
                self.state.threads[comment].set(now, None)

    def reply(self, login: str, thread: int, text: str) -> int:
        """Answer in a thread, named by its first comment. Gives the comment's id."""
        with self.server.state.lock:
            root = self.state.review_comments[thread].now
            assert root is not None
            by = self.server.state.account(login)
            return threads.add_reply(self.server, self.state, root, by, text).id

    def resolve(self, login: str, thread: int) -> None:
        self._resolve(thread, login, done=True)

    def unresolve(self, login: str, thread: int) -> None:
        self._resolve(thread, login, done=False)

    def _resolve(self, thread: int, login: str, *, done: bool) -> None:
        with self.server.state.lock:
            line, by = self.state.threads[thread], self.server.state.account(login)
            assert line.now is not None
            now = self.server.state.clock.now()
            line.set(now, replace(line.now, resolved_by=by if done else None))
            word = "resolved" if done else "unresolved"
            self.server.hooks.thread(word, self.state, thread, by)

    def close(self, by: str = "ada") -> None:
        def change(pull: Pull, now: float) -> None:
            pull.state, pull.closed = "closed", now

        self._act("closed", by, change)

    def reopen(self, by: str = "ada") -> None:
        def change(pull: Pull, now: float) -> None:
            pull.state, pull.closed = "open", None

        self._act("reopened", by, change)

    def ready(self, by: str = "ada") -> None:
        self._act("ready_for_review", by, lambda pull, now: setattr(pull, "draft", False))

    def to_draft(self, by: str = "ada") -> None:
        self._act("converted_to_draft", by, lambda pull, now: setattr(pull, "draft", True))

    def merge(self, by: str = "ada") -> str:
        """Merge with a merge commit. Gives its sha."""
        with self.server.state.lock:
            git, pull = self.state.repository.git, self.state
            tree = git.line("merge-tree", "--write-tree", self.base, pull.head)
            sha = self.repo._merge(tree, [self.base, pull.head], f"Merge #{pull.number}", by)

            def change(pull: Pull, now: float) -> None:
                pull.state, pull.closed, pull.merged = "closed", now, now
                pull.merge_commit, pull.merged_by = sha, self.server.state.account(by)

            git.set_ref(f"refs/heads/{pull.base_ref}", sha)
            self._act("closed", by, change)
            return sha

    def retarget(self, base: str, by: str = "ada") -> None:
        """Point it at another base branch."""
        with self.server.state.lock:
            former, sha = self.state.base_ref, self.base
            self.state.base_ref, self.state.updated = base, self.server.state.clock.now()
            threads.follow(self.server, self.state)
            changes = {"base": {"ref": {"from": former}, "sha": {"from": sha}}}
            account = self.server.state.account(by)
            self.server.hooks.pull("edited", self.state, account, changes=changes)

    def _act(self, action: str, by: str, change: Callable[[Pull, float], None]) -> None:
        with self.server.state.lock:
            now = self.server.state.clock.now()
            change(self.state, now)
            self.state.updated = now
            self.server.hooks.pull(action, self.state, self.server.state.account(by))

    @property
    def comments(self) -> list[Comment]:
        """The conversation's comments as they are now."""
        rows = [line.now for line in self.state.comments.values()]
        return [row for row in rows if row is not None]

    @property
    def review_comments(self) -> list[ReviewComment]:
        """All comments of threads as they are now."""
        rows = [line.now for line in self.state.review_comments.values()]
        return [row for row in rows if row is not None]

    @property
    def threads(self) -> list[dict[str, Any]]:
        """Threads as ``conversation`` shows them: id, path, line, side, resolved, comments."""
        with self.server.state.lock:
            return thread_rows(self.server, self.state)

    @property
    def notifications(self) -> int:
        """How often people were told of something here."""
        return sum(each.pull == self.number for each in self.server.notifications)

    def conversation(self) -> dict[str, Any]:
        """All of it, read back: see conversation.py."""
        with self.server.state.lock:
            return conversation(self.server, self.state)


def create(
    server: Server, name: str, *, private: bool = False, roles: Mapping[str, str] | None = None
) -> Repo:
    """An empty repository ``owner/name``; an unknown owner becomes an organisation."""
    owner, _, plain = name.partition("/")
    state = server.state
    account = state.account(owner, "Organization")
    id = state.id()
    one = Repository(
        id=id, owner=account, name=plain, git=Bare.create(server.folder / f"{id}.git"),
        private=private, created=state.clock.now(),
        roles={login.lower(): role for login, role in (roles or {}).items()},
    )  # fmt: skip
    for login in roles or {}:
        state.account(login)
    state.repositories[one.id] = one
    return Repo(server, one)
