"""What a runtime is told of memory, in all the places where people tell it."""

import time

import pytest

from rules.kubernetes.heap_above_limit import heap_above_limit
from rules.rule import judge
from rules.subjects import manifest

POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec:
  containers:
    - name: web
      image: web:1
      resources: {{limits: {{memory: 1Gi}}}}
      {}
"""


def told(text: str) -> list[str]:
    findings = judge([heap_above_limit], manifest.parse(POD.format(text), "pod.yaml"))
    return [each.message.split("`")[3] for each in findings]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("args: [-Xmx1g]", []),
        ("args: [-Xmx1025m]", ["-Xmx1025m"]),
        ("args: [-Xmx1G]", []),
        ("args: [-Xmx2T]", ["-Xmx2T"]),
        ("args: [-Xmx1048577k]", ["-Xmx1048577k"]),
        ("args: [-Xmx1073741825]", ["-Xmx1073741825"]),
        ("args: ['-XX:MaxHeapSize=2g']", ["-XX:MaxHeapSize=2g"]),
        ("args: [-Xmx2gb]", []),
        ("args: [-Xmx]", []),
        ("args: -Xmx2g", []),
        ("args: ['-XX:MaxRAMPercentage=90']", []),
        ("args: ['-XX:MaxRAMPercentage=90.1']", ["-XX:MaxRAMPercentage=90.1"]),
        ("args: ['-XX:MaxRAMPercentage=95', -Xmx512m]", []),  # an own size wins
        ("command: [java, -Xmx2g]\n      args: [-Xmx512m]", []),  # the last one wins
        ("command: [java, -Xmx512m]\n      args: [-Xmx2g]", ["-Xmx2g"]),
        ("command: [sh, -c, 'java -Xmx2g $JAVA_OPTS -jar a.jar']", []),  # which may hold another
        ("command: [sh, -c, 'java $JAVA_OPTS -Xmx2g -jar a.jar']", ["-Xmx2g"]),
        ("env: [{name: JAVA_OPTS, value: '-Xms1g -Xmx4g -server'}]", ["-Xmx4g"]),
        ("env: [{name: A, value: -Xmx4g}, {name: B, value: -Xmx512m}]", []),  # who reads which?
        ("env: [{name: A, value: -Xmx4g}, {name: A, value: -Xmx512m}]", []),
        ("args: [node, --max-old-space-size=1025]", ["--max-old-space-size=1025"]),
        ("args: [node, --max_old_space_size=1024]", []),
        ("env: [{name: GOMEMLIMIT, value: '1073741825'}]", ["GOMEMLIMIT=1073741825"]),
        ("env: [{name: GOMEMLIMIT, value: 1024MiB}]", []),
        ("env: [{name: GOMEMLIMIT, value: 2TiB}]", ["GOMEMLIMIT=2TiB"]),
        ("env: [{name: GOMEMLIMIT, value: 2000000000B}]", ["GOMEMLIMIT=2000000000B"]),
        ("env: [{name: GOMEMLIMIT, value: 2G}]", []),  # Go refuses it
        ("env: [{name: OTHER, value: 2GiB}]", []),
        ("env: [{name: GOMEMLIMIT, valueFrom: {configMapKeyRef: {name: a, key: b}}}]", []),
        ("env: {GOMEMLIMIT: 2GiB}", []),
    ],
)
def test_what_a_runtime_is_told(text: str, want: list[str]) -> None:
    assert told(text) == want


@pytest.mark.parametrize(
    "trap", ["-Xmx" * 10_000, "-Xmx1 " * 10_000, "9" * 60_000, "-XX:MaxRAMPercentage=1." * 3_000]
)
def test_traps_take_no_time(trap: str) -> None:
    objects = manifest.parse(POD.format(f"args: ['{trap}']"), "pod.yaml")
    start = time.process_time()
    judge([heap_above_limit], objects)
    assert time.process_time() - start < 2
