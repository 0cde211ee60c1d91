"""The house rules that no linter knows: sizes, and that every module stands in the layers."""

import ast
import re
import statistics
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(
    path
    for package in ("bot", "workers", "rules")
    for path in (ROOT / package).rglob("*.py")
    if "versions" not in path.parts  # migrations are records, each as long as its tables
)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 400
    assert not [node.name for node in functions(path) if length(node) > 50]


def test_most_functions_are_a_few_lines() -> None:
    lengths = [length(node) for path in SOURCES for node in functions(path)]
    assert statistics.median(lengths) <= 12


def test_no_module_has_a_name_that_says_nothing() -> None:
    said = {"util", "utils", "helper", "helpers", "common", "manager", "misc", "base_rule"}
    assert not [path for path in SOURCES if path.stem in said]


def test_every_module_stands_in_the_layers() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layers = contracts["contracts"][0]["layers"]
    named = {name.strip() for layer in layers for name in layer.split("|")}
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in SOURCES}
    loose = [
        module
        for module in modules
        if not any(module == name or module.startswith(name + ".") for name in named)
        and not module.endswith("__init__")
    ]
    assert not loose


def test_every_attack_is_tried_where_the_list_says() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", (ROOT / "docs" / "attacks.md").read_text("utf-8"))
    assert len(named) > 30
    assert not [path for path in named if not (ROOT / path).is_file()]


def test_no_registry_is_named() -> None:
    hosts = (
        "py" + "pi.org",
        "pythonhosted" + ".org",
        "registry." + "npmjs.org",
        "proxy." + "golang.org",
    )
    locks = [*ROOT.glob("*.txt"), *ROOT.glob("tools/**/*.txt"), *ROOT.glob("tools/**/*.json")]
    assert locks
    assert not [path for path in locks for host in hosts if host in path.read_text("utf-8")]
