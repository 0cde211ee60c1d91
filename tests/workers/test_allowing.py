"""Written exceptions through a stage: what they let pass, and what is said of them."""

import pytest

from bot.review import StageResult, Written
from rules.finding import Finding, Location, Severity
from tests.repositories import Content
from tests.workers.trees import Commit, diff
from workers.allowing import stage_of
from workers.pipe import Wishes
from workers.pipelines import STEPS
from workers.project import Judged, Project, Unchecked
from workers.stages import dockerfile_rules, kubernetes_rules
from workers.step import Step, attempted
from workers.touched import Reviewed, always, dockerfiles, large_manifest, manifests

TODAY = "2026-11-24"
KUBERNETES = Step(kubernetes_rules, "Kubernetes manifest", manifests, large_manifest)
DOCKER = Step(dockerfile_rules, "Dockerfile", dockerfiles, always)
Files = dict[str, Content]


def review(before: Files, after: Files, step: Step = KUBERNETES, **wishes: object) -> StageResult:
    renames = wishes.pop("renames", {})
    reviewed = Reviewed(
        diff(before, after, **renames),  # type: ignore[arg-type]
        Commit(before),
        Commit(after),
        lambda _paths: frozenset(),
    )
    return attempted(step, reviewed, Wishes(today=TODAY, **wishes))  # type: ignore[arg-type]


def pod(name: str = "web", head: str = "", image: str = "", item: str = "") -> str:
    """A privileged pod, with what is to stand at the head, at its container, beside its image."""
    return f"""{head}apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  containers:
{item}    - name: app
      image: shop/web:latest{image}
      securityContext: {{privileged: true, allowPrivilegeEscalation: true, runAsNonRoot: true}}
"""


def passed(result: StageResult) -> dict[str, Written]:
    """The exceptions by the rule of what they let pass."""
    rules = {one.identity: one.rule for one in result.findings}
    return {rules[one.identity]: one for one in result.written}


def said(result: StageResult, rule: str) -> list[tuple[str, int]]:
    """What is said of exceptions: new findings by the path and line."""
    own = [one for one in result.findings if one.rule == rule and one.new]
    return [(one.location.path, one.location.line) for one in own]


def test_one_that_the_change_brings() -> None:
    after: Files = {"a.yaml": pod(image="  # redline: allow floating-image built nightly")}
    result = review({}, after)
    (found,) = passed(result).items()
    assert found[0] == "floating-image"
    assert (found[1].reason, found[1].until, found[1].brought) == ("built nightly", "", True)
    assert {"floating-image", "privileged-container"} <= {one.rule for one in result.findings}
    assert said(result, "useless-allow") == []


@pytest.mark.parametrize("place", ["head", "item"])
def test_it_speaks_of_what_begins_there(place: str) -> None:
    indent = "    " if place == "item" else ""
    comment = f"{indent}# redline: allow floating-image, privileged-container a lab\n"
    result = review({}, {"a.yaml": pod(**{place: comment})})
    assert passed(result).keys() == {"floating-image", "privileged-container"}


def test_of_nothing_else() -> None:
    comment = "# redline: allow floating-image a lab\n"
    result = review({}, {"a.yaml": f"{pod(head=comment)}---\n{pod('api')}"})
    (one,) = result.written
    (passing,) = [each for each in result.findings if each.identity == one.identity]
    assert passing.address == "Pod//web"


def test_one_that_stood_there_before() -> None:
    comment = "# redline: allow floating-image, privileged-container a lab\n"
    plain = pod(head=comment).replace("privileged: true, ", "")
    result = review({"a.yaml": plain}, {"a.yaml": pod(head=comment)})
    assert passed(result).keys() == {"privileged-container"}
    assert not passed(result)["privileged-container"].brought


def test_it_stood_there_though_its_file_was_renamed() -> None:
    comment = "# redline: allow privileged-container a lab\n"
    plain = pod(head=comment).replace("privileged: true, ", "")
    files: Files = {"x/b.yaml": f"# first\n{pod(head=comment)}"}
    result = review({"a.yaml": plain}, files, renames={"a.yaml": "x/b.yaml"})
    assert not passed(result)["privileged-container"].brought


