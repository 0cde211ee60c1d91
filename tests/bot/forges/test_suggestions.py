"""Suggestions on both forges: posted by us, committed by a person, and the finding is gone."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from bot.change import Change, ChangeId, Diff, ForgeName
from bot.forges.base import Forge
from bot.markdown import wanted
from bot.review import Outcome, Review, StageResult
from rules.finding import Finding, Suggestion
from rules.rule import judge, rules_of
from rules.subjects.manifest import parse
from tests.bot.forges.github import conftest as on_github
from tests.bot.forges.gitlab import conftest as on_gitlab
from tests.bot.given import added
from tests.fakes.github import FakeGitHub
from tests.fakes.gitlab import FakeGitLab

PATH = "apps/web.yaml"
FORM = re.compile(r"suggestion(?::-(\d+)\+(\d+))?")
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    runAsUser: 10001
  containers:
    - name: web  # the only one
      image: nginx:1.27.3
      securityContext:
        privileged: true
        allowPrivilegeEscalation: true
"""

Open = tuple[Forge, Any, Change]


def opened(fake: Any, forge: Forge, name: ForgeName) -> Open:
    """A change that adds the pod."""
    repo = fake.repository("group/infra", {"README.md": "x\n"}, roles={"redline": "developer"})
    repo.push("pod", {PATH: POD})
    begin = repo.open_pull if name is ForgeName.GITHUB else repo.open_merge_request
    request = begin("pod")
    id_ = ChangeId(name, repo.id, number=request.number)
    return forge, request, forge.change(id_)


@pytest.fixture(params=["github", "gitlab"])
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    if request.param == "github":
        with FakeGitHub(tmp_path / "forge") as github:
            key = on_github.app_settings(github.app(owner="group"))
            yield opened(github, on_github.joined(github, **key), ForgeName.GITHUB)
            assert github.violations == []
        return
    with FakeGitLab(tmp_path / "forge") as gitlab:
        yield opened(gitlab, on_gitlab.joined(gitlab), ForgeName.GITLAB)
        assert gitlab.violations == []


def found(text: str) -> list[Finding]:
    every = judge(rules_of("kubernetes"), parse(text, PATH))
    return [one for one in every if one.rule != "floating-image"]


def post(there: Open, findings: list[Finding]) -> Review:
    forge, request, change = there
    result = StageResult("kubernetes-rules", "", Outcome.FAILED, findings=tuple(findings))
    review = Review(change, (result,))
    lines = request.text(PATH).count("\n")
    threads = wanted(review, Diff((added(PATH, lines),)), b"k" * 32).threads
    forge.conversation(change).post(threads)
    return review


def committed(text: str, thread: dict[str, Any]) -> str:
    """The file after a press on "Commit suggestion", as the forges' documentation has it."""
    assert thread["line"] is not None
    body = thread["comments"][0]["body"]
    fences = [each for each in MarkdownIt("commonmark").parse(body) if each.type == "fence"]
    (fence,) = [each for each in fences if FORM.fullmatch(each.info)]
    form = FORM.fullmatch(fence.info)
    assert form
    if form[1] is None:
        first, last = thread["start_line"] or thread["line"], thread["line"]
    else:
        first, last = thread["line"] - int(form[1]), thread["line"] + int(form[2])
    lines = text.splitlines(keepends=True)
    return "".join([*lines[: first - 1], fence.content, *lines[last:]])


def of(there: Open, word: str) -> dict[str, Any]:
    (one,) = [each for each in there[1].threads if f"`{word}`" in each["comments"][0]["body"]]
    row: dict[str, Any] = one
    return row


@pytest.mark.parametrize("rule", ["privileged-container", "root-container"])
def test_a_person_commits_what_was_suggested(there: Open, rule: str) -> None:
    post(there, found(POD))
    _forge, request, _change = there
    after = committed(request.text(PATH), of(there, rule))
    assert {one.rule for one in found(POD)} - {one.rule for one in found(after)} == {rule}


def test_what_the_server_would_refuse_is_not_suggested(there: Open) -> None:
    post(there, found(POD))
    assert "suggestion" not in of(there, "privilege-escalation")["comments"][0]["body"]


@pytest.mark.parametrize("last", [9, 10, 12])
def test_several_lines(there: Open, last: int) -> None:
    (root,) = [one for one in found(POD) if one.rule == "root-container"]
    text = "\n".join(f"    # {number}" for number in range(9, last + 1))
    post(there, [replace(root, suggestion=Suggestion(9, last, text))])
    (thread,) = there[1].threads
    lines = POD.splitlines()
    lines[8:last] = text.splitlines()
    assert committed(POD, thread) == "".join(f"{line}\n" for line in lines)


def test_where_the_comment_moved_to_it_still_holds(there: Open) -> None:
    """Lines above it are new: the forge moves the comment, and the suggestion with it."""
    post(there, found(POD))
    _forge, request, _change = there
    moved = "# one\n# two\n" + POD
    request.push({PATH: moved})
    after = committed(request.text(PATH), of(there, "privileged-container"))
    assert after == moved.replace("privileged: true", "privileged: false")
