"""The five stories. Each is a change to the demo's repository; what is played it says itself."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.finding import Suggestion
from tests.demo.files import (
    API_DEPLOYMENT,
    BASE,
    CHANGE,
    FIX,
    WEB_DEPLOYMENT,
    WEB_DOCKERFILE,
)
from tests.demo.moment import Row, moment
from tests.examples.text import diff, told
from tests.scenarios.forges import Files, Thread
from tests.scenarios.stage import could_not, found, ran
from tests.scenarios.world import World, summary

DATABASE = """\
resource "aws_db_instance" "orders" {
  identifier          = "orders"
  engine              = "postgres"
  engine_version      = "15.7"
  instance_class      = "db.t4g.medium"
  storage_encrypted   = true
  deletion_protection = true
}
"""
PLANNED = "The rows of `tofu-plan` are played here, as a plan would give them; all else is real."
REPLACED = DATABASE.replace('"orders"\n  engine ', '"orders-eu"\n  engine ')
SERVICE = {
    "deploy/shop/web-service.yaml": """\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  selector:
    app.kubernetes.io/name: web
  ports:
    - name: http
      port: 80
      targetPort: http
""",
}


@dataclass
class Telling:
    """A story while it is told: ``parts`` are what was told so far."""

    world: World
    parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._files: dict[str, str] = {}
        self._last: Row | None = None

    def opens(self, did: str, after: Files, before: Files | None = None, **how: Any) -> None:
        """ada opens the change."""
        start = {**BASE, **(before or {})}
        self._files = {path: text for path, text in start.items() if text is not None}
        self.page: Any = self.world.given(start, after, **how)
        self._moment(did, after)

    def pushes(self, did: str, files: Files) -> None:
        """ada pushes a commit."""
        self.page.push(files)
        self._moment(did, files)

    def says(self, login: str, text: str) -> None:
        """Someone comments."""
        self.page.comment(login, text)
        self._moment(f"{login} comments")

    def replies(self, login: str, thread: Thread, text: str) -> None:
        """Someone answers in a thread; nothing is asked of Redline."""
        self.page.reply(login, thread, text)

    def ready(self, did: str) -> None:
        """The draft is ready for review."""
        self.page.ready()
        self._moment(did)

    def thread(self, words: str) -> Thread:
        """The thread that says so."""
        found: Thread = next(one for one in self.page.threads() if words in one.words)
        return found

    def id(self, words: str) -> str:
        """The short id of the finding whose row says so."""
        row = next(row for row in summary(self.page).splitlines() if words in row)
        return row.split("`")[-2]

    def _moment(self, did: str, files: Files | None = None) -> None:
        if files is not None:
            self.world.announce(self.page)
        self.world.work()
        now = self.page.conversation()
        title, rest = told(moment(did, now, self._last), self._last).split("\n\n", 1)
        change = f"\n\n{diff(self._changed(files))}" if files else ""
        self.parts.append(f"{title}{change}\n\n{rest}")
        self._last = now

    def _changed(self, files: Mapping[str, str | None]) -> Iterator[str]:
        for path, text in sorted(files.items()):
            old, new = self._files.pop(path, ""), text or ""
            rows = old.splitlines(), new.splitlines()
            yield from difflib.unified_diff(*rows, f"a/{path}", f"b/{path}", lineterm="")
            if text is not None:
                self._files[path] = text


def several_block(telling: Telling) -> None:
    """Several findings block, then are fixed

    A new worker and two careless edits. Each blocking finding has a thread on its line, what only
    warns is a row of the summary. The second push fixes them.
    """
    telling.opens("ada adds a worker, and changes two services on the way", CHANGE)
    telling.says("ada", f"/redline explain {telling.id('privileged')}")
    telling.pushes("ada pushes a commit that fixes the findings", FIX)


def clean(telling: Telling) -> None:
    """Nothing to say

    A change without a finding: the status says what ran. There is no comment, so nobody is told.
    """
    web = {"deploy/shop/web.yaml": WEB_DEPLOYMENT.replace("web:2.3.0", "web:2.4.0")}
    telling.opens("ada raises a version, and adds a service", {**SERVICE, **web})


def only_warnings(telling: Telling) -> None:
    """Warnings only

    The change may be merged: what warns is said once, in the summary and (on GitHub, with an App)
    beside its lines.
    """
    image = WEB_DOCKERFILE.replace("node:20.15.1-bookworm-slim", "node:latest").replace(
        "RUN npm ci\n",
        "RUN apt-get update && apt-get install -y git\n"
        "RUN apt-get install -y python3\n"
        "RUN cat <(git --version) && cd /app && npm ci $FLAGS\n",
    )
    files = {"services/web/Dockerfile": image.replace("USER 101:101", "USER nginx")}
    telling.opens("ada needs git to build the web service", files)


def blocked_and_unchecked(telling: Telling) -> None:
    """Something could not be checked, beside something that blocks

    Both are named, first in the status: *unchecked* is an outcome of its own, never shown as
    passed, and it does not hide what blocks.

    {PLANNED}
    """
    telling.world.stage.results = (
        could_not("backend init failed: no credentials for this project", project="infra/prod"),
    )
    root = API_DEPLOYMENT.replace("runAsNonRoot: true", "runAsNonRoot: false").replace(
        "runAsUser: 65532", "runAsUser: 0"
    )
    telling.opens(
        "ada changes a database and a deployment",
        {"infra/prod/database.tf": REPLACED, "deploy/shop/api.yaml": root},
        {"infra/prod/database.tf": DATABASE},
    )
    telling.says("ada", "/redline status")


def draft_to_merge(telling: Telling) -> None:
    """A draft, an answer, an acknowledgement and an allowance

    While it is a draft only the status (and annotations) speak. Then people answer in threads and
    let findings pass; a thread in which someone has answered is never folded over their words.

    {PLANNED}
    """
    destroyed = found(
        "destroyed",
        "infra/prod/database.tf",
        2,
        name="aws_db_instance.orders",
        message="Replaces `aws_db_instance.orders`: the database is destroyed, its data is lost, "
        "and an empty one is made. A new `identifier` forces it.",
        fix="Keep the `identifier`, or take a snapshot and restore it into the new database.",
        suggestion=Suggestion(2, 2, '  identifier          = "orders"'),
        block=(1, 8),
    )
    telling.world.stage.results = (ran(destroyed, stage="tofu-plan", project="infra/prod"),)
    escalates = API_DEPLOYMENT.replace("Escalation: false", "Escalation: true")
    after = {
        "infra/prod/database.tf": REPLACED,
        "deploy/shop/api.yaml": escalates,
        "services/web/Dockerfile": WEB_DOCKERFILE.replace("USER 101:101", "USER nginx"),
    }
    telling.opens("ada opens a draft", after, {"infra/prod/database.tf": DATABASE}, draft=True)
    telling.ready("ada says that it is ready for review")
    answer = "The api starts a helper with setuid, I think. @ada?"
    telling.replies("mia", telling.thread("privilege-escalation"), answer)
    telling.says("ada", "/redline acknowledge destroyed --reason the old one is empty")
    telling.says("olga", "/redline acknowledge destroyed --reason empty since the move, checked")
    allowed = f"/redline allow {telling.id('a name')} --until 2099-01-31 --reason the pod says 101"
    telling.says("ada", allowed)
    telling.pushes("ada pushes the old setting", {"deploy/shop/api.yaml": API_DEPLOYMENT})


STORIES: tuple[Callable[[Telling], None], ...] = (
    several_block,
    clean,
    only_warnings,
    blocked_and_unchecked,
    draft_to_merge,
)
