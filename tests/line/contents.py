"""What the tests' changes bring, each with findings of several rules in several files."""

import uuid
from collections.abc import Mapping

from tests.demo.files import BASE, CHANGE, FIX

Files = Mapping[str, str | None]


def _half() -> Files:
    """One of the findings is gone, one is new, and many have moved."""
    dockerfile, manifest = CHANGE["services/worker/Dockerfile"], CHANGE["deploy/shop/worker.yaml"]
    assert dockerfile is not None
    return {
        **CHANGE,
        "services/worker/Dockerfile": "".join(
            line for line in dockerfile.splitlines(keepends=True) if "TOKEN" not in line
        ),
        "deploy/shop/worker.yaml": f"# moved down\n{manifest}",
        "deploy/shop/web.yaml": BASE["deploy/shop/web.yaml"].replace(
            "runAsUser: 101", "runAsUser: 0"
        ),
    }


def _whole(files: Files) -> Files:
    """Every file that any content touches, so that each can follow each."""
    touched = {**CHANGE, **FIX, **_half()}
    return {**{path: BASE.get(path) for path in touched}, **files}


CONTENTS: Mapping[str, Files] = {
    "broken": _whole(CHANGE),
    "half": _whole(_half()),
    "fixed": _whole(FIX),
}


def unique(content: str) -> Files:
    """The content as a commit of its own: two equal ones would be one commit, with one status."""
    return {**CONTENTS[content], f"docs/{uuid.uuid4().hex}.md": "A note.\n"}


__all__ = ["BASE", "CONTENTS", "unique"]
