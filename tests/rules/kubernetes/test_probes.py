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


def test_one_port_that_is_not_listed_is_said_once() -> None:
    both = (
        "livenessProbe: {httpGet: {port: 81}}\n"
        "      readinessProbe: {tcpSocket: {port: 81}}\n"
        "      startupProbe: {tcpSocket: {port: 82}}"
    )
    first, second = asked(both)
    assert "The liveness probe of container `web` asks port `81`" in first.message
    assert ", and so does its readiness probe: unless" in first.message
    assert "The startup probe of container `web` asks port `82`" in second.message
    assert "so does" not in second.message


@pytest.mark.parametrize(
    ("told", "want"),
    [
        ("args: [--health=:81]", 0),
        ("args: [--port, '81']", 0),
        ("command: [sh, -c, 'exec web --listen 0.0.0.0:81 --quiet']", 0),
        ("args: ['--listen=[::]:81']", 0),
        ("env: [{name: PORT, value: '81'}]", 0),
        ("args: [--port=8181]", 1),
        ("args: [--port=810]", 1),
        ("args: [--version=81.2]", 1),
        ("env: [{name: BACKEND, value: 'api:81'}]", 1),
        ("env: [{name: BACKEND, value: 'http://api:81/'}]", 1),
        ("env: [{name: BACKEND, value: '10.0.0.0:81'}]", 1),
        ("args: [--only-here=127.0.0.1:81]", 1),
    ],
)
def test_a_port_that_it_is_told_to_listen_on(told: str, want: int) -> None:
    assert len(asked(f"{told}\n      livenessProbe: {{httpGet: {{port: 81}}}}")) == want


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


def test_a_startup_probe_keeps_it_from_being_ready_at_once() -> None:
    (finding,) = found(
        "missing-readiness", f"{POD}      startupProbe: {{tcpSocket: {{port: 80}}}}\n"
    )
    assert "ready for ever once its startup probe succeeded" in finding.message
    (finding,) = found("missing-readiness", f"{POD}      startupProbe: {{}}\n")
    assert "ready the moment it starts" in finding.message
