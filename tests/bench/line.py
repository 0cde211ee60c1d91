"""The whole line as it is measured: `redline serve` with a fake GitHub, one change at a time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.github import FakeGitHub, PullRequest, Repo
from tests.line.server import SECRET, Redline, eventually


@dataclass(frozen=True)
class Line:
    """A forge, and a server that reviews what is opened there."""

    github: FakeGitHub
    redline: Redline

    def reviewed(self, repository: Repo, files: Mapping[str, str]) -> PullRequest:
        """Open a change, and wait for the final status on it."""
        repository.push("change", dict(files), by="ada")
        pull = repository.open_pull("change", title="Change", by="ada")
        eventually(lambda: self._finished(repository, pull), "the review ends", 120)
        return pull

    def _finished(self, repository: Repo, pull: PullRequest) -> bool:
        runs = [run for run in repository.checks(pull.head) if run.name == "redline"]
        return bool(runs) and runs[-1].status == "completed"


@contextmanager
def running(scratch: Path) -> Iterator[Line]:
    """The line for as long as the block runs."""
    with FakeGitHub(scratch / "github") as github:
        app = github.app("redline", "org")
        environment = {
            "REDLINE_GITHUB_URL": github.api,
            "REDLINE_GITHUB_APP_ID": str(app.id),
            "REDLINE_GITHUB_PRIVATE_KEY": app.private_key,
            "REDLINE_FORGE_WALK_SECONDS": "3600",
            "REDLINE_RECONCILE_SECONDS": "3600",
            "REDLINE_WORKERS": "1",  # each has a token of its own, asked for once
        }
        with Redline(scratch / "state", environment) as redline:
            github.deliver_to(redline.hook, SECRET)
            yield Line(github, redline)
        assert github.violations == []
