"""The hardening rules: each value by itself, what names a finding, and what one covers."""

import pytest

from rules.finding import Blocks, Family, Finding, Severity
from rules.rule import judge, rules_of
from rules.subjects.manifest import parse

RULES = {rule.name: rule for rule in rules_of("kubernetes")}


def found(rule: str, pod: str, container: str = "", more: str = "") -> list[Finding]:
    spec = f"containers: [{{name: web, image: 'web:1', securityContext: {{{container}}}}}]"
    text = (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\n"
        f"spec:\n  securityContext: {{{pod}}}\n  {spec}\n{more}"
    )
    return judge([RULES[rule]], parse(text, "pod.yaml"))


@pytest.mark.parametrize(
    ("drop", "said"),
    [
        ("drop: [ALL]", False),
        ("drop: ['ALL', NET_RAW]", False),
        ("drop: [ALL], add: [NET_BIND_SERVICE]", False),
        ("drop: '${DROP}'", False),
        ("drop: [all]", True),
        ("drop: [CAP_ALL]", True),
        ("drop: ALL", True),
        ("drop: []", True),
        ("drop: null", True),
        ("drop: [{name: ALL}]", True),
        ("add: [ALL]", True),
    ],
)
def test_kept_capabilities(drop: str, said: bool) -> None:
    findings = found("kept-capabilities", "", f"capabilities: {{{drop}}}")
    assert [each.detail for each in findings] == (["web drop"] if said else [])
    assert all(each.blocks is Blocks.ADDED for each in findings)


@pytest.mark.parametrize(
    ("add", "said"),
    [
        ("[NET_BIND_SERVICE]", []),
        ("[]", []),
        ("null", []),
        ("NET_ADMIN", []),
        ("[null, '${ADD}', [SYS_ADMIN]]", []),
        ("[SYS_ADMIN, SYS_ADMIN]", ["web add SYS_ADMIN"]),
        ("[NET_ADMIN, NET_RAW]", ["web add NET_ADMIN", "web add NET_RAW"]),
        ("[net_bind_service]", ["web add net_bind_service"]),
        ("[ALL]", ["web add ALL"]),
        ("[42]", ["web add 42"]),
    ],
)
def test_added_capabilities(add: str, said: list[str]) -> None:
    findings = found("added-capabilities", "", f"capabilities: {{add: {add}}}")
    assert [each.detail for each in findings] == said
    assert all(each.blocks is Blocks.NEW for each in findings)
    assert all(each.family is Family.SECURITY_CONTEXT for each in findings)


def test_a_capability_beside_another_one_is_a_finding_of_its_own() -> None:
    (before,) = found("added-capabilities", "", "capabilities: {add: [NET_ADMIN]}")
    after = found("added-capabilities", "", "capabilities: {add: [SYS_ADMIN, NET_ADMIN]}")
    assert [each.identity == before.identity for each in after] == [False, True]


@pytest.mark.parametrize(
    ("pod", "container", "said"),
    [
        ("", "", ["web seccompProfile"]),
        ("RuntimeDefault", "", []),
        ("Localhost", "", []),
        ("", "RuntimeDefault", []),
        ("Unconfined", "", ["pod seccompProfile"]),
        ("Unconfined", "RuntimeDefault", ["pod seccompProfile"]),
        ("RuntimeDefault", "Unconfined", ["web seccompProfile"]),
        ("Unconfined", "Unconfined", ["pod seccompProfile", "web seccompProfile"]),
        ("RuntimeDefault", "null", []),
        ("runtime/default", "", ["pod seccompProfile"]),
        ("${PROFILE}", "", []),
        ("", "${PROFILE}", []),
        ("true", "", ["pod seccompProfile"]),
    ],
)
def test_missing_seccomp(pod: str, container: str, said: list[str]) -> None:
    contexts = [f"seccompProfile: {{type: '{each}'}}" if each else "" for each in (pod, container)]
    shown = [each.replace("'null'", "null").replace("'true'", "true") for each in contexts]
    assert sorted(each.detail for each in found("missing-seccomp", *shown)) == said


