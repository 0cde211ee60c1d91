"""What lies in a repository by name: uncommitted too, ignored not; no program of it is started."""

from pathlib import Path

import pytest

from tests.repositories import Repository
from workers.checkout import CheckoutError, listing


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository.create(tmp_path / "repository")
    made.commit({"a.yaml": "x\n", "d/b.yaml": "x\n", "gone.yaml": "x\n", ".gitignore": "*.log\n"})
    made.checkout()
    return made


def test_what_lies_there_from_wherever_it_is_asked(repository: Repository) -> None:
    names = ("new.yaml", "d/line\nbreak.yaml", "x.log", "-rf", "é.yaml")
    for name in names:
        repository.write(name, "x\n")
    wanted = (
        ".gitignore", "-rf", "a.yaml", "d/b.yaml", "d/line\nbreak.yaml", "gone.yaml", "new.yaml",
        "é.yaml",
    )  # fmt: skip
    for folder in (repository.path, repository.path / "d", repository.path / "a.yaml"):
        found = listing(folder)
        assert found.top == repository.path
        assert sorted(found.files) == sorted(wanted)
        assert found.remote == ""


def test_where_it_came_from(repository: Repository) -> None:
    repository.git("remote", "add", "fork", "https://forge.example/fork/infra")
    assert listing(repository.path).remote == "https://forge.example/fork/infra"
    repository.git("remote", "add", "origin", "https://forge.example/org/infra")
    assert listing(repository.path).remote == "https://forge.example/org/infra"


def test_no_program_of_the_repository_is_started(repository: Repository, tmp_path: Path) -> None:
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    repository.git("config", "core.fsmonitor", str(hook))
    assert "a.yaml" in listing(repository.path).files
    assert not (tmp_path / "ran").exists()


def test_where_there_is_nothing_to_list(tmp_path: Path) -> None:
    bare = Repository.create(tmp_path / "bare", bare=True)
    with pytest.raises(CheckoutError, match="is bare"):
        listing(bare.path)
    with pytest.raises(CheckoutError, match="is not in a git repository"):
        listing(tmp_path)
