"""The JSON document: every key of it is described, and nothing that is not there."""

import re
from pathlib import Path

from bot.formats.json import document
from rules.finding import Symptom
from tests.bot.given import diff, finding, result, review

PAGE = (Path(__file__).parents[3] / "docs/json.md").read_text("utf-8")


def described() -> set[str]:
    """The keys in the first columns of the page's tables, and those of a stage."""
    cells = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    (stage,) = re.findall(r"^A stage has .*?\.$", PAGE, re.MULTILINE | re.DOTALL)
    return {name for text in (*cells, stage) for name in re.findall(r"`([a-z_]+)`", text)}


def test_every_key_is_described() -> None:
    whole = document(review(result(finding(path="web.yaml"))), diff("web.yaml"), "1")
    (stage,), (one,) = whole["stages"], whole["findings"]
    assert {*whole, *stage, *one} - {"stages", "findings"} == described()


def test_every_symptom_that_is_named_there_is_one() -> None:
    named = re.search(r"`kubectl get pods` will show .*?\((.*?)\)", PAGE)
    assert named
    assert set(re.findall(r"`(\w+)`", named[1])) <= {*Symptom}
