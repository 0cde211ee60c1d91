"""The diff that a forge shows: exact names, exact lines, whatever the files hold."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from bot.change import ChangedFile, FileStatus, Hunk
from tests.repositories import Content, Link, Program, Repository, Submodule
from workers.checkout import diff, trees
from workers.checkout.git import Git, view
from workers.checkout.objects import reading
from workers.checkout.terms import CheckoutError

Files = Mapping[str, Content]
Compare = Callable[[Files, Files], dict[str, ChangedFile]]
TEN = "".join(f"line {n}\n" for n in range(1, 11))
SHA = "1234567890" * 4


@pytest.fixture
def compare(repository: Repository, tmp_path: Path) -> Compare:
    """The changed files between two commits, by their new names."""

    def run(before: Files, after: Files) -> dict[str, ChangedFile]:
        old = repository.commit(before)
        new = repository.commit(after)
        git = Git(view(tmp_path / "view", [repository.path / ".git" / "objects"]))
        files = diff.diff(git, old, new)
        assert told_from_trees(git, old, new) == git_s_own(git, old, new)
        return {file.new_path: file for file in files}

    return run


def told_from_trees(git: Git, old: str, new: str) -> list[str]:
    """As git's raw form has them."""
    with reading(git) as objects:
        files, count = trees.changed(objects, old, new, 9_999)
    assert count == len(files)
    rows = (
        f":{f.old_mode} {f.new_mode} {f.old_sha} {f.new_sha} {f.status}\0{f.new_path}"
        for f in files
    )
    return sorted(rows)


def git_s_own(git: Git, old: str, new: str) -> list[str]:
    raw = git.run("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", old, new)
    fields = raw.decode("utf-8", "surrogateescape").split("\0")
    return sorted(map("\0".join, zip(fields[:-1:2], fields[1::2], strict=True)))


def test_lines_of_an_added_a_changed_and_a_deleted_file(compare: Compare) -> None:
    files = compare(
        {"kept": "x\n", "changed": TEN, "gone": "c\nd\n"},
        {
            "changed": TEN.replace("line 5\n", "line five\nand more\n"),
            "gone": None,
            "new": "a\nb\n",
        },
    )
    assert set(files) == {"changed", "gone", "new"}
    assert files["new"].status is FileStatus.ADDED
    assert files["new"].hunks == (Hunk(1, 1, "++"),)
    assert files["gone"].hunks == (Hunk(1, 1, "--"),)
    assert files["changed"].hunks == (Hunk(2, 2, "   -++   "),)
    assert files["changed"].added == {5, 6}
    assert files["changed"].removed == {5}
    assert files["changed"].context[7] == 6


def test_two_hunks_are_counted_apart(compare: Compare) -> None:
    text = "".join(f"{n}\n" for n in range(1, 41))
    changed = text.replace("3\n", "", 1).replace("\n30\n", "\n30\nx\n")
    file = compare({"f": text}, {"f": changed})["f"]
    assert [(hunk.old_start, hunk.new_start) for hunk in file.hunks] == [(1, 1), (28, 27)]
    assert file.removed == {3}
    assert file.added == {30}


def test_file_contents_cannot_pass_for_headers(compare: Compare) -> None:
    trap = "-- a/x\n++ b/x\n@@ -1,9 +1,9 @@\ndiff --git a/x b/x\n:100644\nBinary files differ\n"
    files = compare({"a": trap, "b": "x\n"}, {"a": trap * 2 + "\\ No newline\n", "b": "y\n"})
    assert set(files) == {"a", "b"}
    assert files["a"].added == {7, 8, 9, 10, 11, 12, 13}
    assert files["b"].hunks == (Hunk(1, 1, "-+"),)


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ("a\nb", "a\nc", " -+"),
        ("a\nb", "a\nb\n", " -+"),
        ("a\nb\n", "a\nb", " -+"),
        ("a", "a\nb", "-++"),
    ],
    ids=["both without", "gains one", "loses one", "grows"],
)
def test_a_missing_final_newline(compare: Compare, before: str, after: str, kinds: str) -> None:
    assert compare({"f": before}, {"f": after})["f"].hunks == (Hunk(1, 1, kinds),)


def test_carriage_returns_and_other_line_ends_do_not_end_lines(compare: Compare) -> None:
    file = compare({"f": "a\r\nb\x0bc\rd\r\n"}, {"f": "a\r\nb\x0bc\rd\r\n\x0c\u2028e\n"})["f"]
    assert file.hunks == (Hunk(1, 1, "  +"),)


NAMES = [
    "--config=evil.yaml",
    "-rf",
    "new\nline",
    "a\nb/diff --git a/x b/x",
    'tab\tquote"back\\slash',
    "back`tick",
    "<img src=x>",
    "b" * 255,
    "latin-\udce9\udcff",
    "\u202egpj.exe",
    "ü/ñ.yaml",
    " spaces ",
    ":(top)x",
    ":100644 100644",
    "\x01\x1b[31m",
]


def test_names_of_any_bytes(compare: Compare) -> None:
    files = compare({"x": "x\n"}, {name: f"{n}\n" for n, name in enumerate(NAMES)})
    assert set(files) == set(NAMES)
    assert all(file.hunks == (Hunk(1, 1, "+"),) for file in files.values())


def test_a_rename_keeps_both_names(compare: Compare) -> None:
    names = {f"old\n{n}\udcff": f"new\t{n}" for n in range(2)}
    before = {old: TEN + f"{n}\n" for n, old in enumerate(names)}
    after: dict[str, Content] = dict.fromkeys(names)
    after |= {new: TEN + f"{n}\n" for n, new in enumerate(names.values())}
    after["new\t1"] = TEN + "1\nmore\n"
    files = compare(before, after)
    assert {file.old_path: name for name, file in files.items()} == names
    assert {file.status for file in files.values()} == {FileStatus.RENAMED}
    assert files["new\t0"].hunks == ()
    assert files["new\t1"].added == {12}


