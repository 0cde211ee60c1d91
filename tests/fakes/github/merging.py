"""Merge commits, and the groups that a merge queue makes of pull requests."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tests.fakes.git import identity
from tests.fakes.github import payloads
from tests.fakes.github.state import Account, Pull

if TYPE_CHECKING:
    from tests.fakes.github.server import Server


def merge(server: "Server", pull: Pull, onto: str, by: Account) -> str:
    """A merge commit of a pull request onto a commit. Raises GitError on a conflict."""
    git = pull.repository.git
    tree = git.line("merge-tree", "--write-tree", onto, pull.head)
    who = identity(by.login, int(server.state.clock.now()))
    out = git.git(
        *("commit-tree", tree, "-p", onto, "-p", pull.head),
        stdin=f"Merge pull request #{pull.number}".encode(),
        environment=who,
    )
    return out.decode().strip()


def refs(pulls: Sequence[Pull]) -> tuple[str, str, str]:
    """The group's ref, the base's ref, the base's commit."""
    one = pulls[0].repository
    base = one.git.commit(one.default_branch)
    assert base is not None
    name = f"gh-readonly-queue/{one.default_branch}/pr-{pulls[-1].number}-{base}"
    return f"refs/heads/{name}", f"refs/heads/{one.default_branch}", base


def queue(server: "Server", pulls: Sequence[Pull], by: Account) -> str:
    """A group: the pull requests merged one after another, and checks asked for."""
    one = pulls[0].repository
    group, branch, base = refs(pulls)
    head = base
    for pull in pulls:
        head = merge(server, pull, head, by)
    one.git.set_ref(group, head)
    payload = payloads.merge_group(server, one, (group, branch), (head, base), by)
    server.hooks.send("merge_group", payload, "checks_requested")
    return head


def destroy(server: "Server", pulls: Sequence[Pull], reason: str) -> None:
    one = pulls[0].repository
    group, branch, base = refs(pulls)
    head = one.git.commit(group)
    assert head is not None
    by = server.state.account("github-merge-queue[bot]", "Bot")
    payload = payloads.merge_group(server, one, (group, branch), (head, base), by)
    one.git.delete_ref(group)
    server.hooks.send("merge_group", {**payload, "reason": reason}, "destroyed")
