"""Which containers are to be watched, and whether what watches them can."""

import pytest

from rules.finding import Blocks, Finding, Severity, Symptom
from rules.rule import judge, rules_of
from rules.subjects import manifest

RULES = {rule.name: rule for rule in rules_of("kubernetes")}
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: web:1
"""


def found(rule: str, text: str) -> list[Finding]:
    return judge([RULES[rule]], manifest.parse(text, "pod.yaml"))


def asked(probe: str, ports: str = "[{name: http, containerPort: 80}]") -> list[Finding]:
    more = f"      ports: {ports}\n" if ports else ""
    return found("wrong-probe-port", f"{POD}{more}      {probe}\n")


@pytest.mark.parametrize(
    ("probe", "ports", "want"),
    [
        ("livenessProbe: {httpGet: {port: http}}", "[{name: http, containerPort: 80}]", ""),
        ("livenessProbe: {httpGet: {port: http}}", "[{containerPort: 80}]", "blocking"),
        ("livenessProbe: {httpGet: {port: http}}", "", "blocking"),
        ("livenessProbe: {httpGet: {port: http}}", "'${PORTS}'", ""),
        ("livenessProbe: {httpGet: {port: HTTP}}", "[{name: http, containerPort: 80}]", "blocking"),
        ("livenessProbe: {tcpSocket: {port: 80}}", "[{containerPort: 80, protocol: UDP}]", ""),
        ("livenessProbe: {tcpSocket: {port: 81}}", "[{containerPort: 80}]", "warning"),
        ("livenessProbe: {tcpSocket: {port: 81}}", "[{containerPort: '81'}]", ""),
        ("livenessProbe: {tcpSocket: {port: 81}}", "[]", ""),
        ("livenessProbe: {tcpSocket: {port: 81}}", "[{containerPort: '{{ port }}'}]", ""),
        ("livenessProbe: {tcpSocket: {port: 0}}", "", "blocking"),
        ("livenessProbe: {tcpSocket: {port: 70000}}", "", "blocking"),
        ("livenessProbe: {tcpSocket: {port: '80'}}", "[{containerPort: 80}]", "blocking"),
        ("livenessProbe: {tcpSocket: {port: [80]}}", "[{containerPort: 80}]", ""),
        ("livenessProbe: {tcpSocket: {port: }}", "[{containerPort: 80}]", ""),
        ("livenessProbe: {tcpSocket: {}}", "[{containerPort: 80}]", ""),
        ("livenessProbe: [80]", "[{containerPort: 80}]", ""),
        ("startupProbe: {grpc: {port: 81, service: x}}", "[{containerPort: 80}]", "warning"),
        ("readinessProbe: {httpGet: {port: 81, host: h}}", "[{containerPort: 80}]", ""),
        ("readinessProbe: {httpGet: {port: 81, host: ''}}", "[{containerPort: 80}]", "warning"),
    ],
)
def test_the_port_that_is_asked(probe: str, ports: str, want: str) -> None:
    findings = asked(probe, ports)
    assert [each.severity.word for each in findings] == ([want] if want else [])
    for each in findings:
        assert each.blocks is (Blocks.NEW if want == "blocking" else Blocks.NEVER)


def test_a_name_is_looked_up_among_its_own_ports_alone() -> None:
    text = """\
    - {name: proxy, image: "proxy:1", ports: [{name: http, containerPort: 80}]}
"""
    wrong = f"{POD}      livenessProbe: {{httpGet: {{port: http}}}}\n{text}"
    assert [each.severity for each in found("wrong-probe-port", wrong)] == [Severity.BLOCKING]


def test_each_probe_is_mended_by_itself() -> None:
    both = (
        "livenessProbe: {httpGet: {port: a}, tcpSocket: {port: b}}\n"
        "      readinessProbe: {httpGet: {port: a}}"
    )
    findings = asked(both)
    assert [each.detail for each in findings] == ["web livenessProbe", "web readinessProbe"]
    assert [each.symptom for each in findings] == [Symptom.CRASH_LOOP, Symptom.UNREADY]


def test_ports_of_many_are_not_all_listed() -> None:
    ports = ", ".join(f"{{containerPort: {number}}}" for number in range(8000, 8009))
    (finding,) = asked("livenessProbe: {tcpSocket: {port: 80}}", f"[{ports}]")
    assert "`8003`, `8004` and 4 more): unless it listens" in finding.message


@pytest.mark.parametrize("rule", ["missing-liveness", "missing-readiness"])
@pytest.mark.parametrize(
    ("kind", "more", "want"),
    [
        ("Deployment", "", 1),
        ("StatefulSet", "", 1),
        ("DaemonSet", "", 1),
        ("ReplicaSet", "", 1),
        ("ReplicationController", "", 1),
        ("DeploymentConfig", "", 1),
        ("Rollout", "", 1),
        ("Job", "", 0),
        ("RayJob", "", 0),
        ("Deployment", "restartPolicy: Always", 1),
        ("Deployment", "restartPolicy: OnFailure", 0),
    ],
)
def test_what_is_to_stay(rule: str, kind: str, more: str, want: int) -> None:
    text = (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: web}}\nspec:\n  template:\n"
        f"    spec:\n      containers: [{{name: web, image: 'web:1'}}]\n      {more}\n"
    )
    assert len(found(rule, text)) == want


@pytest.mark.parametrize(
    ("written", "want"),
    [
        ("{exec: {command: [a]}}", 0),
        ("{}", 1),
        ("null", 1),
        ("5", 1),
        ("'{{ probe }}'", 0),
        ("[a]", 1),
    ],
)
def test_what_is_a_probe(written: str, want: int) -> None:
    assert len(found("missing-liveness", f"{POD}      livenessProbe: {written}\n")) == want
    assert len(found("missing-readiness", f"{POD}      readinessProbe: {written}\n")) == want
