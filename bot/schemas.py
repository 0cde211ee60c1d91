"""``python -m bot.schemas``: writes docs/schema/ from the keys of both files; ``--check`` asks."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot import operator
from rules import keys
from rules.entries import entries
from rules.shapes import document

FOLDER = Path(__file__).parents[1] / "docs" / "schema"


def schemas() -> Mapping[str, dict[str, Any]]:
    """Each JSON Schema (draft 2020-12) by the name of its file."""
    repository = document(
        keys.FILE, ".redline.yaml", "What a repository chooses; it counts on the target branch."
    )
    server = document(
        operator.FILE, "Redline's operator's file", "What holds for all repositories of a server."
    )
    titles = {entry.name: entry.title for entry in entries()}
    for properties in (repository, server["properties"]["defaults"]):
        _described(properties["properties"]["rules"]["properties"], titles)
    return {"redline.schema.json": repository, "operator.schema.json": server}


def _described(rules: dict[str, Any], titles: Mapping[str, str]) -> None:
    """An editor that completes a rule's name shows what it says."""
    for name, shape in rules.items():
        if name in titles:
            rules[name] = {"description": titles[name], **shape}


def main() -> int:
    """Write the schemas, or with ``--check`` say whether they are fresh: 0 yes, 1 no."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    checking, stale = parser.parse_args().check, False
    for name, schema in schemas().items():
        path, text = FOLDER / name, json.dumps(schema, indent=2) + "\n"
        if not checking:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            sys.stderr.write(f"{path.name} is stale: run make docs\n")
            stale = True
    return int(stale)


if __name__ == "__main__":
    raise SystemExit(main())
