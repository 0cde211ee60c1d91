"""Entries on disk: whole or not there, bounded, and only kept from those who are trusted."""

import os
from pathlib import Path

import pytest

from workers import shelf
from workers.shelf import Shelf, edition

KEY, OTHER = "a" * 64, "b" * 64


def test_what_was_put_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    Shelf(folder, writes=True).put(KEY, b"said")
    assert Shelf(folder).get([KEY, OTHER]) == {KEY: b"said"}
    assert [one.name for one in folder.iterdir()] == [KEY]


@pytest.mark.parametrize("key", ["", "../" + "a" * 61, "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_a_key_is_no_path(tmp_path: Path, key: str) -> None:
    Shelf(tmp_path / "s", writes=True).put(key, b"said")
    assert not (tmp_path / "s").exists()
    assert Shelf(tmp_path).get([key]) == {}


def test_nothing_is_kept_of_who_is_not_trusted(tmp_path: Path) -> None:
    Shelf(tmp_path, writes=False).put(KEY, b"said")
    Shelf(None, writes=True).put(KEY, b"said")
    assert list(tmp_path.iterdir()) == []


def test_one_review_keeps_so_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MOST_PUT", 2)
    one = Shelf(tmp_path, writes=True)
    one.put(OTHER, b"x" * (shelf.LARGEST + 1))
    for number in range(3):
        one.put(f"{number:064}", b"said")
    assert [each.name for each in tmp_path.iterdir()] == [f"{0:064}"]


def test_the_least_recently_used_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MOST_BYTES", 25)
    one = Shelf(tmp_path, writes=True)
    for number in range(3):
        one.put(f"{number:064}", b"0123456789")
        os.utime(tmp_path / f"{number:064}", (number, number))
    Shelf(tmp_path).get([f"{0:064}"])
    one.tidy()
    assert {each.name for each in tmp_path.iterdir()} == {f"{0:064}", f"{2:064}"}


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one = Shelf(tmp_path / "file" / "below", writes=True)
    one.put(KEY, b"said")
    one.tidy()
    assert one.get([KEY]) == {}


def test_a_terminal_s_is_in_the_user_s_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDLINE_CACHE_DIR", str(tmp_path / "own"))
    here = shelf.of(tmp_path)
    assert here.folder is not None
    assert here.writes
    assert here.folder.parent == tmp_path / "own/judged"
    assert shelf.of(tmp_path / "other").folder != here.folder
    monkeypatch.delenv("REDLINE_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert shelf.of(tmp_path).folder == tmp_path / "xdg/redline/judged" / here.folder.name


def test_the_edition_is_of_the_code_that_judges() -> None:
    assert edition() == edition()
    assert len(edition()) == 64
