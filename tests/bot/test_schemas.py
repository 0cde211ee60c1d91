"""The published JSON Schemas: valid, fresh, and of one mind with the readers."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from hypothesis import given

from bot import operator, schemas
from rules import keys
from rules.entries import entries
from rules.shapes import Record, read
from tests.bot import test_operator as the_operator
from tests.rules import test_reading as the_repository

DOCS = Path(__file__).parents[2] / "docs"
KINDS = {"redline.schema.json": keys.FILE, "operator.schema.json": operator.FILE}
SCHEMAS = schemas.schemas()
EXAMPLES = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What a reader alone can tell: how two keys go together, how long a day is, what is no YAML.
BEYOND = (
    "cannot be read",
    "is there twice",
    "more than one document",
    "not set beside",
    "name a file",
    "`25h`",
)


class Later(yaml.SafeLoader):
    """YAML 1.2, as editors read it: ``off`` is a word."""


Later.yaml_implicit_resolvers = {
    sign: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:bool" or sign in "tfTF"]
    for sign, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
LOADERS = (yaml.SafeLoader, Later)


def refusals(name: str, instance: Any) -> list[str]:
    validator = jsonschema_rs.validator_for(SCHEMAS[name])
    return [error.message for error in validator.iter_errors(instance)]


def faults(record: Record, text: str) -> list[str]:
    return [fault.message for fault in read(text.encode(), record).faults]


@pytest.mark.parametrize("name", KINDS)
def test_they_are_schemas(name: str) -> None:
    jsonschema_rs.meta.validate(SCHEMAS[name])


def test_they_are_fresh_or_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["schemas", "--check"])
    assert schemas.main() == 1
    monkeypatch.setattr(sys, "argv", ["schemas"])
    assert schemas.main() == 0
    monkeypatch.setattr(sys, "argv", ["schemas", "--check"])
    assert schemas.main() == 0
    written = json.loads((tmp_path / "redline.schema.json").read_text())
    assert written == SCHEMAS["redline.schema.json"]


def valid() -> Iterator[tuple[str, str]]:
    for text in (*the_repository.CHOSEN, the_repository.WHOLE.decode()):
        yield "redline.schema.json", text.removeprefix("\ufeff")
    yield "operator.schema.json", the_operator.WHOLE.decode()
    yield "operator.schema.json", "plans:\nlimits:\n"
    yield "redline.schema.json", "environments:\n  prod:\n  qa: {}\n"


def wrong() -> Iterator[tuple[str, str]]:
    for text, (_line, said) in the_repository.FAULTS.items():
        if not any(each in said for each in BEYOND):
            yield "redline.schema.json", text
    for text, (_line, said) in the_operator.FAULTS.items():
        if not any(each in said for each in BEYOND):
            yield "operator.schema.json", text


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(("name", "text"), [*valid()])
def test_they_take_what_the_readers_take(name: str, text: str, loader: Any) -> None:
    assert faults(KINDS[name], text) == []
    assert refusals(name, yaml.load(text, loader)) == []


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(("name", "text"), [*wrong()])
def test_they_refuse_what_the_readers_refuse(name: str, text: str, loader: Any) -> None:
    assert faults(KINDS[name], text)
    assert refusals(name, yaml.load(text, loader))


@given(the_repository.TREES)
def test_they_are_of_one_mind_with_the_reader(tree: object) -> None:
    told = faults(keys.FILE, json.dumps(tree))
    assert bool(refusals("redline.schema.json", tree)) == bool(told), told


def examples(page: str) -> list[str]:
    return EXAMPLES.findall((DOCS / page).read_text())


PAGES = [
    ("configuration.md", "redline.schema.json", lambda text: True),
    ("operating.md", "operator.schema.json", lambda text: "defaults:" in text or "plans:" in text),
]


@pytest.mark.parametrize(("page", "name", "about"), PAGES)
def test_every_example_of_the_docs_holds(
    page: str, name: str, about: Callable[[str], bool]
) -> None:
    found = [text for text in examples(page) if about(text)]
    assert found
    for text in found:
        assert faults(KINDS[name], text) == [], text
        for loader in LOADERS:
            assert refusals(name, yaml.load(text, loader)) == [], text


def test_every_key_is_explained() -> None:
    page = (DOCS / "configuration.md").read_text()
    named = [key.name for key in (*keys.FILE.keys, *keys.GATE.keys)]
    assert [
        name for name in named if f"`{name}`" not in page and f"`gate.{name}`" not in page
    ] == []
    page = (DOCS / "operating.md").read_text()
    assert [key.name for key in operator.FILE.keys if f"{key.name}:" not in page] == ["version"]


def test_every_rule_may_be_named_and_says_what_it_is() -> None:
    shown = SCHEMAS["redline.schema.json"]["properties"]["rules"]["properties"]
    assert {entry.name: entry.title for entry in entries()} == {
        name: shape["description"] for name, shape in shown.items()
    }
