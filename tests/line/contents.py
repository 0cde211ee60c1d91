"""What the tests' changes bring, each with findings of several rules in several files."""

import uuid
from collections.abc import Mapping

from tests.demo.files import BASE, CHANGE, FIX, WORKER_DEPLOYMENT

Files = Mapping[str, str | None]

# Some of the findings are gone, others are new: threads end, stay, and begin.
HALF: Files = {
    **CHANGE,
    "services/worker/Dockerfile": FIX["services/worker/Dockerfile"],
    "deploy/shop/worker.yaml": "# moved down\n" + WORKER_DEPLOYMENT,
    "services/web/Dockerfile": f"{CHANGE['services/web/Dockerfile']}USER root\n",
}
CONTENTS: Mapping[str, Files] = {"broken": CHANGE, "half": HALF, "fixed": FIX}


def unique(content: str) -> Files:
    """The content as a commit of its own: two equal ones would be one commit, with one status."""
    return {**CONTENTS[content], f"docs/{uuid.uuid4().hex}.md": "A note.\n"}


__all__ = ["BASE", "CONTENTS", "unique"]
