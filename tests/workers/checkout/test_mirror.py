"""Commits fetched into a warm partial mirror: as little as possible, and no code of anyone."""

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.change import Change
from tests.repositories import Content, Link, Repository, Submodule
from tests.workers.conftest import Make
from workers.checkout import (
    Checkout,
    CheckoutError,
    HeadGone,
    Oversize,
    Unreachable,
    fetched,
    mirror,
)

SHA = "1234567890" * 4


@contextmanager
def opened(change: Change, state: Path, token: str = "") -> Iterator[Checkout]:
    with fetched(change, token, state, local=True) as checkout:
        yield checkout


def objects(state: Path, kind: str) -> int:
    """How many objects of a kind the mirrors hold."""
    names = "%(objecttype)"
    return sum(
        subprocess.run(
            ["git", "cat-file", "--batch-all-objects", f"--batch-check={names}"],
            cwd=repository,
            capture_output=True,
            check=True,
        ).stdout.count(kind.encode())
        for repository in state.glob("mirrors/*/git")
    )


def test_three_commits_are_read(given_change: Make, tmp_path: Path) -> None:
    change = given_change({"a": "1\n", "b": "1\n"}, {"a": "2\n", "d/c": "3\n"})
    with opened(change, tmp_path) as checkout:
        assert [file.new_path for file in checkout.diff.files] == ["a", "d/c"]
        assert checkout.entries(change.merge_base).keys() == {"a", "b"}
        found = checkout.find(
            change.head, ["a", "d/c", "d", "d/c/x", "no", "", "/a", "d//c", "../a"]
        )
        assert found.keys() == {"a", "d/c"}
        assert checkout.blobs([found["a"].sha, found["d/c"].sha]) == {
            found["a"].sha: b"2\n",
            found["d/c"].sha: b"3\n",
        }
        assert (checkout.merge_base, checkout.head) == (change.merge_base, change.head)
        assert not checkout.excess


def test_one_folder_is_listed_without_those_in_it(given_change: Make, tmp_path: Path) -> None:
    files: dict[str, Content] = {"a": "1\n", "d/b": "1\n", "d/c": Link("b"), "d/e/f": "1\n"}
    change = given_change({"a": "1\n"}, files)
    with opened(change, tmp_path) as checkout:
        assert checkout.beside(change.head, "").keys() == {"a"}
        found = checkout.beside(change.head, "d")
        assert {path: entry.mode for path, entry in found.items()} == {
            "d/b": "100644",
            "d/c": "120000",
        }
        assert checkout.beside(change.merge_base, "d") == {}
        for other in ("a", "no", "d/", "/d", "..", "d/../d", "d//e"):
            assert checkout.beside(change.head, other) == {}


def test_only_the_contents_of_changed_files_are_fetched(given_change: Make, tmp_path: Path) -> None:
    change = given_change({f"f{n}": f"{n}\n" for n in range(50)}, {"f1": "other\n"})
    with opened(change, tmp_path) as checkout:
        assert objects(tmp_path, "blob") == 2
        assert objects(tmp_path, "commit") == 2
        more = checkout.find(change.head, ["f2", "f3"])
        assert checkout.blobs(entry.sha for entry in more.values()) == {
            more["f2"].sha: b"2\n",
            more["f3"].sha: b"3\n",
        }
    assert objects(tmp_path, "blob") == 4


def test_a_server_without_partial_fetches_works(
    forge: Repository, given_change: Make, tmp_path: Path
) -> None:
    forge.git("config", "uploadpack.allowFilter", "false")
    change = given_change({"a": "1\n", "b": "1\n"}, {"a": "2\n"})
    with opened(change, tmp_path) as checkout:
        (entry,) = checkout.find(change.head, ["b"]).values()
        assert checkout.blobs([entry.sha]) == {entry.sha: b"1\n"}


def test_a_second_review_of_the_same_head_asks_the_forge_nothing(
    forge: Repository, given_change: Make, tmp_path: Path
) -> None:
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    with opened(change, tmp_path):
        pass
    forge.path.rename(tmp_path / "away")
    with opened(change, tmp_path) as checkout:
        assert len(checkout.diff.files) == 1


def test_a_push_brings_what_is_new_only(
    forge: Repository, given_change: Make, tmp_path: Path
) -> None:
    change = given_change({f"d{n}/f": f"{n}\n" for n in range(40)}, {"d1/f": "x\n"})
    with opened(change, tmp_path):
        before = objects(tmp_path, "tree")
    pushed = forge.commit({"d2/f": "y\n"}, branch="change")
    with opened(replace(change, head=pushed), tmp_path):
        assert objects(tmp_path, "tree") == before + 2


