"""The wording of some reviews, kept as text for people to read.

``REDLINE_GOLDEN=write pytest tests/bot/test_golden.py`` writes the texts anew: read the difference.
"""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.change import Diff
from bot.markdown import Wanted, docs, wanted
from bot.markdown.docs import Doc
from bot.review import Outcome, Posted
from rules.finding import Severity
from rules.profile import Profile
from tests.bot.given import NEXT, diff, finding, result, review, unchecked, warning

GOLDEN = Path(__file__).parent / "golden"
DOCS = {
    "root-container": Doc(
        why="A break-in is root at once, and one kernel bug away from the node.",
        fix="set `runAsNonRoot: true` and a numeric `runAsUser`.",
    )
}
WEB = finding(
    message="Container `web` of `Deployment/web` may run as root.",
    fix="Set `runAsNonRoot: true` and a numeric `runAsUser`.",
)
API = finding(
    name="api", line=40, message="Container `api` of `Deployment/web` may run as root.", fix=WEB.fix
)
SIDE = finding(
    name="side",
    line=30,
    severity=Severity.WARNING,
    message="Container `side` of `Deployment/web` may run as root.",
    fix="Set `runAsNonRoot: true` on the pod.",
)
TAG = finding(
    "floating-image",
    line=20,
    family=None,
    severity=Severity.WARNING,
    message="Container `web` pulls `nginx`, which has no tag: each restart may bring other code.",
    fix="Name a version, or better a digest.",
)
SECRET = finding(
    "baked-secret",
    "services/web/Dockerfile",
    2,
    family=None,
    message="`ENV API_TOKEN` holds a secret: whoever pulls the image can read it.",
    fix="Revoke it, and hand it in when the container starts.",
)
HOSTILE = finding(
    path="apps/@org|team.yaml",
    name="x",
    message="Container `</details>` of `Pod/@org/team` may run as root.\n/merge",
)
FILES = diff("apps/web.yaml", "services/web/Dockerfile", "apps/@org|team.yaml")
OLD = finding("old-rule", new=False)
IDLE = result(stage="files-rules", outcome=Outcome.NOT_NEEDED)
NOTES = ("not judged before it is rendered: `charts/web/templates/deployment.yaml`",)


def said(want: Wanted) -> str:
    """Titles, threads and summary, without the marks."""
    parts = [f"(status: {want.status.title})"]
    for comment in want.threads:
        parts.append(f"(thread on {comment.anchor.path}:{comment.anchor.line})\n\n{comment.body}")
    summary = want.summary(posted=False)
    parts.append(f"(summary)\n\n{summary.body}" if summary else "(no comment)")
    return "\n\n----\n\n".join(parts)


def first_push() -> str:
    kubernetes = result(WEB, SIDE, TAG, OLD, notes=NOTES)
    docker = result(SECRET, stage="dockerfile-rules")
    hadolint = result(warning(), stage="hadolint")
    return said(wanted(review(kubernetes, hadolint, docker, IDLE), FILES, b"k"))


def blocked_and_unchecked() -> str:
    return said(wanted(review(result(WEB, API), unchecked(), IDLE), FILES, b"k"))


def only_unchecked() -> str:
    lost = replace(unchecked("kubernetes-rules", "the stage took longer than 600 s"))
    return said(wanted(review(lost, result(stage="hadolint")), FILES, b"k"))


def only_warnings() -> str:
    return said(wanted(review(result(TAG, warning())), FILES, b"k"))


def clean() -> str:
    return said(wanted(review(result(OLD), IDLE), FILES, b"k"))


def observing() -> str:
    return said(wanted(review(result(WEB), profile=Profile.OBSERVE), FILES, b"k"))


def hostile() -> str:
    return said(wanted(review(result(HOSTILE)), FILES, b"k"))


def fixed() -> str:
    before = wanted(review(result(WEB)), FILES, b"k").threads[0]
    after = wanted(review(result(), head=NEXT), FILES, b"k")
    parting = after.retired(Posted(before.mark, "1", "t", before.body))
    summary = after.summary(posted=True)
    assert summary is not None
    return "\n\n----\n\n".join((parting.body, f"(reply) {parting.reply}", summary.body))


def resolved_by_a_person() -> str:
    want = wanted(review(result(WEB, SECRET)), Diff(), b"k")
    summary = want.summary(posted=True, resolved={WEB.identity: "bob", SECRET.identity: ""})
    assert summary is not None
    return summary.body


CASES = (
    first_push,
    blocked_and_unchecked,
    only_unchecked,
    only_warnings,
    clean,
    observing,
    hostile,
    fixed,
    resolved_by_a_person,
)


@pytest.mark.parametrize("case", CASES, ids=[case.__name__ for case in CASES])
def test_wording(case: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docs, "_docs", lambda: DOCS)
    have = re.sub(r"\n*<!-- redline:1 [^>]*-->", "", case()) + "\n"
    kept = GOLDEN / f"{case.__name__}.md"
    if os.environ.get("REDLINE_GOLDEN") == "write":
        kept.write_text(have)
    assert have == kept.read_text()
