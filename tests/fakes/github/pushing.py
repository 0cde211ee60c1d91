"""Pushes: commits on branches, and what follows for the pull requests that they belong to."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tests.fakes.github import threads
from tests.fakes.github.state import Account, Pull, Repository

if TYPE_CHECKING:
    from tests.fakes.github.server import Server

NOTHING = "0" * 40
Files = Mapping[str, str | bytes | None]
Where = tuple[str, str | None, str]  # branch, parent commit, message


def push(server: "Server", one: Repository, where: Where, files: Files, by: Account) -> str:
    """One commit on a branch. Gives its sha."""
    branch, parent, message = where
    moment = int(server.state.clock.now())
    sha = one.git.write([parent] if parent else [], files, message, (by.login, moment))
    move(server, one, branch, sha, by)
    return sha


def move(server: "Server", one: Repository, branch: str, sha: str, by: Account) -> None:
    """Put a branch on a commit; open pull requests from it or onto it follow."""
    before = one.git.commit(f"refs/heads/{branch}") or NOTHING
    one.git.set_ref(f"refs/heads/{branch}", sha)
    server.hooks.push(one, branch, (before, sha), by)
    for each in server.state.repositories.values():
        for pull in each.pulls.values():
            if pull.state != "open":
                continue
            if pull.head_repository is one and pull.head_ref == branch:
                synchronize(server, pull, sha, by)
            elif each is one and pull.base_ref == branch:
                threads.follow(server, pull)


def synchronize(server: "Server", pull: Pull, sha: str, by: Account) -> None:
    """The branch moved: comments follow their lines, a webhook tells."""
    before = pull.head
    if before == sha:
        return
    pull.head, pull.updated = sha, server.state.clock.now()
    show(pull)
    threads.follow(server, pull)
    server.hooks.pull("synchronize", pull, by, before=before, after=sha)


def show(pull: Pull) -> None:
    """Bring the head to the base's repository and show it under ``refs/pull``."""
    one, source = pull.repository, pull.head_repository
    ref = f"refs/pull/{pull.number}/head"
    if source is not None and source is not one:
        one.git.take(source.git, f"+refs/heads/{pull.head_ref}:{ref}")
    else:
        one.git.set_ref(ref, pull.head)
