"""The demo's forge: the fake GitHub as a process, spoken to over HTTP only."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.line.server import eventually

OWNER = "shop"


@dataclass(frozen=True)
class Forge:
    """Its addresses and what Redline needs to speak to it."""

    people: httpx.Client
    settings: Mapping[str, str]

    def act(self, act: str, **arguments: Any) -> Any:
        """What a person does."""
        answer = self.people.post(f"/_fake/{act}", json=arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()["ok"]

    def conversation(self, repository: str, number: int) -> dict[str, Any]:
        """The pull request, read back in order."""
        found: dict[str, Any] = self.act("conversation", repository=repository, pull=number)
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
        return sum(
            shown["state"] == "in_progress" and "checking out" in (shown["title"] or "")
            for row in rows
            for shown in row["history"]
        )

    def answered(self, repository: str, number: int, comment: int) -> bool:
        """Whether the command was seen and dealt with."""
        rows = self.conversation(repository, number)["timeline"]
        found = next(row for row in rows if row["id"] == comment)
        return any(each["content"] == "+1" for each in found["reactions"])


@contextmanager
def running(folder: Path) -> Iterator[Forge]:
    """The forge for as long as the block runs."""
    folder.mkdir()
    key = folder / "app.pem"
    argv = [sys.executable, "-m", "tests.fakes.github", "--state", str(folder / "repositories")]
    argv += ["--app-key", str(key), "--owner", OWNER, "--resolves"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        settings = {
            "REDLINE_GITHUB_URL": ready["api"],
            "REDLINE_GITHUB_APP_ID": str(ready["app"]["id"]),
            "REDLINE_GITHUB_PRIVATE_KEY_FILE": str(key),
        }
        with httpx.Client(base_url=ready["url"], timeout=30, trust_env=False) as people:
            yield Forge(people, settings)
    finally:
        process.terminate()
        process.wait(20)
