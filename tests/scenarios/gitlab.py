"""GitLab's fake as a scenario wants it, with a project's token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from bot.change import ChangeId, ForgeName, Kind
from bot.hooks import gitlab as hooks
from bot.hooks.delivery import Delivery
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.gitlab.mergerequest import MergeRequest
from tests.fakes.gitlab.people import Repo
from tests.scenarios.forges import BOT, Files, Page, Repository, Shown, Thread
from tests.scenarios.reading import Read

SECRET = "a webhook secret of the tests"
LEVELS = {
    "ada": "developer",
    "mia": "maintainer",
    "tess": "reporter",
    "rita": "guest",
    "olga": "owner",
    BOT: "maintainer",
}
_WHERE = {
    "threads": "POST *draft_notes*",
    "status": "POST */statuses/*",
    "answers": "POST */notes",
    "all": "P[OU]* */projects/*",
}
_STATES = {"failed": "failure", "canceled": "cancelled", "pending": "queued"}


@dataclass(frozen=True)
class GitLabPage(Read):
    """Implements Page."""

    request: MergeRequest
    repo: Repo
    bot: str

    def conversation(self) -> Mapping[str, Any]:
        return self.request.conversation()

    @property
    def id(self) -> ChangeId:
        return ChangeId(ForgeName.GITLAB, self.repo.id, number=self.request.number)

    @property
    def head(self) -> str:
        return self.request.head

    def push(self, files: Files) -> str:
        return self.request.push(dict(files))

    def comment(self, login: str, text: str) -> str:
        return str(self.request.comment(login, text))

    def reply(self, login: str, thread: Thread, text: str) -> str:
        return str(self.request.reply(login, str(thread.id), text))

    def review(self, login: str, text: str) -> str:
        """A review's summary is a note of the conversation here."""
        return self.comment(login, text)

    def resolve(self, login: str, thread: Thread) -> None:
        self.request.resolve(login, str(thread.id))

    def close(self) -> None:
        self.request.close()

    def reopen(self) -> None:
        self.request.reopen()

    def merge(self) -> None:
        self.request.merge()

    def retarget(self, base: str) -> None:
        self.request.retarget(base)

    def to_draft(self) -> None:
        self.request.to_draft()

    def ready(self) -> None:
        self.request.ready()

    def history(self, sha: str) -> Sequence[Shown]:
        rows = self.conversation()["statuses"].get(sha, [])
        shown = [each for row in rows if row["name"] == BOT for each in row["history"]]
        return [_shown(row) for row in shown]

    def status(self, sha: str) -> Shown:
        shown = self.history(sha)
        return shown[-1] if shown else self._stand_in(sha)

    def _stand_in(self, sha: str) -> Shown:
        """The thread that takes the status's place, where a fork's commit can have none."""
        head = f"**Redline** at {sha[:7]}: "
        ours = [row for row in self.conversation()["timeline"] if row["author"] == self.bot]
        (row,) = [row for row in ours if row["body"].startswith(head)]
        title = row["body"].removeprefix(head).partition("\n")[0].replace("`", "")
        return Shown("success" if row["resolved"] else "failure", title)

    def start_ci(self) -> None:
        """Another pipeline: from now on it is the one that counts."""
        branch = self.request.state.source_branch
        self.repo.pipeline(self.head, branch)
        self.repo.finish(self.head)

    def held_back(self) -> bool:
        self.repo.set(only_allow_merge_if_pipeline_succeeds=True)
        return self.request.mergeable != "mergeable"

    def annotations(self, sha: str) -> Sequence[tuple[str, int]]:
        return []

    @property
    def notified(self) -> int:
        every = [one for one in self.request.server.notifications if one.by == self.bot]
        mine = [one for one in every if one.request == self.request.state.id]
        # That all threads are resolved GitLab tells people by itself, whoever resolves the last.
        return sum(one.kind != "all resolved" for one in mine)


def _shown(row: Mapping[str, Any]) -> Shown:
    return Shown(_STATES.get(row["state"], row["state"]), row["title"] or "")


