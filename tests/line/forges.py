"""What the line's tests do at either forge, and what they read there, in the same words.

What a forge's fake hands out (repository, change) is taken as it comes: both have the same methods
for what both forges can do.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.change import ChangeId, ForgeName
from tests.fakes import github, gitlab
from tests.fakes.github import AppKey, FakeGitHub
from tests.fakes.gitlab import FakeGitLab, MergeRequest

Place = tuple[str, int | None]
Row = tuple[str, str | None, str | None]  # state, conclusion and title of a status

ROLES = {"ada": "write", "tess": "triage", "rita": "read"}
LEVELS = {"ada": "developer", "tess": "reporter", "rita": "guest"}


class GitHub:
    """A GitHub, with an App or a plain token."""

    name = ForgeName.GITHUB
    event = "pull_request"
    bot = "redline[bot]"  # what it says is no person's word
    owner = "org"
    # Each write of a review, and of one that ends threads: {repository} and {pull} are filled in.
    writes = (
        "POST */repositories/{repository}/check-runs",
        "POST */repositories/{repository}/pulls/{pull}/reviews",
        "PATCH */repositories/{repository}/check-runs/*",
    )
    edits = (
        "PATCH */repositories/{repository}/pulls/comments/*",
        "PUT */repositories/{repository}/pulls/{pull}/reviews/*",
        "PATCH */repositories/{repository}/check-runs/*",
    )
    calls = ("* */repositories/{repository}/*", "* /{name}.git/*")
    shared = ("POST /graphql",)  # calls that do not name their repository
    listings = ("comments", "reviews", "review_comments", "threads", "checks", "statuses", "pulls")

    def __init__(self, folder: Path, app: bool = True) -> None:
        self.fake, self._app = FakeGitHub(folder / "github"), app
        self.keys: list[AppKey] = []

    def unlimited(self) -> None:
        """For all scenarios together, without the pace: tests of limits set their own."""
        limits = self.fake.limits
        limits.hourly = limits.writes_a_minute = limits.writes_an_hour = 1_000_000

    def settings(self) -> dict[str, str]:
        """The environment that Redline needs to speak to it."""
        own = self._as_app() if self._app else self._as_person()
        return {"REDLINE_GITHUB_URL": self.fake.api, **own}

    def _as_app(self) -> dict[str, str]:
        app = self.fake.app("redline", self.owner)
        app.grant(contents="write")  # what closing a thread asks for; without it they are hidden
        self.keys.append(app)
        return {
            "REDLINE_GITHUB_APP_ID": str(app.id),
            "REDLINE_GITHUB_PRIVATE_KEY": app.private_key,
        }

    def _as_person(self) -> dict[str, str]:
        token = self.fake.token("redline-bot")
        return {"REDLINE_GITHUB_TOKEN": token, "REDLINE_REPOSITORIES": f"{self.owner}/*"}

    def repository(self, name: str, files: Any = None, **further: Any) -> Any:
        """A repository with people of all roles."""
        roles = ROLES if self._app else {**ROLES, "redline-bot": "write"}
        return self.fake.repository(name, files, roles=roles, **further)

    def open(self, repo: Any, branch: str, **further: Any) -> Any:
        """A change from that branch."""
        return repo.open_pull(branch, **further)

    def still_open(self, change: Any) -> bool:
        """Whether people can close it."""
        there = project(change).id in self.fake.server.state.repositories
        return there and change.state.state == "open"

    def repo(self, state: Any) -> Any:
        """A repository by its state."""
        return github.Repo(self.fake.server, state)

    def secrets(self) -> list[str]:
        """What nobody may see."""
        lines = [line for key in self.keys for line in key.private_key.splitlines()]
        return [*self.fake.server.state.tokens, *(line for line in lines if len(line) > 40)]


class GitLab:
    """A GitLab, with a project's token."""

    name = ForgeName.GITLAB
    event = "merge_request"
    bot = "project_1_bot_0a1b"  # as GitLab names the accounts of tokens
    owner = "group/sub"
    writes = (
        "POST */projects/{repository}/statuses/*",
        "POST */projects/{repository}/merge_requests/{pull}/draft_notes",
        "POST */projects/{repository}/merge_requests/{pull}/draft_notes/bulk_publish",
    )
    edits = (
        "PUT */projects/{repository}/merge_requests/{pull}/discussions/*/notes/*",
        "PUT */projects/{repository}/merge_requests/{pull}/notes/*",
        "PUT */projects/{repository}/merge_requests/{pull}/discussions/*",
        "POST */projects/{repository}/statuses/*",
    )
    calls = ("* */projects/{repository}/*", "* */{name}.git/*")
    shared = ()
    listings = ("discussions", "drafts", "statuses", "awards")

    def __init__(self, folder: Path, app: bool = True) -> None:
        self.fake = FakeGitLab(folder / "gitlab", prefix="/gitlab")
        self.keys: list[AppKey] = []

    def unlimited(self) -> None:
        """As above."""
        self.fake.limits.a_minute = self.fake.limits.notes_a_minute = 1_000_000

    def settings(self) -> dict[str, str]:
        """The environment that Redline needs to speak to it."""
        return {
            "REDLINE_GITLAB_URL": self.fake.url,
            "REDLINE_GITLAB_TOKEN": self.fake.token("redline-bot", bot=True),
            "REDLINE_REPOSITORIES": f"{self.owner}/*",
        }

    def repository(self, name: str, files: Any = None, **further: Any) -> Any:
        """A project with people of all roles."""
        roles = {**LEVELS, "redline-bot": "developer"}
        return self.fake.repository(name, files, roles=roles, **further)

    def open(self, repo: Any, branch: str, **further: Any) -> Any:
        """A change from that branch."""
        return repo.open_merge_request(branch, **further)

    def still_open(self, change: Any) -> bool:
        """Whether people can close it."""
        there = project(change).id in self.fake.server.state.projects
        return there and change.state.state == "opened"

    def repo(self, state: Any) -> Any:
        """A project by its state."""
        return gitlab.Repo(self.fake.server, state)

    def secrets(self) -> list[str]:
        """What nobody may see."""
        return list(self.fake.server.state.tokens)