@pytest.mark.parametrize(
    ("pod", "container", "said"),
    [
        ("", "", 1),
        ("runAsUser: 7", "", 0),
        ("runAsUser: 7", "runAsUser: 0", 1),
        ("runAsUser: 0", "runAsUser: 7", 0),
        ("runAsUser: 0", "", 1),
        ("runAsUser: null", "", 1),
        ("runAsUser: '7'", "", 1),
        ("runAsUser: -1", "", 1),
        ("runAsUser: '${USER}'", "", 0),
        ("runAsUser: '${USER}'", "runAsUser: 0", 1),
        ("", "runAsUser: '${USER}'", 0),
        ("runAsUser: true", "", 1),
    ],
)
def test_missing_user_id(pod: str, container: str, said: int) -> None:
    findings = found("missing-user-id", pod, container)
    assert [each.detail for each in findings] == ["web runAsUser"] * said
    assert all(each.severity is Severity.WARNING for each in findings)


@pytest.mark.parametrize(
    ("rule", "pod", "container", "covered"),
    [
        ("root-container", "", "runAsUser: 0", {"missing-user-id"}),
        ("root-container", "runAsNonRoot: true", "runAsUser: 0", {"missing-user-id"}),
        ("root-container", "", "", set()),
        ("unprovable-user", "runAsNonRoot: true", "", {"missing-user-id"}),
        (
            "privileged-container",
            "",
            "privileged: true",
            {"privilege-escalation", "kept-capabilities", "missing-seccomp"},
        ),
    ],
)
def test_one_thing_is_said_once(rule: str, pod: str, container: str, covered: set[str]) -> None:
    (finding,) = found(rule, pod, container)
    assert {each for each, path in finding.covers if path == "pod.yaml"} == covered


@pytest.mark.parametrize(
    ("value", "said"),
    [("true", True), ("yes", True), ("false", False), ("'true'", False), ("null", False)],
)
@pytest.mark.parametrize("key", ["hostNetwork", "hostPID", "hostIPC"])
def test_host_namespace(key: str, value: str, said: bool) -> None:
    findings = found("host-namespace", "", more=f"  {key}: {value}\n")
    assert [(each.detail, each.location.line) for each in findings] == ([(key, 7)] if said else [])
    assert all(each.blocks is Blocks.NEW for each in findings)


def test_a_port_of_the_node_is_said_with_its_network() -> None:
    (network,) = found("host-namespace", "", more="  hostNetwork: true\n")
    (processes,) = found("host-namespace", "", more="  hostPID: true\n")
    assert (network.covers, processes.covers) == ((("host-port", "pod.yaml"),), ())


PORTS = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
    - name: web
      image: web:1
      ports:
        - {containerPort: 1, hostPort: 0}
        - {containerPort: 2, hostPort: 80}
        - {containerPort: 2, hostPort: 80, protocol: UDP}
        - {containerPort: 3, hostPort: "${PORT}"}
        - 4
"""


def test_each_port_of_the_node_is_a_finding_of_network() -> None:
    findings = judge([RULES["host-port"]], parse(PORTS, "pod.yaml"))
    said = [(each.detail, each.location.line, each.ordinal) for each in findings]
    assert said == [("web hostPort 80", 10, 0), ("web hostPort 80", 11, 1)]
    assert {(each.family, each.blocks) for each in findings} == {(Family.NETWORK, Blocks.NEVER)}


def test_writable_root_tells_the_pod_from_the_container() -> None:
    (absent,) = found("writable-root", "")
    (misplaced,) = found("writable-root", "readOnlyRootFilesystem: true")
    assert "stands on the pod, where it does nothing" in misplaced.message
    assert absent.identity == misplaced.identity
    assert not found("writable-root", "", "readOnlyRootFilesystem: true")


LATER = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
    - {name: web, image: "web:1", securityContext: "${CONTEXT}"}
    - {name: log, image: "log:1", securityContext: {capabilities: "{{ capabilities }}"}}
"""


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("root-container", {"log"}),
        ("missing-user-id", {"log"}),
        ("privilege-escalation", {"log"}),
        ("writable-root", {"log"}),
        ("missing-seccomp", {"log"}),
        ("kept-capabilities", set()),
        ("added-capabilities", set()),
        ("privileged-container", set()),
    ],
)
def test_nothing_is_said_of_what_is_filled_in_later(rule: str, said: set[str]) -> None:
    assert {each.container for each in judge([RULES[rule]], parse(LATER, "pod.yaml"))} == said
