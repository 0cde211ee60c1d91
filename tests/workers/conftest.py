"""What the tests of the workers share: a real repository, and changes of it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bot.change import Change, ChangeId, ForgeName
from tests.databases import later, ledger, migrated_sqlite, open_ledger
from tests.repositories import Content, Repository

__all__ = ["later", "ledger", "migrated_sqlite", "open_ledger"]

Make = Callable[[Mapping[str, Content], Mapping[str, Content]], Change]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty repository with a working tree."""
    return Repository.create(tmp_path / "repository")


@pytest.fixture
def forge(tmp_path: Path) -> Repository:
    """A bare repository that answers partial fetches."""
    bare = Repository.create(tmp_path / "forge.git", bare=True)
    bare.git("config", "uploadpack.allowFilter", "true")
    bare.git("config", "uploadpack.allowAnySHA1InWant", "true")
    return bare


@pytest.fixture
def given_change(forge: Repository) -> Make:
    """A change of the forge's repository: the files of main, and what a branch makes of them."""

    def make(before: Mapping[str, Content], after: Mapping[str, Content]) -> Change:
        base = forge.commit(before)
        head = forge.commit(after, branch="change", on=base)
        return change_of(forge, base, head)

    return make


def change_of(forge: Repository, base: str, head: str) -> Change:
    """A change between two commits of which the first is an ancestor."""
    return Change(
        id=ChangeId(ForgeName.GITHUB, 1, number=7),
        repository="org/infra",
        merge_base=base,
        base=base,
        head=head,
        base_ref="main",
        url="https://forge.example/org/infra/pull/7",
        clone_url=forge.path.as_uri(),
        author="ada",
    )
