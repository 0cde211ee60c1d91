"""The rules about volumes: host-path, unwritable-tmp, missing-fs-group."""

import pytest

from rules.finding import Blocks, Finding, Symptom
from rules.rule import judge, rules_of
from rules.subjects.manifest import parse

RULES = {rule.name: rule for rule in rules_of("kubernetes")}
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  securityContext: {%s}
  containers:
    - name: web
      image: web:1
      securityContext: {%s}
      env: [%s]
      volumeMounts: [%s]
  volumes: [%s]
"""


def found(
    rule: str, mounts: str, volumes: str, pod: str = "", container: str = "", env: str = ""
) -> list[Finding]:
    text = POD % (pod, container, env, mounts, volumes)
    return judge([RULES[rule]], parse(text, "pod.yaml"))


@pytest.mark.parametrize(
    ("path", "mount", "says"),
    [
        ("/var/run/docker.sock", "readOnly: true", "speaks to the runtime"),
        ("/run/containerd/containerd.sock", "", "speaks to the runtime"),
        ("/etc", "", "owns it with every pod there"),
        ("/etc/systemd/system/", "", "owns it with every pod there"),
        ("/", "", "owns it with every pod there"),
        ("/etc", "readOnly: true", "reads the keys"),
        ("/etc/ssl/certs", "readOnly: true", "reads files"),
        ("/etcetera", "", "reads and changes files"),
        ("/var/log", "", "reads and changes files"),
        ("/var/log", "readOnly: 'true'", "reads and changes files"),
    ],
)
def test_what_a_folder_of_the_node_opens(path: str, mount: str, says: str) -> None:
    volume = f"{{name: v, hostPath: {{path: {path}}}}}"
    (finding,) = found("host-path", f"{{name: v, mountPath: /v, {mount}}}", volume)
    assert says in finding.message
    assert (finding.detail, finding.blocks) == (f"hostPath {path}", Blocks.NEW)


@pytest.mark.parametrize(
    ("mounts", "says"),
    [
        ("", "no container mounts it"),
        ("{name: other, mountPath: /v}", "no container mounts it"),
        ("{name: v, mountPath: /v}", "reads and changes files"),
        ("{name: '${NAME}', mountPath: /v}", "reads and changes files"),
        ("'{{ mounts }}'", "reads and changes files"),
    ],
)
def test_a_folder_of_the_node_that_nobody_mounts(mounts: str, says: str) -> None:
    (finding,) = found("host-path", mounts, "{name: v, hostPath: {path: /var/log}}")
    assert says in finding.message
    assert (finding.fix == "Remove the volume.") == ("no container" in says)


@pytest.mark.parametrize(
    ("source", "said"),
    [("null", 0), ("", 0), ("{}", 1), ("{path: '${P}'}", 1), ("/var/log", 1), ("[]", 0)],
)
def test_odd_sources(source: str, said: int) -> None:
    assert len(found("host-path", "", f"{{name: v, hostPath: {source}}}")) == said


def test_a_second_folder_is_a_finding_of_its_own() -> None:
    logs = "{name: a, hostPath: {path: /var/log}}"
    (before,) = found("host-path", "", logs)
    after = found("host-path", "", "{name: b, hostPath: {path: /etc}}, " + logs)
    assert [each.identity == before.identity for each in after] == [False, True]


READ_ONLY = "readOnlyRootFilesystem: true"
EMPTY = "{name: v, emptyDir: {}}"


@pytest.mark.parametrize(
    ("mount", "volume", "said"),
    [
        ("mountPath: /tmp", EMPTY, 0),
        ("mountPath: /tmp/", EMPTY, 0),
        ("mountPath: //tmp", EMPTY, 0),
        ("mountPath: /", EMPTY, 0),
        ("mountPath: /tmp", "{name: v, persistentVolumeClaim: {claimName: c}}", 0),
        ("mountPath: /tmp", "{name: other, secret: {}}", 0),
        ("mountPath: '${TMP}'", EMPTY, 0),
        ("mountPath: /tmp/a", EMPTY, 1),
        ("mountPath: /tmpa", EMPTY, 1),
        ("mountPath: /tmp, readOnly: true", EMPTY, 1),
        ("mountPath: /tmp", "{name: v, secret: {secretName: s}}", 1),
        ("mountPath: /tmp", "{name: v, configMap: {name: c}}", 1),
        ("mountPath: /tmp", "{name: v, csi: {driver: d, readOnly: true}}", 1),
    ],
)
def test_what_makes_tmp_writable(mount: str, volume: str, said: int) -> None:
    findings = found("unwritable-tmp", f"{{name: v, {mount}}}", volume, container=READ_ONLY)
    assert [each.detail for each in findings] == ["web tmp"] * said
    assert all(each.symptom is Symptom.CRASH_LOOP for each in findings)


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ("{name: TMPDIR, value: /cache/tmp}", 0),
        ("{name: TMPDIR, value: /elsewhere}", 1),
        ("{name: TMPDIR, valueFrom: {fieldRef: {fieldPath: a}}}", 0),
        ("{name: TMP, value: '${SCRATCH}'}", 0),
        ("{name: JAVA_TOOL_OPTIONS, value: -Djava.io.tmpdir=/cache}", 0),
        ("{name: OTHER, value: /cache}", 1),
    ],
)
def test_who_is_told_to_write_elsewhere(env: str, said: int) -> None:
    mount = "{name: v, mountPath: /cache}"
    assert len(found("unwritable-tmp", mount, EMPTY, container=READ_ONLY, env=env)) == said


CLAIM = "{name: v, persistentVolumeClaim: {claimName: c}}"
SECRET = "{name: v, secret: {secretName: s, defaultMode: %s}}"


@pytest.mark.parametrize(
    ("volume", "mount", "pod", "said"),
    [
        (CLAIM, "", "", "cannot write"),
        (CLAIM, "", "runAsUser: 7", "cannot write"),
        (CLAIM, "", "runAsUser: 0", None),
        (CLAIM, "", "fsGroup: 7", None),
        (CLAIM, "", "fsGroup: '${GROUP}'", None),
        (CLAIM, "readOnly: true", "", None),
        ("{name: v, persistentVolumeClaim: {claimName: c, readOnly: true}}", "", "", None),
        ("{name: v, csi: {driver: d}}", "", "", "cannot write"),
        ("{name: v, ephemeral: {}}", "", "", "cannot write"),
        ("{name: v, nfs: {server: s, path: /}}", "", "", None),
        ("{name: v, hostPath: {path: /}}", "", "", None),
        ("{name: v, emptyDir: {}}", "", "", None),
        ("{name: other, persistentVolumeClaim: {claimName: c}}", "", "", None),
        (SECRET % "0400", "", "runAsUser: 7", "cannot read"),
        (SECRET % "256", "", "runAsNonRoot: true", "cannot read"),
        (SECRET % "0440", "", "runAsUser: 7", None),
        (SECRET % "0644", "", "runAsUser: 7", None),
        (SECRET % "0400", "", "", None),
        (SECRET % "0400", "", "runAsUser: 7, fsGroup: 7", None),
        ("{name: v, secret: {secretName: s}}", "", "runAsUser: 7", None),
    ],
)
def test_missing_fs_group(volume: str, mount: str, pod: str, said: str | None) -> None:
    findings = found("missing-fs-group", f"{{name: v, mountPath: /v, {mount}}}", volume, pod)
    assert len(findings) == (said is not None)
    assert all(each.detail == "pod fsGroup" and str(said) in each.message for each in findings)
