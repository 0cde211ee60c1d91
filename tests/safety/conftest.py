"""One strict GitHub and one reviewer for a module's attacks, each in a repository of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.line.forges import GitHub
from tests.repositories import Repository
from tests.safety.attack import Attacker


@pytest.fixture(scope="module")
def attacker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacker]:
    folder = tmp_path_factory.mktemp("attack")
    there = GitHub(folder)
    with there.fake:
        made = Attacker(there, folder)
        yield made
        made.desk.close()


@pytest.fixture
def forge(tmp_path: Path) -> Repository:
    """A bare repository that answers partial fetches."""
    bare = Repository.create(tmp_path / "forge.git", bare=True)
    bare.git("config", "uploadpack.allowFilter", "true")
    bare.git("config", "uploadpack.allowAnySHA1InWant", "true")
    return bare
