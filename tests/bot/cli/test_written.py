"""Reports are written whole or not at all."""

import os
import stat
import threading
from pathlib import Path

import pytest

from bot.cli import Format, written
from bot.cli.written import Report, WrongUse, asked, checked, write


def test_reports_are_asked_for_by_format_and_file() -> None:
    assert asked(["sarif=a=b.sarif", "junit=c.xml"]) == [
        Report("sarif", Path("a=b.sarif")),
        Report("junit", Path("c.xml")),
    ]


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "report"
    target.write_text("old")
    target.chmod(0o640)
    before = target.stat().st_ino
    write(Report("json", target), "new é \udc80")
    assert target.read_text("utf-8") == "new é \\udc80"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert target.stat().st_ino != before
    assert [each.name for each in tmp_path.iterdir()] == ["report"]


def test_a_new_file_is_as_open_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    write(Report("json", tmp_path / "report"), "text")
    assert (tmp_path / "report").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_what_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report"
    target.write_text("old")

    def full(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write(Report("json", target), "new")
    assert target.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["report"]


def test_a_link_is_followed_and_stays_one(tmp_path: Path) -> None:
    target, link = tmp_path / "report", tmp_path / "link"
    target.write_text("old")
    link.symlink_to("report")
    write(Report("json", link), "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe, heard = tmp_path / "pipe", list[str]()
    os.mkfifo(pipe)
    checked([Report("json", pipe)])
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    reader.start()
    write(Report("json", pipe), "text")
    reader.join(10)
    assert heard == ["text"]
    assert pipe.is_fifo()


def test_asking_beforehand_changes_nothing(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text("old")
    checked(
        [Report("json", old), Report("junit", tmp_path / "new"), Report("sarif", Path("/dev/null"))]
    )
    assert old.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["old"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        checked([Report("json", tmp_path / "none" / "report")])
    assert caught.value.filename == str(tmp_path / "none" / "report")


def test_two_reports_need_two_files(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("a")
    with pytest.raises(WrongUse, match="two reports"):
        checked([Report("json", tmp_path / "a"), Report("junit", tmp_path / "link")])
    with pytest.raises(WrongUse, match="stdout"):
        checked([Report("text"), Report("junit")])


def test_every_format_is_one_that_can_be_written() -> None:
    assert {*written.FORMS, "text"} == {each.value for each in Format}