def test_a_copy_is_an_addition(compare: Compare) -> None:
    file = compare({"a": TEN}, {"b": TEN, "a": TEN + "x\n"})["b"]
    assert file.status is FileStatus.ADDED


def test_modes_links_submodules_and_type_changes(compare: Compare) -> None:
    files = compare(
        {"program": "x\n", "type": TEN, "module": Submodule(SHA), "other": "x\n"},
        {
            "program": Program("x\n"),
            "type": Link("/etc/passwd"),
            "link": Link("../.."),
            "module": Submodule(SHA[::-1]),
            "other": "y\n",
        },
    )
    assert files["program"].hunks == ()
    assert files["program"].new_mode == "100755"
    assert files["type"].status is FileStatus.TYPE_CHANGED
    assert files["type"].hunks == (Hunk(1, 1, "-" * 10), Hunk(1, 1, "+"))
    assert files["link"].new_mode == "120000"
    assert files["module"].new_sha == SHA[::-1]
    assert files["module"].hunks == (Hunk(1, 1, "-+"),)
    assert files["other"].hunks == (Hunk(1, 1, "-+"),)


def test_binary_files_have_no_lines_and_disturb_nothing(compare: Compare) -> None:
    files = compare(
        {"a.bin": b"\0a", "z": "x\n"},
        {
            "a.bin": b"\0b\n" * 100,
            "b.yaml": "apiVersion: v1\n".encode("utf-16"),
            "empty": "",
            "z": "y\n",
        },
    )
    assert files["a.bin"].hunks == files["b.yaml"].hunks == files["empty"].hunks == ()
    assert files["z"].hunks == (Hunk(1, 1, "-+"),)


def test_a_large_file_has_no_lines(compare: Compare) -> None:
    files = compare({"x": "x\n"}, {"large.txt": "x\n" * (600 << 10), "y": "y\n"})
    assert files["large.txt"].hunks == ()
    assert files["y"].hunks == (Hunk(1, 1, "+"),)


@pytest.mark.parametrize("attribute", ["-diff", "binary", "diff=evil", "-text", "export-ignore"])
def test_attributes_of_a_change_hide_no_lines(compare: Compare, attribute: str) -> None:
    attributes = f"*.yaml {attribute}\n* {attribute}\n"
    file = compare({"x": "x\n"}, {".gitattributes": attributes, "k.yaml": "a\nb\n"})["k.yaml"]
    assert file.hunks == (Hunk(1, 1, "++"),)


def test_configuration_of_the_repository_has_no_effect(
    repository: Repository, compare: Compare, tmp_path: Path
) -> None:
    marker = tmp_path / "ran"
    settings = {
        "diff.external": f"touch {marker}; true",
        "diff.evil.command": f"touch {marker}; true",
        "diff.evil.textconv": f"touch {marker}; true",
        "diff.noprefix": "true",
        "diff.context": "0",
        "diff.interHunkContext": "9",
        "diff.renames": "false",
        "diff.suppressBlankEmpty": "true",
        "core.quotePath": "false",
        "color.diff": "always",
    }
    for name, value in settings.items():
        repository.git("config", name, value)
    files = compare(
        {".gitattributes": "* diff=evil\n", "é": TEN, "f": TEN.replace("4", "")},
        {"é": None, "è": TEN, "f": TEN.replace("4", "").replace("line 5", "line five")},
    )
    assert files["è"].old_path == "é"
    assert files["f"].hunks == (Hunk(2, 2, "   -+   "),)
    assert not marker.exists()


def test_an_empty_change(compare: Compare) -> None:
    assert compare({"x": "x\n"}, {}) == {}


def test_it_shows_what_git_shows(repository: Repository, compare: Compare) -> None:
    before = {f"{n}.txt": "".join(f"{n * k % 7}\n" for k in range(50)) for n in range(1, 9)}
    after = {
        name: text.replace("3\n", "three\n", n) for n, (name, text) in enumerate(before.items())
    }
    files = compare(before, after)
    shown = repository.git("diff", "-M", "main~1", "main")
    for path, lines in _by_file(shown):
        assert "".join(hunk.kinds for hunk in files.pop(path).hunks) == lines
    assert not files


def _by_file(shown: str) -> Iterator[tuple[str, str]]:
    for section in shown.split("diff --git a/")[1:]:
        hunks = section.split("\n@@")[1:]
        kinds = "".join(line[0] for hunk in hunks for line in hunk.split("\n")[1:] if line)
        yield section.split(" ", 1)[0], kinds


def test_only_full_names_reach_git(repository: Repository, tmp_path: Path) -> None:
    git = Git(view(tmp_path / "view", [repository.path / ".git" / "objects"]))
    for name in ("--output=/tmp/x", "HEAD", "", SHA[:39], SHA + "^{tree}"):
        with pytest.raises(ValueError, match="full name"):
            diff.diff(git, name, SHA)


def test_renames_between_two_heads(repository: Repository, tmp_path: Path) -> None:
    old = repository.commit({"a\nb": TEN, "c": "c\n"})
    new = repository.commit({"a\nb": None, "d/e": TEN + "x\n", "c": "d\n"})
    git = Git(view(tmp_path / "view", [repository.path / ".git" / "objects"]))
    assert diff.renames(git, old, new) == {"a\nb": "d/e"}


def test_the_work_ends_where_git_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CheckoutError, match="git is not installed"):
        Git(tmp_path).run("version")
