"""The demo's forge: a fake as a process, spoken to over HTTP only."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.line.server import SECRET, eventually

OWNER = "shop"


@dataclass(frozen=True)
class Words:
    """What a forge calls things: a change in people's acts and in a sentence, its sign, its states.

    ``begun`` are the state and the words of a run that has begun, ``done`` is the reaction.
    """

    act: str
    change: str
    sign: str
    failed: str
    begun: tuple[str, str]
    done: str
    secret: str


WORDS = {
    "github": Words("pull", "pull request", "#", "failure", ("in_progress", "checking out"), "+1",
                    "secret"),
    "gitlab": Words("merge_request", "merge request", "!", "failed", ("running", ""), "thumbsup",
                    "token"),
}  # fmt: skip


@dataclass(frozen=True)
class Forge:
    """Its addresses and what Redline needs to speak to it."""

    name: str
    people: httpx.Client
    settings: Mapping[str, str]

    @property
    def words(self) -> Words:
        return WORDS[self.name]

    def act(self, act: str, **arguments: Any) -> Any:
        """What a person does."""
        answer = self.people.post(f"/_fake/{act}", json=arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()["ok"]

    def hook(self, redline: str) -> None:
        """Send webhooks to the Redline at this address."""
        url = f"{redline}/webhooks/{self.name}"
        self.act("hook", url=url, **{self.words.secret: SECRET})

    def open(self, **arguments: Any) -> int:
        """Open a change. Gives its number."""
        number: int = self.act(f"open_{self.words.act}", **arguments)["number"]
        return number

    def on(self, act: str, repository: str, number: int, **arguments: Any) -> Any:
        """What a person does to a change."""
        return self.act(act, repository=repository, **{self.words.act: number}, **arguments)

    def conversation(self, repository: str, number: int) -> dict[str, Any]:
        """The change, read back in order."""
        found: dict[str, Any] = self.on("conversation", repository, number)
        return found

    def status(self, repository: str, number: int) -> dict[str, Any]:
        """What stands at the newest commit, empty where nothing does."""
        conversation = self.conversation(repository, number)
        rows = conversation["statuses"].get(conversation["head"], [])
        return rows[-1] if rows else {}

    def reviewed(self, repository: str, number: int) -> dict[str, Any]:
        """Wait for the final status on the newest commit."""
        eventually(lambda: self.status(repository, number).get("conclusion"), "the review ends")
        return self.status(repository, number)

    def runs(self, repository: str, number: int) -> int:
        """How often the newest commit has been reviewed, or begun to be."""
        conversation = self.conversation(repository, number)
        rows = conversation["statuses"].get(conversation["head"], [])
        state, said = self.words.begun
        return sum(
            shown["state"] == state and said in (shown["title"] or "")
            for row in rows
            for shown in row["history"]
        )

    def answered(self, repository: str, number: int, comment: int) -> bool:
        """Whether the command was seen and dealt with."""
        rows = self.conversation(repository, number)["timeline"]
        found = next(row for row in rows if row["id"] == comment)
        return any(each["content"] == self.words.done for each in found["reactions"])


@contextmanager
def running(folder: Path, name: str) -> Iterator[Forge]:
    """The forge for as long as the block runs."""
    folder.mkdir()
    key = folder / "app.pem"
    argv = [sys.executable, "-m", f"tests.fakes.{name}", "--state", str(folder / "repositories")]
    if name == "github":
        argv += ["--app-key", str(key), "--owner", OWNER, "--resolves"]
    else:
        argv += ["--group", OWNER]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        settings = (github if name == "github" else gitlab)(ready, key)
        with httpx.Client(base_url=ready["url"], timeout=30, trust_env=False) as people:
            yield Forge(name, people, settings)
    finally:
        process.terminate()
        process.wait(20)


def github(ready: Mapping[str, Any], key: Path) -> Mapping[str, str]:
    return {
        "REDLINE_GITHUB_URL": ready["api"],
        "REDLINE_GITHUB_APP_ID": str(ready["app"]["id"]),
        "REDLINE_GITHUB_PRIVATE_KEY_FILE": str(key),
    }


def gitlab(ready: Mapping[str, Any], _key: Path) -> Mapping[str, str]:
    return {
        "REDLINE_GITHUB_WEBHOOK_SECRET": "",
        "REDLINE_GITLAB_URL": ready["url"],
        "REDLINE_GITLAB_TOKEN": ready["token"],
        "REDLINE_REPOSITORIES": f"{OWNER}/*",
        "REDLINE_GITLAB_WEBHOOK_SECRET": SECRET,
    }
