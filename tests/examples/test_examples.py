"""The examples are what Redline says today, on both forges."""

import pytest

from tests.examples.__main__ import FOLDER, pages_of
from tests.examples.text import masked
from tests.examples.world import FORGES


@pytest.mark.parametrize("forge", FORGES)
def test_they_are_fresh(forge: str) -> None:
    pages = pages_of(forge)
    kept = {path: path.read_text("utf-8") for path in FOLDER.glob(f"{forge}-*.md")}
    stale = sorted(path.name for path in {*pages, *kept} if pages.get(path) != kept.get(path))
    assert stale == [], "`make examples` writes them anew"


def test_what_a_run_makes_up_is_masked() -> None:
    one, two = "a1" * 20, "b2" * 20
    text = f"http://127.0.0.1:4321/org/shop3/blob/{two} at {two[:7]}, {one[:12]} of {one}"
    want = (
        f"https://github.example/shop/platform/blob/{'1' * 40} at 1111111, {'2' * 12} of {'2' * 40}"
    )
    assert masked(text, "github") == want
