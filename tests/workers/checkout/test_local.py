"""A terminal's repository: everything that a commit would hold, and not one byte written."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.repositories import Link, Repository, Submodule
from workers.checkout import (
    Checkout,
    CheckoutError,
    Incomplete,
    NotARepository,
    NothingToCompare,
    UnknownCommit,
    local,
    working,
)
from workers.checkout.git import EMPTY_TREE

SHA = "1234567890" * 4


@contextmanager
def opened(
    repository: Repository, base: str | None = None, head: str | None = None
) -> Iterator[Checkout]:
    """The checkout, and the proof that the repository was only read."""
    before = _state(repository.path)
    with local(repository.path, base, head) as checkout:
        yield checkout
    assert _state(repository.path) == before


def _state(path: Path) -> dict[str, tuple[int, int, int]]:
    """Every file and folder with its inode, size and time of change."""
    return {
        str(file): (about.st_ino, about.st_size, about.st_mtime_ns)
        for file in path.rglob("*")
        for about in [file.lstat()]
    }


def changed(checkout: Checkout) -> dict[str, str]:
    """Each changed file with its letter."""
    return {file.new_path: file.status.value for file in checkout.diff.files}


@pytest.fixture
def work(repository: Repository) -> Repository:
    """A repository with one commit on main and its working tree."""
    repository.commit({"a": "1\n", "b": "1\n", ".gitignore": "*.log\n"})
    repository.checkout()
    return repository


def test_a_clean_tree_has_no_change(work: Repository) -> None:
    with opened(work) as checkout:
        assert changed(checkout) == {}
        assert checkout.uncommitted
        assert checkout.head == work.git("rev-parse", "HEAD^{tree}")
        assert checkout.merge_base == checkout.base == work.git("rev-parse", "HEAD")


def test_uncommitted_staged_and_untracked_files_count(work: Repository) -> None:
    work.write("a", "2\n")
    work.write("staged", "x\n")
    work.git("add", "staged")
    work.write("d/untracked", "x\n")
    work.write("ignored.log", "x\n")
    (work.path / "b").unlink()
    with opened(work) as checkout:
        assert changed(checkout) == {"a": "M", "b": "D", "staged": "A", "d/untracked": "A"}
        (entry,) = checkout.find(checkout.head, ["d/untracked"]).values()
        assert checkout.blobs([entry.sha]) == {entry.sha: b"x\n"}
        assert checkout.diff.by_new_path["a"].added == {1}


def test_commits_of_the_branch_count_too(work: Repository) -> None:
    work.commit({"c": "1\n"}, branch="feature", on="main")
    work.commit({"other": "1\n"})
    work.checkout("feature")
    work.write("d", "1\n")
    with opened(work) as checkout:
        assert changed(checkout) == {"c": "A", "d": "A"}
        assert checkout.base == work.git("rev-parse", "main")
        assert checkout.merge_base == work.git("rev-parse", "main~1")
    with opened(work, head="feature") as checkout:
        assert changed(checkout) == {"c": "A"}
        assert not checkout.uncommitted
        assert checkout.head == work.git("rev-parse", "feature")
    with opened(work, base="feature") as checkout:
        assert changed(checkout) == {"d": "A"}


def test_what_is_not_pushed_yet_counts_on_the_default_branch(work: Repository) -> None:
    work.git("update-ref", "refs/remotes/origin/main", "main")
    work.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    work.commit({"c": "1\n"})
    work.checkout()
    with opened(work) as checkout:
        assert changed(checkout) == {"c": "A"}


def test_files_that_no_commit_could_hold_are_left_out(work: Repository) -> None:
    os.mkfifo(work.path / "pipe")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(os.path.relpath(work.path / "socket"))
        inner = Repository.create(work.path / "inner")
        inner.commit({"x": "x\n"})
        (work.path / "link").symlink_to("/etc/passwd")
        (work.path / "loop").symlink_to("loop")
        (work.path / "empty").mkdir()
        with opened(work) as checkout:
            assert changed(checkout) == {"link": "A", "loop": "A"}
            entry = checkout.find(checkout.head, ["link"])["link"]
            assert entry.mode == "120000"
            assert checkout.blobs([entry.sha]) == {entry.sha: b"/etc/passwd"}


def test_names_of_any_bytes(work: Repository) -> None:
    names = [b"new\nline", b"-rf", b"\xff\xfe", b":(top)x", b"`x`", b"b" * 255, b" x "]
    for name in names:
        (work.path / os.fsdecode(name)).write_bytes(b"x\n")
    with opened(work) as checkout:
        assert sorted(changed(checkout)) == sorted(
            name.decode("utf-8", "surrogateescape") for name in names
        )


def test_a_file_becomes_a_folder_and_a_folder_a_file(repository: Repository) -> None:
    repository.commit({"a": "1\n", "e": "1\n", "l": "1\n", "d/f": "1\n"})
    repository.checkout()
    for name in ("a", "e", "l"):
        (repository.path / name).unlink()
    (repository.path / "e").mkdir()
    (repository.path / "l").symlink_to("/tmp")
    (repository.path / "d" / "f").unlink()
    (repository.path / "d").rmdir()
    repository.write("a/x", "2\n")
    repository.write("d", "2\n")
    with opened(repository) as checkout:
        assert checkout.entries(checkout.head).keys() == {"a/x", "d", "l"}


def test_a_change_in_the_same_moment_as_the_index_is_seen(work: Repository) -> None:
    for number in range(4):
        file = work.write("a", f"{number % 10}\n")
        work.git("add", "a")
        times = file.stat()
        file.write_text("x\n")
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        os.utime(work.path / ".git" / "index", ns=(times.st_atime_ns, times.st_mtime_ns))
        with opened(work) as checkout:
            entry = checkout.find(checkout.head, ["a"])["a"]
            assert checkout.blobs([entry.sha]) == {entry.sha: b"x\n"}


def test_only_what_changed_is_looked_at(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({f"d{n % 30}/{n}": f"{n}\n" for n in range(600)})
    repository.checkout()
    repository.git("update-index", "--refresh")
    repository.write("d1/1", "changed\n")
    written: list[bytes] = []
    store = working.store

    def spy(path: Path, kind: bytes, body: bytes) -> str:
        written.append(kind)
        return store(path, kind, body)

    monkeypatch.setattr(working, "store", spy)
    with opened(repository) as checkout:
        assert changed(checkout) == {"d1/1": "M"}
    assert sorted(written) == [b"blob", b"tree", b"tree"]


def test_a_path_with_a_line_break(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "a\nb")
    repository.commit({"a": "1\n"})
    with pytest.raises(NotARepository, match="line break"), local(repository.path, None, None):
        pass


def test_filters_and_hooks_of_the_repository_do_not_run(work: Repository, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    settings = {
        "filter.evil.clean": f"touch {marker}; cat",
        "filter.evil.process": f"touch {marker}",
        "filter.evil.required": "true",
        "core.fsmonitor": f"touch {marker}; true",
        "core.sshCommand": f"touch {marker}",
        "diff.evil.textconv": f"touch {marker}; cat",
        "diff.external": f"touch {marker}",
        "core.pager": f"touch {marker}",
        "alias.ls-files": f"!touch {marker}",
        "core.untrackedCache": "true",
    }
    for name, value in settings.items():
        work.git("config", name, value)
    for hook in ("post-index-change", "pre-commit", "post-checkout"):
        script = work.write(f".git/hooks/{hook}", f"#!/bin/sh\ntouch {marker}\n")
        script.chmod(0o755)
    work.write(".gitattributes", "* filter=evil diff=evil\n")
    work.write("a", "2\n")
    with opened(work) as checkout:
        assert changed(checkout) == {".gitattributes": "A", "a": "M"}
        assert checkout.diff.by_new_path["a"].added == {1}
    assert not marker.exists()


def test_settings_that_say_what_a_commit_holds_are_obeyed(work: Repository, tmp_path: Path) -> None:
    (tmp_path / "ignored").write_text("*.bak\n")
    work.git("config", "core.excludesFile", str(tmp_path / "ignored"))
    work.git("config", "core.fileMode", "false")
    work.git("config", "core.autocrlf", "true")
    work.write(".git/info/exclude", "private\n")
    (work.path / "a").chmod(0o755)
    work.write("b", "1\r\n2\r\n")
    work.write("x.bak", "x\n")
    work.write("private", "x\n")
    with opened(work) as checkout:
        assert changed(checkout) == {"b": "M"}
        entry = checkout.find(checkout.head, ["b"])["b"]
        assert checkout.blobs([entry.sha]) == {entry.sha: b"1\n2\n"}


def test_a_folder_inside_and_a_linked_worktree(work: Repository, tmp_path: Path) -> None:
    work.write("d/f", "1\n")
    with local(work.path / "d", None, None) as checkout:
        assert changed(checkout) == {"d/f": "A"}
    with local(work.path / "d" / "f", None, None) as checkout:
        assert changed(checkout) == {"d/f": "A"}
    work.git("worktree", "add", "--quiet", "-b", "feature", str(tmp_path / "linked"))
    linked = Repository(tmp_path / "linked")
    linked.write("e", "1\n")
    with opened(linked) as checkout:
        assert changed(checkout) == {"e": "A"}


def test_a_split_and_a_sparse_index(work: Repository) -> None:
    work.commit({f"d{n}/f": "1\n" for n in range(5)})
    work.checkout()
    work.git("update-index", "--split-index")
    work.write("a", "2\n")
    with opened(work) as checkout:
        assert changed(checkout) == {"a": "M"}
    work.git("update-index", "--no-split-index")
    work.git("sparse-checkout", "set", "--cone", "--sparse-index", "d1")
    work.write("d1/g", "2\n")
    with opened(work) as checkout:
        assert changed(checkout) == {"a": "M", "d1/g": "A"}


def test_a_submodule_and_a_merge_conflict(repository: Repository) -> None:
    base = repository.commit({"a": "1\n", "module": Submodule(SHA), "link": Link("a")})
    repository.commit({"a": "2\n"})
    repository.commit({"a": "3\n"}, branch="other", on=base)
    repository.checkout()
    with pytest.raises(AssertionError):
        repository.git("-c", "user.name=x", "-c", "user.email=x@x", "merge", "other")
    with opened(repository) as checkout:
        assert changed(checkout) == {"a": "M"}
        (entry,) = checkout.find(checkout.head, ["a"]).values()
        (text,) = checkout.blobs([entry.sha]).values()
        assert b"<<<<<<<" in bytes(text)  # type: ignore[arg-type]


def test_the_environment_of_a_hook_does_not_mislead(
    work: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Repository.create(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git" / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    work.write("c", "1\n")
    with opened(work) as checkout:
        assert changed(checkout) == {"c": "A"}


def test_a_bare_repository_needs_a_head(forge: Repository) -> None:
    base = forge.commit({"a": "1\n"})
    head = forge.commit({"a": "2\n"}, branch="change", on=base)
    with pytest.raises(NothingToCompare, match="--head"), local(forge.path, None, None):
        pass
    with opened(forge, head="change") as checkout:
        assert changed(checkout) == {"a": "M"}
        assert checkout.head == head


def test_what_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(NotARepository, match="git init"), local(tmp_path, None, None):
        pass
    with pytest.raises(NotARepository, match="does not exist"), local(tmp_path / "x", None, None):
        pass


def test_a_repository_without_a_commit(repository: Repository) -> None:
    repository.write("a", "1\n")
    with pytest.raises(NothingToCompare, match="no commit yet"), local(repository.path, None, None):
        pass
    with local(repository.path, None, None, all_new=True) as checkout:
        assert changed(checkout) == {"a": "A"}
        assert checkout.merge_base == EMPTY_TREE


def test_no_default_branch(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "r", branch="trunk")
    repository.commit({"a": "1\n"}, branch="trunk")
    repository.checkout("trunk")
    with pytest.raises(NothingToCompare, match="--base"), local(repository.path, None, None):
        pass
    with opened(repository, base="trunk") as checkout:
        assert changed(checkout) == {}


@pytest.mark.parametrize("name", ["no-such", "--help", "-n", "main:a", "main^{tree}", "x y", ""])
def test_a_name_that_is_no_commit(work: Repository, name: str) -> None:
    with pytest.raises(UnknownCommit, match="no commit"), local(work.path, name, None):
        pass


def test_nothing_in_common_and_a_shallow_clone(work: Repository, tmp_path: Path) -> None:
    work.commit({"a": "x\n"}, branch="orphan")
    with pytest.raises(NothingToCompare, match="unshallow"), local(work.path, "orphan", "main"):
        pass
    work.commit({"a": "2\n"}, branch="feature", on="main")
    clone = Repository(tmp_path / "clone")
    work.git(
        *("clone", "--quiet", "--depth=1", "--no-single-branch", "--branch=feature"),
        *(work.path.as_uri(), str(clone.path)),
    )
    with pytest.raises(NothingToCompare, match="fetch-depth"), local(clone.path, None, None):
        pass


def test_a_partial_clone_that_lacks_contents(work: Repository, tmp_path: Path) -> None:
    work.git("config", "uploadpack.allowFilter", "true")
    work.commit({"a": "2\n", "b": "3\n"}, branch="feature", on="main")
    clone = Repository(tmp_path / "clone")
    work.git(
        *("clone", "--quiet", "--filter=blob:none", "--branch=feature"),
        *(work.path.as_uri(), str(clone.path)),
    )
    with pytest.raises(Incomplete, match="refetch"), opened(clone):
        pass


def test_a_damaged_repository(work: Repository) -> None:
    work.write("a", "2\n")
    for folder in (work.path / ".git" / "objects").glob("??"):
        for file in folder.iterdir():
            if file.stem != work.git("rev-parse", "HEAD")[2:]:
                file.unlink()
    with pytest.raises(CheckoutError), local(work.path, None, None):
        pass


def test_other_object_formats_are_refused(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.git("init", "--quiet", "--object-format=sha256")
    with pytest.raises(NotARepository, match="sha1 only"), local(tmp_path, None, None):
        pass
