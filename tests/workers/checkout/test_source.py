"""The source around findings, on both sides, and what is not to be had."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from rules.finding import Location, Side
from tests.repositories import Link, Repository
from workers.checkout import Incomplete, Sources, local


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository.create(tmp_path / "shop")
    made.commit({"Dockerfile": "FROM a\nUSER b\n", "link": Link("/etc/passwd")})
    made.commit({"Dockerfile": "FROM c\r\n\xe9"})
    return made


def test_each_side_has_its_own_lines(repository: Repository) -> None:
    with local(repository.path, "HEAD~1", "HEAD") as checkout:
        sources = Sources(checkout)
        assert sources.lines(Location("Dockerfile", 1)) == ["FROM c\r", "\xe9"]
        assert sources.lines(Location("Dockerfile", 1, Side.BASE)) == ["FROM a", "USER b", ""]


def test_what_is_no_file_has_no_lines(repository: Repository) -> None:
    with local(repository.path, "HEAD~1", "HEAD") as checkout:
        sources = Sources(checkout)
        assert sources.lines(Location("link", 1)) == [""]
        assert sources.lines(Location("gone", 1)) == [""]


def test_what_cannot_be_had_now_is_left_out(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_shas: Iterable[str]) -> None:
        raise Incomplete("the repository here lacks a file's content")

    with local(repository.path, "HEAD~1", "HEAD") as checkout:
        monkeypatch.setattr(checkout, "blobs", missing)
        assert Sources(checkout).lines(Location("Dockerfile", 1)) == [""]
