"""What must hold after each fault, whatever happened in between."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import create_engine, inspect, text

from bot import marks
from bot.change import ChangeId, ForgeName
from bot.review import CommentKind, Mark
from tests.fakes.github import FakeGitHub, PullRequest, Repo
from tests.line.server import KEY, SECRET, Redline

Place = tuple[str, int | None]


@dataclass(frozen=True)
class Shown:
    """What stands at a change, as far as it does not depend on commits and ids."""

    conclusion: str | None
    title: str | None
    open: Counter[tuple[Mark, Place]]


def identity(pull: PullRequest) -> ChangeId:
    return ChangeId(ForgeName.GITHUB, pull.state.repository.id, number=pull.number)


def ours(pull: PullRequest, body: str) -> Mark | None:
    """The mark of a comment of ours, without the commit that it was written at."""
    mark = marks.read(body, identity(pull), KEY.encode())
    return replace(mark, run="") if mark is not None else None


def rows(repo: Repo, sha: str) -> list[tuple[str, str | None, str | None]]:
    """State, conclusion and title of each check run of ours, or of the newest commit status."""
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


def shown(pull: PullRequest) -> Shown:
    """What stands at the pull request now."""
    found = rows(Repo(pull.server, pull.state.repository), pull.head)
    _, conclusion, title = found[-1] if found else ("", None, None)
    return Shown(conclusion, title, Counter(_open(pull)))


def _open(pull: PullRequest) -> Iterator[tuple[Mark, Place]]:
    for row in pull.threads:
        first = row["comments"][0]
        mark = ours(pull, first["body"])
        if mark is not None and not mark.fixed and first["minimized"] is None:
            yield mark, (row["path"], row["line"])
    for comment in pull.comments:
        mark = ours(pull, comment.body)
        if mark is not None and mark.kind is CommentKind.SUMMARY:
            yield mark, ("", None)


def made(pull: PullRequest) -> Counter[tuple[str, ...]]:
    """How often each comment of ours was made, those that are over and deleted ones too."""
    threads = [line.first.body for line in pull.state.review_comments.values()]
    comments = [line.first.body for line in pull.state.comments.values()]
    found = (ours(pull, body) for body in threads + comments)
    return Counter(mark.subject for mark in found if mark is not None)


def faults(pull: PullRequest, expected: Shown, times: int = 1) -> list[str]:
    """What does not hold at an open change; ``times``: how often a comment may have been made."""
    repo, now = Repo(pull.server, pull.state.repository), shown(pull)
    found = []
    if (now.conclusion, now.title) != (expected.conclusion, expected.title):
        found.append(f"I1: {now.conclusion}, {now.title} instead of {expected.title}")
    live = {one.head for one in repo.state.pulls.values() if one is not pull.state}
    for sha in {line.first.sha for line in repo.state.checks.values()} - live:
        unfinished = [row for row in rows(repo, sha) if row[0] != "completed"]
        found += [f"I1: {row} is left at {sha[:7]}" for row in unfinished]
    found += [f"I2: missing {mark} {at}" for mark, at in expected.open - now.open]
    found += [f"I3: too much {mark} {at}" for mark, at in now.open - expected.open]
    found += [f"I2: made {n} times: {what}" for what, n in made(pull).items() if n > times]
    return found


def secrets(github: FakeGitHub, private_keys: Iterable[str]) -> list[bytes]:
    """Everything that nobody may see."""
    lines = [line for key in private_keys for line in key.splitlines() if len(line) > 40]
    every = [SECRET, KEY, *github.server.state.tokens, *lines]
    return [one.encode() for one in every]


def leaks(github: FakeGitHub, redline: Redline, private_keys: Iterable[str]) -> list[str]:
    """I5: where a secret can be read, in files, in the database or at the forge."""
    hidden = secrets(github, private_keys)
    found = []
    for path in redline.state.rglob("*"):
        if path.is_file() and path.name != "secret.key":
            found += [f"I5: in {path}" for one in hidden if one in path.read_bytes()]
    for where, content in _said(github):
        found += [f"I5: in {where}: {content[:80]!r}" for one in hidden if one in content]
    return found


def _said(github: FakeGitHub) -> Iterator[tuple[str, bytes]]:
    for repository in github.server.state.repositories.values():
        for line in repository.checks.values():
            for _, run in line.versions:
                yield "a check", repr(run).encode()
        for status in repository.statuses:
            yield "a status", repr(status.first).encode()
        for pull in repository.pulls.values():
            every = [line.versions for line in pull.comments.values()]
            threads = [line.versions for line in pull.review_comments.values()]
            yield "a comment", repr((every, threads)).encode()


def dumped(url: str) -> Iterator[str]:
    """Every row of a database, for those that are no file of ours."""
    engine = create_engine(url)
    with engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                yield repr(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row))
    engine.dispose()


def leases(url: str) -> list[str]:
    """I4: who still holds a change."""
    engine = create_engine(url)
    with engine.connect() as connection:
        held = connection.execute(text("SELECT owner FROM changes WHERE owner <> ''"))
        found = [row.owner for row in held]
    engine.dispose()
    return found
