"""What the examples cannot say: when a finding blocks, what names it, what stays the same."""

import pytest

from rules.finding import Blocks, Family, Finding
from rules.rule import judge, rules_of
from rules.subjects.manifest import parse

RULES = {rule.name: rule for rule in rules_of("kubernetes")}


def found(rule: str, spec: str) -> list[Finding]:
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n{spec}"
    return judge([RULES[rule]], parse(text, "pod.yaml"))


CONTAINER = "  containers: [{name: web, image: 'web:1', securityContext: {%s}}]\n"


@pytest.mark.parametrize(
    ("pod", "container", "said"),
    [
        ("", "", [("web runAsNonRoot", Blocks.ADDED)]),
        ("runAsUser: 7", "", [("web runAsNonRoot", Blocks.ADDED)]),
        ("runAsNonRoot: true", "", []),
        ("runAsNonRoot: true", "runAsNonRoot: false", [("web runAsNonRoot false", Blocks.NEW)]),
        ("", "runAsNonRoot: false, runAsUser: 7", [("web runAsNonRoot false", Blocks.ADDED)]),
        ("runAsNonRoot: true", "runAsNonRoot: null", []),
        ("", "runAsNonRoot: 'true'", [("web runAsNonRoot false", Blocks.NEW)]),
        ("runAsNonRoot: false", "", [("pod runAsNonRoot", Blocks.NEW)]),
        ("runAsNonRoot: false", "runAsNonRoot: true", [("pod runAsNonRoot", Blocks.NEW)]),
        ("runAsNonRoot: false, runAsUser: 7", "", [("pod runAsNonRoot", Blocks.ADDED)]),
        ("", "runAsUser: 0", [("web runAsUser", Blocks.NEW)]),
        ("", "runAsUser: 0x0", [("web runAsUser", Blocks.NEW)]),
        ("", "runAsUser: 0.0", [("web runAsUser", Blocks.NEW)]),
        ("runAsUser: 0", "runAsNonRoot: true", [("web runAsUser", Blocks.NEW)]),
        ("runAsUser: 0", "runAsNonRoot: true, runAsUser: 7", []),
        ("", "runAsNonRoot: true, runAsGroup: 0", []),
        ("runAsNonRoot: '${X}'", "", []),
    ],
)
def test_root_container(pod: str, container: str, said: list[tuple[str, Blocks]]) -> None:
    spec = f"  securityContext: {{{pod}}}\n" + CONTAINER % container
    findings = found("root-container", spec)
    assert [(each.detail, each.blocks) for each in findings] == said
    assert all(each.family is Family.SECURITY_CONTEXT for each in findings)


@pytest.mark.parametrize("flag", ["", "runAsNonRoot: false, "])
def test_a_number_is_not_called_root(flag: str) -> None:
    (ours,) = found("root-container", CONTAINER % f"{flag}runAsUser: 7")
    (pods,) = found(
        "root-container", f"  securityContext: {{{flag}runAsUser: 7}}\n" + CONTAINER % ""
    )
    for each in (ours, pods):
        assert "runs as user 7" in each.message
        assert "may run as root" not in each.message


def test_root_said_is_another_finding_than_root_left_open() -> None:
    (absent,) = found("root-container", CONTAINER % "")
    (said,) = found("root-container", CONTAINER % "runAsUser: 0")
    assert absent.identity != said.identity


def test_a_user_namespace_does_not_help_against_the_kubelet() -> None:
    context = CONTAINER % "runAsNonRoot: true, runAsUser: 0"
    (finding,) = found("root-container", "  hostUsers: false\n" + context)
    assert "CreateContainerConfigError" in finding.message
    assert not found("root-container", "  hostUsers: false\n" + CONTAINER % "runAsUser: 0")


def test_of_two_containers_the_other_one_keeps_its_identity() -> None:
    two = "  containers:\n    - {name: a, image: 'a:1'}\n    - {name: b, image: 'b:1'}\n"
    both = {each.container: each.identity for each in found("privilege-escalation", two)}
    left = found("privilege-escalation", "  containers:\n    - {image: 'b:1', name: b}\n")
    assert {each.container: each.identity for each in left} == {"b": both["b"]}


def test_nameless_containers_are_told_apart_by_their_images() -> None:
    before = "  containers:\n    - {image: 'a:1'}\n    - {image: 'b:1'}\n    - {image: 'b:2'}\n"
    after = "  containers:\n    - {image: 'b:1'}\n    - {image: 'b:3'}\n"
    old = [each.identity for each in found("privilege-escalation", before)]
    new = [each.identity for each in found("privilege-escalation", after)]
    assert len(set(old)) == 3
    assert set(new) == set(old[1:])


def test_messages_name_what_people_will_meet() -> None:
    (floating,) = found("floating-image", "  containers: [{name: web, image: 'host:5000/web'}]\n")
    assert "`host:5000/web` without a tag" in floating.message
    (privileged,) = found("privileged-container", CONTAINER % "privileged: on")
    assert (privileged.blocks, privileged.container) == (Blocks.NEW, "web")
    assert "the node" in privileged.message


@pytest.mark.parametrize(
    ("context", "fix"),
    [
        ("privileged: false", "Set `securityContext"),
        ("privileged: true", "Take `privileged: true` away"),
        ("capabilities: {add: [CAP_SYS_ADMIN]}", "Take `CAP_SYS_ADMIN` away"),
        ("capabilities: {add: [SYS_ADMIN]}", "Set `securityContext"),
    ],
)
def test_no_fix_is_one_that_the_api_server_refuses(context: str, fix: str) -> None:
    (finding,) = found("privilege-escalation", CONTAINER % context)
    assert finding.fix.startswith(fix)