@pytest.mark.parametrize("field", ["head", "base", "merge_base"])
def test_a_commit_that_is_gone(given_change: Make, tmp_path: Path, field: str) -> None:
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    with pytest.raises(HeadGone), opened(replace(change, **{field: SHA}), tmp_path):  # type: ignore[arg-type]
        pass


@pytest.mark.parametrize("sha", ["--upload-pack=touch /tmp/x", "main", "", SHA[:-1], SHA + "0"])
def test_only_full_names_are_fetched(given_change: Make, tmp_path: Path, sha: str) -> None:
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    with pytest.raises(HeadGone), opened(replace(change, head=sha), tmp_path):
        pass


@pytest.mark.parametrize(
    "url",
    [
        "http://forge.example/x.git",
        "http://127.0.0.1.nip.example/x.git",
        "ext::sh -c touch% /tmp/x",
        "ssh://git@forge.example/x.git",
        "-oProxyCommand=touch",
        "/tmp/x",
        "https://user:secret@forge.example/x.git",
        "https://forge.example/x.git\n[core]",
    ],
)
def test_addresses_that_git_is_not_given(given_change: Make, tmp_path: Path, url: str) -> None:
    change = replace(given_change({"a": "1\n"}, {"a": "2\n"}), clone_url=url)
    with pytest.raises(CheckoutError, match="clone address"), opened(change, tmp_path):
        pass


def test_a_file_address_is_for_tests_only(given_change: Make, tmp_path: Path) -> None:
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    with pytest.raises(CheckoutError, match="not https"), fetched(change, "", tmp_path):
        pass


def test_nothing_in_a_change_is_run_or_followed(
    forge: Repository, given_change: Make, tmp_path: Path
) -> None:
    marker = tmp_path / "ran"
    modules = f"""
[submodule "a"]
\tpath = a
\turl = file://{forge.path}
[submodule "b"]
\tpath = b
\turl = ssh://-oProxyCommand=touch%20{marker}/x
[submodule "c"]
\tpath = "c\\r"
\turl = ext::touch {marker}
\tupdate = !touch {marker}
"""
    change = given_change(
        {"x": "x\n"},
        {
            ".gitmodules": modules,
            "a": Submodule(SHA),
            "b": Submodule(SHA),
            "c\r": Submodule(SHA),
            ".gitattributes": (
                "* filter=lfs diff=lfs merge=lfs -text\n*.yaml working-tree-encoding=UTF-16\n"
            ),
            "lfs.yaml": "version https://git-lfs.github.com/spec/v1\n",
            "passwd": Link("/etc/passwd"),
            "environ": Link("/proc/self/environ"),
            "loop": Link("loop"),
            "up": Link("../../.."),
            ".lfsconfig": "[lfs]\n\turl = http://127.0.0.1:1/\n",
        },
    )
    with opened(change, tmp_path) as checkout:
        found = checkout.find(change.head, ["passwd", "environ", "loop", "a", "lfs.yaml", "up/etc"])
        assert {path: entry.mode for path, entry in found.items()} == {
            "passwd": "120000",
            "environ": "120000",
            "loop": "120000",
            "a": "160000",
            "lfs.yaml": "100644",
        }
        assert checkout.blobs([found["passwd"].sha]) == {found["passwd"].sha: b"/etc/passwd"}
        assert b"git-lfs" in bytes(checkout.blobs([found["lfs.yaml"].sha])[found["lfs.yaml"].sha])  # type: ignore[arg-type]
    assert not marker.exists()
    assert len(list((tmp_path / "mirrors").glob("*/git"))) == 1


def test_more_files_than_are_reviewed(given_change: Make, tmp_path: Path) -> None:
    change = given_change({"x": "x\n"}, {f"{n}.yaml": f"{n}\n" for n in range(3001)})
    with opened(change, tmp_path) as checkout:
        assert checkout.excess == "the change has 3,001 files; at most 3,000 are reviewed"
        assert len(checkout.diff.files) == 3000  # the rest is counted, not kept
        assert objects(tmp_path, "blob") == 0


def test_as_many_files_as_are_reviewed(given_change: Make, tmp_path: Path) -> None:
    change = given_change({"x": "x\n"}, {f"{n}.yaml": f"{n}\n" for n in range(3000)})
    with opened(change, tmp_path) as checkout:
        assert not checkout.excess
        assert checkout.diff.files[0].added == {1}


