"""A hostile change, reviewed for real, and what must hold whatever is in it."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bot import marks
from tests.bot.test_markdown import LINKS, outside_code, tokens
from tests.fakes.github import PullRequest, Repo
from tests.history.desk import KEY, Desk
from tests.line.forges import GitHub, identity
from tests.repositories import Content, Repository

SECONDS = 20.0
_MARK = re.compile(r"\n*<!-- redline:1 \S+ [0-9a-f]{64} -->\s*\Z")
_OWN_HTML = re.compile(r"</?(?:details|summary|code)>")
_COMMAND = re.compile(r"^\s*(?:[/@]|```|~~~)", re.MULTILINE)
# A fence that we write; what is over has it without its word.
_OFFERED = re.compile(r"^(`{3,})(?:suggestion\S*)?\n(.*?\n)\1$", re.MULTILINE | re.DOTALL)
# The other: commands for people to paste. No word of a change may be an option or end one of them.
_GUIDE = re.compile(
    r"^(```)sh\n((?:kubectl(?: (?:-[nlco]|-it|--|--previous|[A-Za-z0-9][\w./=,-]*))+\n)+)\1$",
    re.MULTILINE | re.ASCII,
)

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: NAME, namespace: web}
spec:
  containers:
    - name: main
      image: registry.example/web:1.4.2
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        allowPrivilegeEscalation: false
        privileged: true
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
        seccompProfile: {type: RuntimeDefault}
      resources:
        requests: {cpu: 100m, memory: 64Mi, ephemeral-storage: 64Mi}
        limits: {cpu: 200m, memory: 64Mi}
      livenessProbe: {tcpSocket: {port: 80}}
      readinessProbe: {tcpSocket: {port: 80}}
      volumeMounts: [{name: scratch, mountPath: /tmp}]
  securityContext: {fsGroup: 10001}
  volumes: [{name: scratch, emptyDir: {sizeLimit: 64Mi}}]
"""
LAST = POD.count("\n") + 1  # the line behind it
LINE = 12  # of ``privileged``
OTHER = "fine/pod.yaml"  # stands in each change, and must be judged whatever else does
DOCKERFILE = "FROM registry.example/base:1.4.2\nUSER 10001:10001\n"


def pod(name: str) -> str:
    """A manifest with one finding: privileged-container, on LINE."""
    return POD.replace("NAME", name)


@dataclass(frozen=True)
class Reviewed:
    """What a review said, at the forge and in its document."""

    document: dict[str, Any]
    pull: PullRequest
    repo: Repo
    seconds: float

    @property
    def status(self) -> tuple[str, str]:
        """The last check at head: its conclusion and title."""
        run = self.repo.checks(self.pull.head)[-1]
        return str(run.conclusion), str(run.output["title"])

    @cached_property
    def stages(self) -> dict[str, tuple[str, str]]:
        """Outcome and reason by stage."""
        return {one["stage"]: (one["outcome"], one["reason"]) for one in self.document["stages"]}

    @cached_property
    def found(self) -> set[tuple[str, str, int]]:
        """Rule, path and line of each new finding but those of OTHER."""
        return {
            (one["rule"], one["path"], one["line"])
            for one in self.document["findings"]
            if one["new"] and one["path"] != OTHER
        }

    def rules(self, path: str) -> set[str]:
        """What was found in one file."""
        return {rule for rule, where, _line in self.found if where == path}

    @property
    def ours(self) -> list[str]:
        """Our comments' texts."""
        said = [(one.author.login, one.body) for one in self.pull.comments]
        said += [(one.author.login, one.body) for one in self.pull.review_comments]
        return [body for login, body in said if login == "redline[bot]"]

    @property
    def bodies(self) -> Iterator[str]:
        """All that we wrote for people to read as Markdown, marks included."""
        yield from self.ours
        yield from (run.output["summary"] for run in self.repo.checks(self.pull.head))

    @property
    def everything(self) -> str:
        """Every word of ours that left the house, and the document that was kept."""
        runs = [repr(run.output) for run in self.repo.checks(self.pull.head)]
        shown = [*self.bodies, *runs, repr(self.repo.history(self.pull.head))]
        return "\n".join([*shown, json.dumps(self.document)])


class Attacker:
    """Opens hostile changes at a strict GitHub and has them reviewed."""

    def __init__(self, there: GitHub, folder: Path) -> None:
        self.fake = there.fake
        self.desk = Desk(there, folder / "state")
        self._number = 0

    def review(
        self,
        after: Mapping[str, Content],
        before: Mapping[str, Content] | None = None,
        branch: str = "change",
        **opened: str,
    ) -> Reviewed:
        """Review a change that makes ``after`` of ``before``; OTHER comes with it."""
        self._number += 1
        repo = self.fake.repository(f"org/shop{self._number}", {"README.md": "x\n"})
        bare = Repository(repo.state.git.path)
        main = bare.commit(before or {"NOTES": "x\n"})
        bare.commit({**after, OTHER: pod("other")}, branch=branch, on=main)
        return self.look(repo, repo.open_pull(branch, **opened))  # type: ignore[arg-type]

    def look(self, repo: Repo, pull: PullRequest) -> Reviewed:
        """Review a pull request that stands there."""
        began = time.monotonic()
        document = self.desk.review(pull)
        reviewed = Reviewed(document, pull, repo, time.monotonic() - began)
        self.held(reviewed)
        return reviewed

    def held(self, reviewed: Reviewed) -> None:
        """What every review keeps: bounded time, no fault, the other file said, inert words."""
        assert reviewed.seconds < SECONDS
        assert self.fake.violations == []
        assert self.fake.refused == []
        whole = [reason for _outcome, reason in reviewed.stages.values() if "the change" in reason]
        if not whole:
            said = {(row["path"], row["line"]) for row in reviewed.pull.threads}
            text = "\n".join(reviewed.bodies)
            assert (OTHER, LINE) in said or f"{OTHER}:{LINE}" in text
        assert reviewed.status[0] == "failure"
        for body in reviewed.bodies:
            inert(body, self.fake.url)
        for text in reviewed.ours:
            if text.startswith("Fixed in "):
                continue  # a reply below what a person said
            assert marks.read(text, identity(reviewed.pull), KEY.encode()) is not None


def _unfenced(offered: re.Match[str]) -> str:
    """Nothing of a block is left to do harm: it is code to every reader, and orders nothing."""
    (fence,) = [each for each in tokens(offered[0]) if each.type == "fence"]
    assert fence.content == offered[2]
    assert _COMMAND.search(offered[2]) is None
    return ""


def inert(body: str, own: str) -> None:
    """No mention, link to elsewhere, image, HTML or command of the change's making."""
    text = _MARK.sub("", body)
    assert "<!--" not in text
    assert not any(sign in text for sign in "\x1b\u202e\u2066\u200b\u2028\x85\r\x00")
    text = _OFFERED.sub(_unfenced, _GUIDE.sub(_unfenced, text))
    assert _COMMAND.search(text) is None
    for token in tokens(text):
        assert token.type != "image"
        if token.type == "link_open":
            assert str(token.attrs["href"]).startswith(own)
        if token.type.startswith("html"):
            assert "<" not in _OWN_HTML.sub("", token.content)
    shown = [re.sub(r"\b[0-9a-f]{7}\b", "", piece) for piece in outside_code(text)]
    assert not [piece for piece in shown if LINKS.search(piece)]
