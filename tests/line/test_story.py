"""The main job, as people live it."""

from tests.demo.files import BASE, CHANGE, FIX
from tests.fakes.github import FakeGitHub, PullRequest, Repo
from tests.line.server import Redline, eventually


def finished(repo: Repo, pull: PullRequest) -> str | None:
    """The conclusion on the pull request's head, once there is one."""
    rows = [run for run in repo.checks(pull.head) if run.name == "redline"]
    return rows[-1].conclusion if rows and rows[-1].status == "completed" else None


def test_a_change_is_reviewed_fixed_and_rechecked(github: FakeGitHub, redline: Redline) -> None:
    shop = github.repository("org/shop", BASE)
    shop.push("worker", CHANGE, by="ada")
    pull = shop.open_pull("worker", title="Add a worker", by="ada")
    assert eventually(lambda: finished(shop, pull), "the first review") == "failure"
    threads = {(row["path"], row["line"]) for row in pull.threads}
    assert ("deploy/shop/worker.yaml", 30) in threads
    assert ("services/worker/Dockerfile", 2) in threads
    first = [row["id"] for row in pull.threads]

    pull.push(FIX)
    assert eventually(lambda: finished(shop, pull), "the second review") == "success"
    assert [row["id"] for row in pull.threads] == first
    assert all(row["resolved"] for row in pull.threads)

    comment = pull.comment("ada", "/recheck")
    eventually(lambda: reaction(pull, comment) == "+1", "the command is answered")
    eventually(lambda: len(titles(shop, pull)) > 3, "the third review")
    assert eventually(lambda: finished(shop, pull), "the third review's end") == "success"
    assert [row["id"] for row in pull.threads] == first


def titles(repo: Repo, pull: PullRequest) -> list[str | None]:
    return [row[3] for row in repo.history(pull.head)]


def reaction(pull: PullRequest, comment: int) -> str:
    rows = [row for row in pull.conversation()["timeline"] if row["id"] == comment]
    shown = [each["content"] for each in rows[0]["reactions"]]
    return shown[-1] if shown else ""