def test_it_stood_there_though_its_object_moved() -> None:
    comment = "# redline: allow privileged-container a lab\n"
    plain = pod(head=comment).replace("privileged: true, ", "")
    before: Files = {"x/all.yaml": f"{plain}---\n{pod('api')}"}
    after: Files = {"y/web.yaml": pod(head=comment), "x/all.yaml": pod("api")}
    assert not passed(review(before, after))["privileged-container"].brought


def test_one_that_was_slipped_over_something_else() -> None:
    comment = "    # redline: allow privileged-container a lab\n"
    quiet = "    - {name: log, image: 'shop/log:1.2.3', securityContext: {privileged: true}}\n"
    before = pod().replace("    - name: app\n", f"{comment}    - name: app\n")
    after = pod().replace("    - name: app\n", f"{comment}{quiet}    - name: app\n")
    written = passed(review({"a.yaml": before}, {"a.yaml": after}))
    assert written["privileged-container"].brought


def test_a_copy_is_brought() -> None:
    comment = "# redline: allow privileged-container a lab\n"
    before = pod(head=comment).replace("privileged: true, ", "")
    after = f"{pod(head=comment)}---\n{pod(head=comment)}"
    result = review({"a.yaml": before}, {"a.yaml": after})
    assert {one.brought for one in result.written} == {True}


def test_the_one_that_stood_there_comes_first() -> None:
    head = "# redline: allow privileged-container a lab\n"
    item = "    # redline: allow privileged-container mine\n"
    before = pod(head=head).replace("privileged: true, ", "")
    result = review({"a.yaml": before}, {"a.yaml": pod(head=head, item=item)})
    (one,) = result.written
    assert (one.reason, one.brought) == ("a lab", False)
    assert said(result, "useless-allow") == []


@pytest.mark.parametrize("said_so", ["a lab until 2026-11-23", "", "a lab until 2026-13-01"])
def test_one_that_does_not_hold(said_so: str) -> None:
    result = review({}, {"a.yaml": pod(head=f"# redline: allow floating-image {said_so}\n")})
    assert passed(result) == {}
    assert said(result, "expired-allow") == [("a.yaml", 1)]
    assert said(result, "useless-allow") == []


def test_its_last_day_counts() -> None:
    until = f"# redline: allow floating-image a lab until {TODAY}\n"
    result = review({}, {"a.yaml": pod(head=until)})
    assert passed(result)["floating-image"].until == TODAY


def test_one_that_is_over_is_told_once_it_would_have_counted() -> None:
    head = "# redline: allow privileged-container a lab until 2020-01-01\n"
    plain = pod(head=head).replace("privileged: true, ", "")
    before: Files = {"a.yaml": plain}
    assert said(review(before, {"a.yaml": f"{plain}# more\n"}), "expired-allow") == []
    assert said(review(before, {"a.yaml": pod(head=head)}), "expired-allow") == [("a.yaml", 1)]


@pytest.mark.parametrize(
    ("said_so", "message"),
    [
        ("root-container a lab", "This exception to `root-container`"),
        ("baked-secret a lab", ""),
        ("floting-image a lab", "Did you mean `floating-image`?"),
        ("unreadable-file a lab", "no file can allow it"),
        ("useless-allow a lab", "no file can allow it"),
        ("hadolint/DL3008 a lab", ""),
        ("", "names no rule"),
    ],
)
def test_one_that_does_nothing(said_so: str, message: str) -> None:
    result = review({}, {"a.yaml": pod(head=f"# redline: allow {said_so}\n")})
    own = [one.message for one in result.findings if one.rule == "useless-allow"]
    assert [message in one for one in own] == [True] * bool(message)


