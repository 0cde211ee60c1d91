"""What people do with a pull request, and what they read there."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.fakes.github import comments, merging, pushing, reviews, threads
from tests.fakes.github.conversation import conversation, thread_rows
from tests.fakes.github.pulls import base_sha, merge_base
from tests.fakes.github.pushing import Files
from tests.fakes.github.server import Server
from tests.fakes.github.state import Comment, Pull, Review, ReviewComment
from tests.fakes.timeline import Timeline


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

    def text(self, path: str) -> str:
        """A file at head. Raises GitError where there is none."""
        return self.state.repository.git.git("show", f"{self.head}:{path}").decode()

    def push(self, files: Files, *, message: str = "Change", by: str | None = None) -> str:
        """One more commit on its branch, in the fork where it comes from one."""
        with self.server.state.lock:
            source, head = self.state.head_repository, self.state.head
            assert source is not None, "the fork is gone"
            account = self.server.state.account(by) if by else self.state.author
            where = (self.state.head_ref, head, message)
            return pushing.push(self.server, source, where, files, account)

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

    def review(self, login: str, text: str) -> int:
        """Submit a review that has nothing but a text. Gives its id."""
        with self.server.state.lock:
            return reviews.write(self.server, self.state, self.server.state.account(login), text).id

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
            account = self.server.state.account(by)
            sha = merging.merge(self.server, self.state, self.base, account)

            def change(pull: Pull, now: float) -> None:
                pull.state, pull.closed, pull.merged = "closed", now, now
                pull.merge_commit, pull.merged_by = sha, account

            there, branch, before = self.state.repository, self.state.base_ref, self.base
            there.git.set_ref(f"refs/heads/{branch}", sha)
            self._act("closed", by, change)
            self.server.hooks.push(there, branch, (before, sha), account)
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
    def comments(self) -> list[Comment | Review]:
        """The conversation's comments, and the texts of reviews, as they are now."""
        lines: list[Timeline[Comment] | Timeline[Review]] = [*self.state.comments.values()]
        lines += self.state.reviews.values()
        rows = [line.now for line in sorted(lines, key=lambda line: line.born)]
        return [row for row in rows if row is not None and row.body]

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
        place = (self.state.repository.id, self.number)
        every = self.server.notifications
        return sum((each.repository, each.pull) == place for each in every)

    def conversation(self) -> dict[str, Any]:
        """All of it, read back: see conversation.py."""
        with self.server.state.lock:
            return conversation(self.server, self.state)