@dataclass(frozen=True)
class GitLabRepository:
    """Implements Repository."""

    repo: Repo
    bot: str

    def push(
        self, branch: str, files: Files, *, start: str | None = None, force: bool = False
    ) -> str:
        return self.repo.push(branch, dict(files), start=start, force=force)

    def move(self, branch: str, sha: str) -> None:
        self.repo.move(branch, sha)

    def open(
        self,
        branch: str,
        *,
        by: str = "ada",
        draft: bool = False,
        base: str | None = None,
        fork: Repository | None = None,
    ) -> GitLabPage:
        assert fork is None or isinstance(fork, GitLabRepository)
        from_ = fork.repo if fork else None
        made = self.repo.open_merge_request(branch, by=by, draft=draft, base=base, fork=from_)
        return GitLabPage(made, self.repo, self.bot)

    def fork(self, login: str) -> "GitLabRepository":
        return GitLabRepository(self.repo.fork(login), self.bot)

    def queue(self, page: Page) -> tuple[ChangeId, str]:
        assert isinstance(page, GitLabPage)
        ref = f"refs/merge-requests/{page.request.number}/train"
        head = self.repo.queue(page.request)
        return ChangeId(ForgeName.GITLAB, self.repo.id, Kind.MERGE_GROUP, ref=ref), head

    def shown(self, sha: str) -> Sequence[Shown]:
        rows = [row for row in self.repo.history(sha) if row[0] == BOT]
        return [Shown(_STATES.get(state, state), title or "") for _, state, title in rows]


@dataclass
class GitLab:
    """Implements Forge; a context manager."""

    folder: Path
    name: ForgeName = ForgeName.GITLAB
    annotates: bool = False
    edits_running: bool = False
    takes_any_line: bool = True
    skips: str = "success"

    def __post_init__(self) -> None:
        self.bot = BOT
        self._heard = self._names = 0

    def __enter__(self) -> "GitLab":
        self.fake = FakeGitLab(self.folder, prefix="/gitlab")
        self.fake.deliver_to(None, SECRET)
        self.fake.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.fake.__exit__(kind, error, trace)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "REDLINE_GITLAB_URL": self.fake.url,
            "REDLINE_GITLAB_TOKEN": self.fake.token(self.bot, bot=True),
            "REDLINE_GITLAB_WEBHOOK_SECRET": SECRET,
            "REDLINE_REPOSITORIES": "group/**",
        }

    def repository(self, files: Files) -> GitLabRepository:
        self._names += 1
        path = f"group/sub/shop{self._names}"
        repo = self.fake.repository(path, dict(files), roles=LEVELS)
        return GitLabRepository(repo, self.bot)

    def deliveries(self) -> Sequence[Delivery]:
        new, read = self.fake.hooks.log[self._heard :], []
        self._heard += len(new)
        for one in new:
            sent = self.fake.hooks.headers(one)
            headers = [(name.lower().encode(), value.encode()) for name, value in sent.items()]
            hooks.verify(headers, one.body, [SECRET])
            read.append(hooks.read(headers, one.body))
        return read

    def may_resolve(self, yes: bool) -> None:
        """Who may write here may resolve."""

    @property
    def writes(self) -> Sequence[str]:
        return [name for _, name in self.fake.content_writes]

    def spoil(
        self, what: str, how: str, *, after: bool, chance: float = 1, times: int | None = 1
    ) -> None:
        kind: dict[str, Any] = {"what": how, "seconds": 0.05}
        if how.isdigit():
            kind = {"what": "status", "status": int(how)}
        self.fake.faults.add(_WHERE[what], after=after, chance=chance, times=times, **kind)

    def stale(self, seconds: float) -> None:
        self.fake.faults.stale(seconds, "discussions", "drafts", "statuses")

    def heal(self) -> None:
        self.fake.faults.clear()
        self.fake.limits.budgets.clear()

    @property
    def violations(self) -> Sequence[str]:
        return self.fake.violations