def test_one_that_the_change_makes_useless() -> None:
    head = "# redline: allow floating-image a lab\n"
    fixed = pod(head=head).replace(":latest", ":1.2.3")
    result = review({"a.yaml": pod(head=head)}, {"a.yaml": fixed})
    assert said(result, "useless-allow") == [("a.yaml", 1)]
    assert said(review({"a.yaml": fixed}, {"a.yaml": f"{fixed}\n"}), "useless-allow") == []


def test_what_a_tool_says_once_a_file_is_of_each_line() -> None:
    class Lint:
        NAME = "hadolint"

        def run(self, project: Project) -> Judged:
            location = Location("Dockerfile", 2)
            found = Finding("hadolint/DL1", Severity.INFO, location, "", "", "Dockerfile", "")
            return Judged((found,))

    step = Step(Lint(), "Dockerfile", dockerfiles, always)
    text = "FROM a\nRUN b\n# redline: allow hadolint/DL{} a lab\nRUN c\n"
    for code, lines in ((1, []), (2, [("Dockerfile", 3)])):
        result = review({}, {"Dockerfile": text.format(code)}, step)
        assert said(result, "useless-allow") == lines
        assert result.written == ()


def test_nothing_is_useless_where_not_all_was_seen() -> None:
    class Half:
        NAME = "kubernetes-rules"

        def run(self, project: Project) -> Judged:
            return Judged(excess=Unchecked("too much", theirs=True))

    after: Files = {"a.yaml": pod(head="# redline: allow floating-image a lab\n")}
    step = Step(Half(), "Kubernetes manifest", manifests, large_manifest)
    assert said(review({}, after, step), "useless-allow") == []


def test_nothing_is_useless_in_a_file_that_cannot_be_read() -> None:
    after: Files = {"a.yaml": pod(head="# redline: allow floating-image a lab\n") + "---\n{"}
    result = review({}, after)
    assert {one.rule for one in result.findings if one.new} == {"unreadable-file"}


def test_nothing_is_useless_in_what_is_judged_when_rendered() -> None:
    after: Files = {
        "a/web.yaml": pod(head="# redline: allow host-path a lab\n"),
        "a/kustomization.yaml": "resources: [web.yaml]\n",
    }
    assert said(review({}, after), "useless-allow") == []


def test_text_is_no_exception() -> None:
    data = "data:\n  x: |\n    # redline: allow floating-image a lab\n    a: 1\n"
    after: Files = {"a.yaml": f"kind: ConfigMap\napiVersion: v1\nmetadata: {{name: x}}\n{data}"}
    assert said(review({}, after), "useless-allow") == []


def test_in_a_dockerfile() -> None:
    after: Files = {"Dockerfile": "# redline: allow floating-base we follow\nFROM debian\nUSER 1\n"}
    result = review({}, after, DOCKER)
    assert passed(result)["floating-base"].brought
    before: Files = {"Dockerfile": str(after["Dockerfile"]).replace("debian", "debian:12.8")}
    other = review(before, after, DOCKER)
    assert passed(other)["floating-base"].brought  # it was said of another image


def test_what_is_all_new_knows_what_stood_there() -> None:
    files: Files = {"a.yaml": pod(head="# redline: allow floating-image a lab\n")}
    result = review(files, files, all_new=True)
    assert not passed(result)["floating-image"].brought


def test_no_secret_in_a_reason_is_repeated() -> None:
    token = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
    result = review({}, {"a.yaml": pod(head=f"# redline: allow floating-image use {token}\n")})
    assert passed(result)["floating-image"].reason == "use ghp_..."
    result = review({}, {"a.yaml": pod(head=f"# redline: allow {token} why\n")})
    assert all(token not in one.message for one in result.findings)


def test_each_rule_has_the_stage_that_finds_it() -> None:
    names = {step.stage.NAME for step in STEPS}
    for rule in ("floating-image", "floating-base", "hadolint/DL3008"):
        assert stage_of(rule) in names
    assert stage_of("checkov/CKV_AWS_20") == "checkov"
    assert stage_of("nothing") == stage_of("HADOLINT/x y") == ""
