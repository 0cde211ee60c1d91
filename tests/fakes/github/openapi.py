"""GitHub's own description as judge of each request, answer and webhook.

Missing (see tools/openapi/install), nothing is judged: ``Description.there`` says so.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from tests.fakes.github.web import Answer, Call

FILE = Path(__file__).parents[3] / "build" / "openapi" / "github.json"
BASE = "urn:github"

# Where the description is wrong about GitHub itself: (operation, where, part of the message).
KNOWN = (
    # a fork that was deleted is shown as null
    ("pulls/", "head/repo", "null is not of type"),
    # null once a comment is outdated, as the field's own text says
    ("review-comment", "position", 'null is not of type "integer"'),
    ("review-comment", "line", 'null is not of type "integer"'),
    # asks for an account that is a person and an enterprise at once
    ("apps/list-installations", "account", "account"),
)


class Description:
    """Compiled validators, made when they are first needed."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.operations: dict[str, Any] = document.get("operations", {})
        parts = {"components": document.get("components", {})}
        self.registry = jsonschema_rs.Registry([(BASE, parts)])
        self.compiled: dict[str, jsonschema_rs.Draft202012Validator] = {}

    @property
    def there(self) -> bool:
        return bool(self.operations)

    def validator(self, key: str, schema: Any) -> "jsonschema_rs.Draft202012Validator":
        if key not in self.compiled:
            self.compiled[key] = jsonschema_rs.Draft202012Validator(
                absolute(schema), registry=self.registry, validate_formats=True
            )
        return self.compiled[key]

    def faults(self, key: str, schema: Any, value: Any) -> Iterator[str]:
        for error in self.validator(key, schema).iter_errors(value):
            path = "/".join(str(part) for part in error.instance_path)
            text = f"{path or 'it'}: {error.message[:300]}"
            if not any(row[0] in key and row[1] in path and row[2] in text for row in KNOWN):
                yield text

    def request(self, call: Call) -> list[str]:
        """What is wrong with a request: its path and query, and its body."""
        known = self.operations.get(call.operation.name)
        if known is None:
            return []
        return [*self.parameters(call, known), *self.body(call, known)]

    def parameters(self, call: Call, known: Any) -> Iterator[str]:
        rows = {(row["in"], row["name"]): row["schema"] for row in known["parameters"]}
        given = [("query", name, value) for name, value in call.query.items()]
        given += [("path", name, value) for name, value in call.path.items()]
        for where, name, text in given:
            if (where, name) not in rows:
                if where == "query":
                    yield f"query {name}: not known"
                continue
            schema = rows[where, name]
            key = f"{call.operation.name} {where} {name}"
            found = self.faults(key, schema, typed(schema, text))
            yield from (fault.replace("it:", f"{where} {name}:", 1) for fault in found)

    def body(self, call: Call, known: Any) -> Iterator[str]:
        if known["body"] is None:
            if call.body is not None:
                yield "body: none is expected"
            return
        if call.body is None and not known["body_required"]:
            return
        yield from self.faults(f"{call.operation.name} body", closed(known["body"]), call.body)

    def answer(self, call: Call, answer: Answer) -> list[str]:
        """What is wrong with an answer of the fake's own."""
        known = self.operations.get(call.operation.name)
        if known is None or answer.status >= 400:
            return []
        status = str(answer.status)
        if status not in known["answers"]:
            return [f"status {status} is not in the description"]
        schema = known["answers"][status]
        if schema is None:
            return [] if answer.body is None else ["body: none is expected"]
        return list(self.faults(f"{call.operation.name} {status}", schema, answer.body))

    def webhook(self, event: str, action: str | None, payload: Any) -> list[str]:
        name = f"{event}-{action}".replace("_", "-") if action else event
        schema = self.document.get("webhooks", {}).get(name)
        if schema is None:
            return [f"webhook {name} is not in the description"] if self.there else []
        return list(self.faults(f"webhook {name}", schema, payload))


@lru_cache(maxsize=1)
def description() -> Description:
    """The installed description, read once a process; an empty one where it is missing."""
    return Description(json.loads(FILE.read_bytes()) if FILE.is_file() else {})


def absolute(node: Any) -> Any:
    if isinstance(node, list):
        return [absolute(child) for child in node]
    if not isinstance(node, dict):
        return node
    return {
        name: BASE + child if name == "$ref" and isinstance(child, str) else absolute(child)
        for name, child in node.items()
    }


def closed(node: Any) -> Any:
    """A body's schema that refuses keys it does not name, as GitHub does for many."""
    if isinstance(node, list):
        return [closed(child) for child in node]
    if not isinstance(node, dict):
        return node
    new = {name: closed(child) for name, child in node.items()}
    if isinstance(node.get("properties"), dict) and "type" in node:
        new.setdefault("additionalProperties", False)
    return new


def typed(schema: Any, text: str) -> Any:
    """A parameter's text as the type that it should have; unreadable, it stays text."""
    kinds = {schema.get("type"), *(one.get("type") for one in schema.get("oneOf", ()))}
    if "integer" in kinds and text.lstrip("-").isdigit():
        return int(text)
    if "boolean" in kinds and text in ("true", "false"):
        return text == "true"
    return text
