"""unprovable-user: what it says of each way in which a Dockerfile may end."""

import pytest

from rules.finding import Blocks, Finding, Severity
from rules.release import Release
from rules.rule import judge, rules_of
from rules.subjects import dockerfile
from rules.subjects.manifest import parse

(RULE,) = (rule for rule in rules_of("kubernetes") if rule.name == "unprovable-user")
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  securityContext: {runAsNonRoot: true}
  containers:
    - {name: web, image: "ghcr.io/o/web:1"}
    - {name: log, image: "ghcr.io/o/log:1"}
"""


def found(web: str | None, text: str = POD) -> list[Finding]:
    images = {"ghcr.io/o/web:1": web, "ghcr.io/o/log:1": "FROM a\nUSER 7\n"}

    def dockerfile_of(image: str) -> dockerfile.Dockerfile | None:
        source = images.get(image)
        return None if source is None else dockerfile.parse(source, "web/Dockerfile")

    return judge([RULE], parse(text, "pod.yaml"), Release("", dockerfile_of))


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("FROM a\nUSER app\n", "web runAsUser"),
        ("FROM a\nUSER root\n", "web runAsUser"),
        ("FROM a\nUSER 0:0\n", "web runAsUser"),
        ("FROM a\nUSER 7\nUSER app:app\n", "web runAsUser"),
        ("FROM a\nARG U=app\nUSER $U\n", "web runAsUser"),
        ("FROM a AS b\nUSER app\nFROM b\n", "web runAsUser"),
        ("FROM a\n", "could not look"),
        ("FROM a\nARG U\nUSER $U\n", "could not look"),
        (None, "could not look"),
        ("FROM a AS b\nUSER app\nFROM c\nUSER 10001:10001\n", None),
        ("FROM a\nUSER app\nUSER 7\n", None),
    ],
)
def test_how_the_dockerfile_ends(source: str | None, detail: str | None) -> None:
    findings = found(source)
    assert [each.detail for each in findings] == ([detail] if detail else [])
    for each in findings:
        sure = detail != "could not look"
        assert each.severity is (Severity.BLOCKING if sure else Severity.WARNING)
        assert each.blocks is (Blocks.NEW if sure else Blocks.NEVER)
        assert each.family is None
        assert (
            {("named-user", "web/Dockerfile"), ("root-image", "web/Dockerfile")} <= {*each.covers}
        ) is sure


def test_a_workload_says_once_what_it_could_not_look_at() -> None:
    (finding,) = found(None, POD.replace("o/log", "o/else"))
    assert "`ghcr.io/o/else:1`, `ghcr.io/o/web:1`" in finding.message
    assert (finding.container, finding.location.line) == (None, 7)


@pytest.mark.parametrize(
    "change",
    [
        ("runAsNonRoot: true", "runAsNonRoot: true, runAsUser: 7"),
        ("runAsNonRoot: true", "runAsNonRoot: false"),
        ("runAsNonRoot: true", ""),
        ("spec:\n", "spec:\n  os: {name: windows}\n"),
        ("ghcr.io/o/web:1", "${IMAGE}"),
        ("ghcr.io/o/web:1", "gcr.io/distroless/static:nonroot"),
    ],
)
def test_when_the_image_is_not_asked(change: tuple[str, str]) -> None:
    assert found("FROM a\nUSER app\n", POD.replace(*change)) == []
