"""What a base has brought since a commit, told from trees."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.change import Change
from tests.repositories import Repository
from tests.workers.conftest import Make
from workers.checkout import HeadGone, Moved, Source, moved, trees


def names(change: Change, since: str, state: Path) -> tuple[list[str], list[str]]:
    found = moved(change, since, Source(change.clone_url, local=True), state)
    assert isinstance(found, Moved)
    return [one.new_path for one in found.change], [one.new_path for one in found.base]


def test_both_are_listed_by_name(given_change: Make, forge: Repository, tmp_path: Path) -> None:
    change = given_change({"a/x": "1\n", "b/y": "1\n", "c": "1\n"}, {"a/x": "2\n"})
    tip = forge.commit({"b/y": "2\n", "b/z": "1\n", "c": None}, on=change.base)
    assert names(replace(change, base=tip), change.base, tmp_path) == (["a/x"], ["c", "b/y", "b/z"])


def test_no_content_is_fetched(given_change: Make, forge: Repository, tmp_path: Path) -> None:
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    tip = forge.commit({"b": "new\n"}, on=change.base)
    names(replace(change, base=tip), change.base, tmp_path)
    mirror = Repository(next(tmp_path.glob("mirrors/*/git")))
    listed = mirror.git("cat-file", "--batch-all-objects", "--batch-check=%(objecttype)")
    assert sorted(set(listed.split())) == ["commit", "tree"]


def test_a_commit_that_is_gone(given_change: Make, tmp_path: Path) -> None:
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    for since in ("1234567890" * 4, "", "main"):
        with pytest.raises(HeadGone):
            moved(change, since, Source(change.clone_url, local=True), tmp_path)


def test_too_much_to_list(
    given_change: Make, forge: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "COUNTED", 5)
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    tip = forge.commit({f"b{number}": "new\n" for number in range(5)}, on=change.base)
    source = Source(change.clone_url, local=True)
    assert moved(replace(change, base=tip), change.base, source, tmp_path) is None