def test_large_files_are_told_by_size(given_change: Make, tmp_path: Path) -> None:
    large, limit = b"apiVersion: v1\n" + b"x" * (30 << 20), b"x" * (1 << 20)
    change = given_change(
        {"x": "x\n"}, {"large.yaml": large, "limit": limit, "over": limit + b"x", "a": "a\n"}
    )
    with opened(change, tmp_path) as checkout:
        found = checkout.find(change.head, ["large.yaml", "limit", "over", "a"])
        blobs = checkout.blobs(entry.sha for entry in found.values())
        assert blobs[found["large.yaml"].sha] == Oversize(len(large), large[: 1 << 16])
        assert blobs[found["over"].sha] == Oversize((1 << 20) + 1, limit[: 1 << 16])
        assert blobs[found["limit"].sha] == limit
        assert blobs[found["a"].sha] == b"a\n"


def test_renames_across_pushes(forge: Repository, given_change: Make, tmp_path: Path) -> None:
    text = "".join(f"line {n}\n" for n in range(20))
    change = given_change({"x": "x\n"}, {"a/b": text})
    pushed = forge.commit({"a/b": None, "c/d": text + "more\n"}, branch="change")
    with opened(change, tmp_path):
        pass
    with opened(replace(change, head=pushed), tmp_path) as checkout:
        assert checkout.renames(change.head, pushed) == {"a/b": "c/d"}
        assert checkout.renames(pushed, pushed) == {}
        assert checkout.renames(SHA, pushed) == {}
        assert checkout.renames("HEAD~1", pushed) == {}


def test_renames_since_a_head_that_another_machine_reviewed(
    forge: Repository, given_change: Make, tmp_path: Path
) -> None:
    text = "".join(f"line {n}\n" for n in range(20))
    change = given_change({"x": "x\n"}, {"a/b": text})
    pushed = forge.commit({"a/b": None, "c/d": text + "more\n"}, branch="change")
    with opened(replace(change, head=pushed), tmp_path) as checkout:
        assert checkout.renames(change.head, pushed) == {"a/b": "c/d"}


def test_what_a_killed_fetch_leaves_behind_is_cleared(
    given_change: Make, forge: Repository, tmp_path: Path
) -> None:
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    with opened(change, tmp_path):
        pass
    git = tmp_path / "mirrors" / "github-1" / "git"
    pushed = forge.commit({"a": "3\n"}, branch="change")
    (git / "shallow.lock").write_text("")
    (git / "refs" / "kept" / f"{pushed}.lock").write_text("")
    (git / "objects" / "pack" / "tmp_pack_x").write_text("torn")
    with opened(replace(change, head=pushed), tmp_path) as checkout:
        assert len(checkout.diff.files) == 1
    assert not list(git.rglob("tmp_*"))


def test_a_damaged_mirror_is_made_anew(given_change: Make, tmp_path: Path) -> None:
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    with opened(change, tmp_path):
        pass
    for pack in (tmp_path / "mirrors").rglob("*.pack"):
        pack.unlink()
    with pytest.raises(Unreachable, match="made anew"), opened(change, tmp_path):
        pass
    with opened(change, tmp_path) as checkout:
        assert len(checkout.diff.files) == 1


def test_a_mirror_of_too_many_packs_is_made_anew(
    given_change: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    with opened(change, tmp_path):
        packs = set((tmp_path / "mirrors").rglob("*.pack"))
    monkeypatch.setattr(mirror, "_PACKS", len(packs) - 1)
    (tmp_path / "mirrors" / "github-1" / "old").touch()
    with opened(change, tmp_path) as checkout:
        assert len(checkout.diff.files) == 1
    assert not (tmp_path / "mirrors" / "github-1" / "old").exists()


def test_two_reviews_of_one_repository_at_once(
    forge: Repository, given_change: Make, tmp_path: Path
) -> None:
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    heads = [forge.commit({f"n{n}": f"{n}\n"}, branch=f"b{n}", on=change.base) for n in range(6)]
    seen: list[str] = []

    def review(head: str) -> None:
        with opened(replace(change, head=head), tmp_path) as checkout:
            seen.append(checkout.diff.files[0].new_path)

    threads = [threading.Thread(target=review, args=(head,)) for head in heads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [f"n{n}" for n in range(6)]


def test_the_least_recently_used_mirrors_go(
    forge: Repository, given_change: Make, tmp_path: Path
) -> None:
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    for number in (1, 2, 3):
        one = replace(change, id=replace(change.id, repository=number))
        with opened(one, tmp_path):
            pass
        os.utime(tmp_path / "mirrors" / f"github-{number}.use", (number, number))
    mirrors = tmp_path / "mirrors"
    one_size = mirror.Mirror(mirrors, "github-3").size()
    assert one_size > 0
    with mirror.Mirror(mirrors, "github-1").used():
        os.utime(mirrors / "github-1.use", (1, 1))
        mirror.evict(mirrors, one_size)
    assert {path.name for path in mirrors.glob("github-?")} == {"github-1", "github-3"}