Forge = GitHub | GitLab
FORGES: dict[str, type[GitHub] | type[GitLab]] = {"github": GitHub, "gitlab": GitLab}


def identity(change: Any) -> ChangeId:
    """What Redline calls it."""
    forge = ForgeName.GITLAB if isinstance(change, MergeRequest) else ForgeName.GITHUB
    return ChangeId(forge, project(change).id, number=change.number)


def source(change: Any) -> str:
    """The branch that it comes from."""
    state = change.state
    name: str = state.source_branch if isinstance(change, MergeRequest) else state.head_ref
    return name


def project(change: Any) -> Any:
    """The state of the repository that it is in."""
    return change.state.project if isinstance(change, MergeRequest) else change.state.repository


def rows(repo: Any, sha: str) -> list[Row]:
    """Each status of ours at a commit, the newest last, in the words of a check run."""
    if hasattr(repo.state, "pipelines"):
        return [_row(one) for one in repo.statuses(sha) if one.name == "redline"]
    runs = [
        (one.status, one.conclusion, one.output.get("title"))
        for one in repo.checks(sha)
        if one.name == "redline"
    ]
    words = {"success": "success", "failure": "failure", "error": "cancelled"}
    for one in [one for one in repo.statuses(sha) if one.context == "redline"][-1:]:
        ended = "completed" if one.state in words else "pending"
        runs.append((ended, words.get(one.state), one.description))
    return runs


def _row(one: Any) -> Row:
    words = {"success": "success", "failed": "failure", "canceled": "cancelled"}
    return ("completed" if one.state in words else one.state, words.get(one.state), one.description)


def marked(repo: Any) -> set[str]:
    """Every commit of a repository that has a status."""
    if hasattr(repo.state, "pipelines"):
        return {line.first.sha for line in repo.state.statuses}
    return {line.first.sha for line in repo.state.checks.values()}


def others(repo: Any, change: Any) -> set[str]:
    """The heads of a repository's other changes."""
    every = repo.state.requests if hasattr(repo.state, "requests") else repo.state.pulls
    return {one.head for one in every.values() if one is not change.state}


def said(change: Any) -> Iterator[tuple[str, Place]]:
    """What stands at a change, each with its place: threads that nobody hid, and comments."""
    for row in change.threads:
        first = row["comments"][0]
        if first["minimized"] is None:
            yield first["body"], (row["path"], row["line"])
    if isinstance(change, MergeRequest):
        found = [one.first for one in change.state.discussions.values()]
        plain = [note for note in found if note.original is None and not note.system]
    else:
        plain = change.comments
    for comment in plain:
        yield comment.body, ("", None)


def annotations(change: Any) -> list[dict[str, Any]]:
    """What the status of its head shows beside lines; GitLab's has no such thing."""
    if isinstance(change, MergeRequest):
        return []
    lines = change.state.repository.checks.values()
    runs = [line.now for line in lines if line.now and line.now.sha == change.head]
    return list(runs[-1].annotations) if runs else []


def ever(change: Any) -> list[str]:
    """What each comment said at first, those that were deleted too."""
    if isinstance(change, MergeRequest):
        every = change.state.discussions.values()
        return [line.first.body for one in every for line in one.notes.values()]
    one = change.state
    lines = [*one.review_comments.values(), *one.comments.values(), *one.reviews.values()]
    return [line.first.body for line in lines]


def shown(forge: Forge) -> Iterator[tuple[str, str]]:
    """All that anybody can read at a forge, and where."""
    if isinstance(forge, GitLab):
        for one in forge.fake.server.state.projects.values():
            yield "a status", repr([line.versions for line in one.statuses])
            for request in one.requests.values():
                for each in request.discussions.values():
                    yield "a note", repr([line.versions for line in each.notes.values()])
        return
    for repository in forge.fake.server.state.repositories.values():
        yield "a check", repr([line.versions for line in repository.checks.values()])
        yield "a status", repr([status.first for status in repository.statuses])
        for pull in repository.pulls.values():
            every = [line.versions for line in pull.comments.values()]
            reviews = [line.versions for line in pull.reviews.values()]
            threads = [line.versions for line in pull.review_comments.values()]
            yield "a comment", repr((every, reviews, threads))
