"""What people do with a merge request, and what they read there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.gitlab import awards, changing, notes, pipelines, positions, requests, suggestions
from tests.fakes.gitlab.conversation import conversation, thread_rows
from tests.fakes.gitlab.server import Server
from tests.fakes.gitlab.state import (
    LEVELS,
    Account,
    Discussion,
    Draft,
    Note,
    Pipeline,
    Position,
    Request,
)

Files = Mapping[str, str | bytes | None]


@dataclass(frozen=True)
class MergeRequest:
    """One merge request and what people do with it. ``by`` and ``login`` name who does it."""

    server: Server
    state: Request

    @property
    def number(self) -> int:
        """Its iid."""
        return self.state.iid

    @property
    def head(self) -> str:
        return self.state.head

    @property
    def base(self) -> str:
        """The target branch's tip."""
        found = self.state.project.git.commit(f"refs/heads/{self.state.target_branch}")
        assert found is not None
        return found

    @property
    def merge_base(self) -> str:
        return self.state.versions[-1].base

    @property
    def mergeable(self) -> str:
        """GitLab's ``detailed_merge_status``: mergeable, ci_must_pass, draft_status, ..."""
        with self.server.state.lock:
            return requests.mergeable(self.server, self.state)

    def text(self, path: str) -> str:
        """A file at head. Raises GitError where there is none."""
        return self.state.project.git.git("show", f"{self.head}:{path}").decode()

    def push(self, files: Files, *, message: str = "Change", by: str | None = None) -> str:
        """One more commit on its branch, in the fork where it comes from one."""
        with self.server.state.lock:
            source = self.state.source
            assert source is not None, "the fork is gone"
            account = self._account(by) if by else self.state.author
            moment = int(self.server.state.clock.now())
            tip = source.git.commit(f"refs/heads/{self.state.source_branch}") or self.head
            sha = source.git.write([tip], files, message, (account.login, moment))
            changing.move(self.server, source, self.state.source_branch, sha, account)
            return sha

    def comment(self, login: str, text: str) -> int:
        """Write a note. Gives its id; 0 where it had quick actions only, and was not kept."""
        with self.server.state.lock:
            note = notes.say(self.server, self.state, self._account(login), text)
            return note.id if note else 0

    def discuss(self, login: str, text: str, line: int, path: str) -> str:
        """Start a thread on a line that the change added. Gives the thread's id."""
        with self.server.state.lock:
            newest = self.state.versions[-1]
            where = Position("text", newest.base, newest.start, newest.head, path, path, None, line)
            assert positions.valid(self.server, self.state, where), "no such line"
            note = notes.start(self.server, self.state, self._account(login), text, where)
            assert note is not None
            return self._note(note.id)[0].id

    def edit(self, login: str, note: int, text: str) -> None:
        """Change one's own note; Maintainers change anybody's, and its author stays the same."""
        with self.server.state.lock:
            by, where = self._account(login), self._note(note)
            level = self.server.state.level(self.state.project, by)
            assert by == where[1].author or level >= LEVELS["maintainer"], "somebody else's note"
            notes.edit(self.server, self.state, where, text, by)

    def remove(self, note: int) -> None:
        with self.server.state.lock:
            notes.delete(self.server, *self._note(note))

    def reply(self, login: str, thread: str, text: str) -> int:
        """Answer in a thread, named by its id. Gives the note's id, 0 for quick actions only."""
        with self.server.state.lock:
            discussion = self.state.discussions[thread]
            note = notes.reply(self.server, self.state, discussion, self._account(login), text)
            return note.id if note else 0

    def resolve(self, login: str, thread: str) -> None:
        self._resolve(login, thread, done=True)

    def unresolve(self, login: str, thread: str) -> None:
        self._resolve(login, thread, done=False)

    def _resolve(self, login: str, thread: str, *, done: bool) -> None:
        with self.server.state.lock:
            discussion = self.state.discussions[thread]
            notes.resolve(self.server, self.state, discussion, self._account(login), done=done)

    def react(self, login: str, note: int, name: str) -> None:
        """An emoji on a note, as ``thumbsup``."""
        with self.server.state.lock:
            there = self._note(note)[1]
            awards.give(self.server, self.state, there, name, self._account(login))

    def apply(self, login: str, note: int) -> str:
        """Commit the suggestion of a note. Gives the new head."""
        with self.server.state.lock:
            account = self._account(login)
            return suggestions.apply(self.server, self.state, *self._note(note), account)

    def close(self, by: str = "ada") -> None:
        with self.server.state.lock:
            self.server.acts.close(self.state, self._account(by))

    def reopen(self, by: str = "ada") -> None:
        with self.server.state.lock:
            self.server.acts.reopen(self.state, self._account(by))

    def merge(self, by: str = "ada") -> str:
        """Merge with a merge commit, whatever holds it back. Gives its sha."""
        with self.server.state.lock:
            sha = self.server.acts.merge(self.state, self._account(by))
            assert sha is not None, "not open"
            return sha

    def ready(self, by: str = "ada") -> None:
        with self.server.state.lock:
            self.server.acts.draft(self.state, self._account(by), draft=False)

    def to_draft(self, by: str = "ada") -> None:
        with self.server.state.lock:
            self.server.acts.draft(self.state, self._account(by), draft=True)

    def title(self, text: str, by: str = "ada") -> None:
        with self.server.state.lock:
            self.server.acts.title(self.state, text, self._account(by))

    def describe(self, text: str, by: str = "ada") -> None:
        with self.server.state.lock:
            self.server.acts.describe(self.state, text, self._account(by))

    def label(self, *names: str, by: str = "ada") -> None:
        """Have these labels and no others."""
        with self.server.state.lock:
            self.server.acts.label(self.state, names, self._account(by))

    def approve(self, by: str = "mia") -> None:
        with self.server.state.lock:
            self.server.acts.approve(self.state, self._account(by))

    def unapprove(self, by: str = "mia") -> None:
        with self.server.state.lock:
            self.server.acts.unapprove(self.state, self._account(by))

    def retarget(self, base: str, by: str = "ada") -> None:
        """Point it at another target branch."""
        with self.server.state.lock:
            self.server.acts.retarget(self.state, base, self._account(by))

    def _account(self, login: str) -> Account:
        return self.server.state.account(login)

    def _note(self, number: int) -> tuple[Discussion, Note]:
        found = self.state.find(number)
        assert found is not None, f"no note {number}"
        note = found[1].now
        assert note is not None
        return found[0], note

    @property
    def notes(self) -> list[Note]:
        """All notes as they are now, without what GitLab says itself."""
        rows = [note for one in self.state.discussions.values() for note in one.there()]
        return sorted((note for note in rows if not note.system), key=lambda note: note.id)

    @property
    def drafts(self) -> list[Draft]:
        """What is not published yet, whoever wrote it."""
        lines = (line.now for line in self.state.drafts.values())
        return [one for one in lines if one is not None]

    @property
    def pipeline(self) -> Pipeline | None:
        """The pipeline that decides whether it may be merged."""
        with self.server.state.lock:
            return pipelines.head(self.server, self.state)

    @property
    def threads(self) -> list[dict[str, Any]]:
        """Threads on lines and files as ``conversation`` shows them."""
        with self.server.state.lock:
            return thread_rows(self.server, self.state)

    @property
    def notifications(self) -> int:
        """How often people were told of a note or a review (not of what was resolved)."""
        own = (one for one in self.server.notifications if one.request == self.state.id)
        return sum(one.kind != "all resolved" for one in own)

    def conversation(self) -> dict[str, Any]:
        """All of it, read back: see conversation.py."""
        with self.server.state.lock:
            return conversation(self.server, self.state)
