"""What webhooks say."""

from typing import TYPE_CHECKING, Any

from tests.fakes.github import auth, checks, comments, pulls, reviews, shapes, threads
from tests.fakes.github.state import (
    Account,
    CheckRun,
    Comment,
    Installation,
    Pull,
    Repository,
    Review,
    ReviewComment,
    Suite,
)
from tests.fakes.github.web import stamp
from tests.fakes.timeline import current

if TYPE_CHECKING:
    from tests.fakes.github.server import Server

Payload = dict[str, Any]


def common(server: "Server", one: Repository, by: Account) -> Payload:
    payload = {"repository": shapes.repository(server, one), "sender": shapes.user(server, by)}
    for each in server.state.installations.values():
        if auth.covers(each, one, None):
            node = shapes.node_id("IN", each.id)
            payload["installation"] = {"id": each.id, "node_id": node}
    return payload


def pull(server: "Server", one: Pull, by: Account, **further: Any) -> Payload:
    whole = pulls.full(server, one)
    there = common(server, one.repository, by)
    return {"number": one.number, "pull_request": whole, **further, **there}


def push(
    server: "Server", one: Repository, branch: str, shas: tuple[str, str], by: Account
) -> Payload:
    """A branch moved from one commit to another; zeros stand for none."""
    before, after = shas
    made, ref = not before.strip("0"), f"refs/heads/{branch}"
    head = _pushed(server, one, after)
    return {
        "ref": ref,
        "before": before,
        "after": after,
        "base_ref": None,
        "created": made,
        "deleted": False,
        "forced": not made and one.git.merge_base(before, after) != before,
        "compare": f"{server.url}/{one.full_name}/compare/{before[:12]}...{after[:12]}",
        "commits": [head],
        "head_commit": head,
        "pusher": {"name": by.login, "email": f"{by.login}@example.com"},
        **common(server, one, by),
    }


def _pushed(server: "Server", one: Repository, sha: str) -> Payload:
    """A commit as a push names it: other than REST does."""
    whole = pulls.commit(server, one, sha)
    said = whole["commit"]
    people = {who: _named(said[who]) for who in ("author", "committer")}
    return {
        "id": sha,
        "tree_id": said["tree"]["sha"],
        "distinct": True,
        "message": said["message"],
        "timestamp": said["committer"]["date"],
        "url": whole["html_url"],
        **people,
        **{name: [] for name in ("added", "removed", "modified")},
    }


def _named(person: Payload) -> Payload:
    return {name: person[name] for name in ("name", "email", "date")}


def issue_comment(
    server: "Server", one: Pull, comment: Comment, by: Account, changes: Any = None
) -> Payload:
    payload: Payload = {
        "issue": pulls.issue(server, one),
        "comment": comments.shape(server, one, comment),
        **common(server, one.repository, by),
    }
    return payload if changes is None else {**payload, "changes": changes}


def review(server: "Server", one: Pull, written: Review) -> Payload:
    shape = reviews.shape(server, one, written)
    return {
        "review": {**shape, "state": written.state.lower()},
        "pull_request": pulls.simple(server, one),
        **common(server, one.repository, written.author),
    }


def review_comment(
    server: "Server", one: Pull, comment: ReviewComment, by: Account, changes: Any = None
) -> Payload:
    payload: Payload = {
        "comment": threads.shape(server, one, comment),
        "pull_request": pulls.simple(server, one),
        **common(server, one.repository, by),
    }
    return payload if changes is None else {**payload, "changes": changes}


def thread(server: "Server", one: Pull, root: int, by: Account) -> Payload:
    found = [
        comment
        for comment in current(one.review_comments.values(), server.state.clock.now())
        if root in (comment.id, comment.reply_to)
    ]
    return {
        "thread": {
            "node_id": shapes.node_id("PRRT", one.repository.id, root),
            "comments": [threads.shape(server, one, comment) for comment in found],
        },
        "pull_request": pulls.simple(server, one),
        **common(server, one.repository, by),
    }


def check_run(
    server: "Server", one: Repository, run: CheckRun, by: Account, **further: Any
) -> Payload:
    """Other than in REST, the suite is there in full."""
    suite = checks.suite_shape(server, one, one.suites[run.suite])
    whole = {**checks.shape(server, one, run), "check_suite": suite}
    return {"check_run": whole, **further, **common(server, one, by)}


def check_suite(server: "Server", one: Repository, sha: str, by: Account) -> Payload:
    app = next(iter(server.state.apps.values()))
    found = [each for each in one.suites.values() if each.sha == sha]
    suite = found[0] if found else Suite(server.state.id(), app.id, sha)
    return {"check_suite": checks.suite_shape(server, one, suite), **common(server, one, by)}


def merge_group(
    server: "Server", one: Repository, refs: tuple[str, str], shas: tuple[str, str], by: Account
) -> Payload:
    """``refs`` and ``shas`` are the group's and the base's."""
    commit = checks.brief_commit(pulls.commit(server, one, shas[0]))
    group = {
        "head_sha": shas[0],
        "head_ref": refs[0],
        "base_sha": shas[1],
        "base_ref": refs[1],
        "head_commit": commit,
    }
    return {"merge_group": group, **common(server, one, by)}


def installation(server: "Server", one: Installation) -> Payload:
    covered = [each for each in server.state.repositories.values() if auth.covers(one, each, None)]
    names = ("id", "node_id", "name", "full_name", "private")
    rows = [shapes.repository(server, each) for each in covered]
    return {
        "installation": shapes.installation(server, one),
        "repositories": [{name: row[name] for name in names} for row in rows],
        "sender": shapes.user(server, one.account),
    }


def ping(server: "Server") -> Payload:
    config = {
        "content_type": "json",
        "insecure_ssl": "0",
        "secret": "********",
        "url": server.hooks.url or server.url,
    }
    hook = {
        "type": "App",
        "id": 1,
        "name": "web",
        "active": True,
        "events": ["pull_request", "issue_comment"],
        "config": config,
        "created_at": stamp(0),
        "updated_at": stamp(0),
    }
    return {"zen": "Keep it logically awesome.", "hook_id": 1, "hook": hook}
