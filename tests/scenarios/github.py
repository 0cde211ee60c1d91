"""GitHub's fake as a scenario wants it, with an App or with a plain token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from bot.change import ChangeId, ForgeName, Kind
from bot.hooks import github as hooks
from bot.hooks.delivery import Delivery
from tests.fakes.github import FakeGitHub, PullRequest, Repo
from tests.scenarios.forges import BOT, ROLES, Files, Page, Repository, Shown, Thread
from tests.scenarios.reading import Read

SECRET = "a webhook secret of the tests"
_WHERE = {
    "threads": "POST */reviews",
    "status": "P* *check-runs*|POST */statuses/*",
    "answers": "POST */issues/*/comments",
    "all": "P[OAU]* /repo*",
}
_STATES = {"in_progress": "running", "error": "cancelled"}
_WAITS = "waiting for a worker"


@dataclass(frozen=True)
class GitHubPage(Read):
    """Implements Page."""

    pull: PullRequest
    repo: Repo
    bot: str

    def conversation(self) -> Mapping[str, Any]:
        return self.pull.conversation()

    @property
    def id(self) -> ChangeId:
        return ChangeId(ForgeName.GITHUB, self.repo.id, number=self.pull.number)

    @property
    def head(self) -> str:
        return self.pull.head

    def push(self, files: Files) -> str:
        return self.pull.push(dict(files))

    def comment(self, login: str, text: str) -> str:
        return str(self.pull.comment(login, text))

    def reply(self, login: str, thread: Thread, text: str) -> str:
        return str(self.pull.reply(login, int(thread.id), text))

    def review(self, login: str, text: str) -> str:
        return str(self.pull.review(login, text))

    def resolve(self, login: str, thread: Thread) -> None:
        self.pull.resolve(login, int(thread.id))

    def close(self) -> None:
        self.pull.close()

    def reopen(self) -> None:
        self.pull.reopen()

    def merge(self) -> None:
        self.pull.merge()

    def retarget(self, base: str) -> None:
        self.pull.retarget(base)

    def to_draft(self) -> None:
        self.pull.to_draft()

    def ready(self) -> None:
        self.pull.ready()

    def history(self, sha: str) -> Sequence[Shown]:
        return GitHubRepository(self.repo, self.bot).shown(sha)

    def status(self, sha: str) -> Shown:
        return GitHubRepository(self.repo, self.bot).status(sha)

    def start_ci(self) -> None:
        """It has checks of its own, and takes nothing away from ours."""

    def held_back(self) -> bool:
        return self.status(self.head).state not in ("success", "skipped")

    def annotations(self, sha: str) -> Sequence[tuple[str, int]]:
        runs = self.repo.checks(sha)
        return [(one["path"], one["start_line"]) for one in runs[-1].annotations] if runs else []

    @property
    def notified(self) -> int:
        place = (self.repo.id, self.pull.number, self.bot)
        every = self.pull.server.notifications
        return sum((one.repository, one.pull, one.by) == place for one in every)


def _shown(state: str, title: str) -> Shown:
    """A commit status knows no difference between what waits and what runs."""
    if state == "pending":
        return Shown("queued" if title == _WAITS else "running", title)
    return Shown(_STATES.get(state, state), title)


@dataclass(frozen=True)
class GitHubRepository:
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
    ) -> GitHubPage:
        assert fork is None or isinstance(fork, GitHubRepository)
        from_ = fork.repo if fork else None
        pull = self.repo.open_pull(branch, by=by, draft=draft, base=base, fork=from_)
        return GitHubPage(pull, self.repo, self.bot)

    def fork(self, login: str) -> "GitHubRepository":
        return GitHubRepository(self.repo.fork(login), self.bot)

    def queue(self, page: Page) -> tuple[ChangeId, str]:
        assert isinstance(page, GitHubPage)
        head = self.repo.queue(page.pull)
        refs = self.repo.state.git.git("for-each-ref", "--format=%(objectname) %(refname)")
        rows = [line.split(" ") for line in refs.decode().splitlines()]
        ref = next(name for sha, name in rows if sha == head and "readonly-queue" in name)
        return ChangeId(ForgeName.GITHUB, self.repo.id, Kind.MERGE_GROUP, ref=ref), head

    def shown(self, sha: str) -> Sequence[Shown]:
        rows = [row for row in self.repo.history(sha) if row[0] == "redline"]
        return [_shown(end or state, title or "") for _, state, end, title in rows]

    def status(self, sha: str) -> Shown:
        """The newest check run counts, whatever was done to an older one since."""
        runs = [run for run in self.repo.checks(sha) if run.name == "redline"]
        if not runs:
            return self.shown(sha)[-1]
        return _shown(runs[-1].conclusion or runs[-1].status, runs[-1].output.get("title") or "")


@dataclass
class GitHub:
    """Implements Forge; a context manager."""

    folder: Path
    app: bool
    name: ForgeName = ForgeName.GITHUB
    annotates: bool = field(init=False)
    edits_running: bool = True
    takes_any_line: bool = False
    skips: str = field(init=False)

    def __post_init__(self) -> None:
        self.annotates = self.app
        self.skips = "skipped" if self.app else "success"
        self.bot = f"{BOT}[bot]" if self.app else BOT
        self._heard = self._names = 0

    def __enter__(self) -> "GitHub":
        self.fake = FakeGitHub(self.folder)
        self.fake.deliver_to(None, SECRET)
        self.fake.__enter__()
        if self.app:
            self.key = self.fake.app(BOT, "org")
            self.key.grant(contents="write")
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
        common = {
            "REDLINE_GITHUB_URL": self.fake.api,
            "REDLINE_GITHUB_WEBHOOK_SECRET": SECRET,
        }
        if not self.app:
            token = self.fake.token(self.bot)
            return {**common, "REDLINE_GITHUB_TOKEN": token, "REDLINE_REPOSITORIES": "org/*"}
        own = {"APP_ID": str(self.key.id), "PRIVATE_KEY": self.key.private_key}
        return {**common, **{f"REDLINE_GITHUB_{name}": value for name, value in own.items()}}

    def repository(self, files: Files) -> GitHubRepository:
        self._names += 1
        roles = ROLES if self.app else {**ROLES, self.bot: "write"}
        repo = self.fake.repository(f"org/shop{self._names}", dict(files), roles=roles)
        return GitHubRepository(repo, self.bot)

    def deliveries(self) -> Sequence[Delivery]:
        new, read = self.fake.hooks.log[self._heard :], []
        self._heard += len(new)
        for one in new:
            headers = [(k.lower().encode(), v.encode()) for k, v in self._headers(one).items()]
            hooks.verify(headers, one.body, [SECRET])
            read.append(hooks.read(headers, one.body))
        return read

    def _headers(self, one: Any) -> dict[str, str]:
        return self.fake.hooks.headers(one)

    def may_resolve(self, yes: bool) -> None:
        if self.app:
            self.key.grant(contents="write" if yes else "read")

    @property
    def writes(self) -> Sequence[str]:
        return [name for _, name in self.fake.content_writes]

    def spoil(
        self, what: str, how: str, *, after: bool, chance: float = 1, times: int | None = 1
    ) -> None:
        kind: dict[str, Any] = {"what": how, "seconds": 0.05}
        if how.isdigit():
            kind = {"what": "status", "status": int(how)}
        for pattern in _WHERE[what].split("|"):
            self.fake.faults.add(pattern, after=after, chance=chance, times=times, **kind)

    def stale(self, seconds: float) -> None:
        kinds = ("comments", "reviews", "review_comments", "threads", "checks", "statuses")
        self.fake.faults.stale(seconds, *kinds)

    def heal(self) -> None:
        self.fake.faults.clear()
        self.fake.limits.budgets.clear()

    @property
    def violations(self) -> Sequence[str]:
        return self.fake.violations
