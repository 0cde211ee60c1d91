"""Files that the attributes at base call vendored or generated, as git itself reads them."""

from pathlib import Path

import pytest

from tests.repositories import Link
from tests.workers.conftest import Make
from workers.checkout import fetched

ROOT = """\
gen/** linguist-generated
*.lock.yaml linguist-generated=true
folder linguist-vendored
folder/ linguist-vendored
never.yaml linguist-generated=false
[attr]made linguist-generated
*.made made
/top.yaml linguist-vendored
back.yaml linguist-vendored
"""
NESTED = "*.yaml linguist-vendored\nmine.yaml -linguist-vendored\n"


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("gen/a/b.yaml", True),
        ("x.lock.yaml", True),
        ("folder/a.yaml", False),
        ("never.yaml", False),
        ("a/b.made", True),
        ("top.yaml", True),
        ("a/top.yaml", False),
        ("third/a.yaml", True),
        ("third/x/a.yaml", True),
        ("third/mine.yaml", False),
        ("a.yaml", False),
        ("gen/new\nline\udcff", True),
        ("-rf", False),
    ],
)
def test_patterns(given_change: Make, tmp_path: Path, path: str, marked: bool) -> None:
    change = given_change({".gitattributes": ROOT, "third/.gitattributes": NESTED}, {"x": "x\n"})
    with fetched(change, "", tmp_path, local=True) as checkout:
        assert checkout.marked([path, "back.yaml"]) == {"back.yaml", *([path] if marked else [])}
    assert not list(tmp_path.glob("mirrors/*/view/index*"))


def test_the_attributes_of_the_change_have_no_say(given_change: Make, tmp_path: Path) -> None:
    change = given_change({"a.yaml": "x\n"}, {".gitattributes": "* linguist-generated\n"})
    with fetched(change, "", tmp_path, local=True) as checkout:
        assert checkout.marked(["a.yaml"]) == frozenset()


def test_an_attributes_file_that_is_a_link_is_not_read(given_change: Make, tmp_path: Path) -> None:
    change = given_change({".gitattributes": Link("x"), "x": "* linguist-generated\n"}, {"b": "x"})
    with fetched(change, "", tmp_path, local=True) as checkout:
        assert checkout.marked(["a.yaml", "x"]) == frozenset()
