"""writable-root."""

from collections.abc import Iterator

from rules.finding import Family, Problem, Severity
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.workload import Container, Pod, templated

_KEYS = ("securityContext", "readOnlyRootFilesystem")

BAD_ABSENT = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
>         - name: web
            image: nginx:1.27.3
"""
BAD_FALSE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: web}
  spec:
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext:
>         readOnlyRootFilesystem: false
"""
BAD_POD_LEVEL = """
  apiVersion: v1
  kind: Pod
  metadata: {name: pod-level-has-no-such-field}
  spec:
    securityContext:
      readOnlyRootFilesystem: true
    containers:
>     - name: web
        image: nginx:1.27.3
"""
GOOD_MENDED = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
            image: nginx:1.27.3
            securityContext: {readOnlyRootFilesystem: true}
"""
GOOD = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        initContainers:
          - {name: wait, image: "busybox:1.36", securityContext: {readOnlyRootFilesystem: true}}
        containers:
          - name: web
            image: nginx:1.27.3
            securityContext:
              readOnlyRootFilesystem: true
"""
GOOD_YES = """
  apiVersion: v1
  kind: Pod
  metadata: {name: yes-is-true}
  spec:
    containers:
      - {name: web, image: "nginx:1.27.3", securityContext: {readOnlyRootFilesystem: yes}}
"""
GOOD_SHARED = """
  apiVersion: v1
  kind: Pod
  metadata: {name: one-context-for-all}
  spec:
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext: &strict {readOnlyRootFilesystem: true}
      - {name: log, image: "fluent-bit:3.2", securityContext: {<<: *strict, runAsUser: 101}}
"""
GOOD_WINDOWS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: windows-must-write-to-its-root}
  spec:
    os: {name: windows}
    containers:
      - {name: iis, image: "mcr.microsoft.com/windows/servercore/iis:ltsc2022"}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext: {readOnlyRootFilesystem: "${READ_ONLY}"}
"""
GOOD_CONFIG = """
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: no-pod}
  data: {containers: "none"}
"""


@rule(
    Severity.WARNING,
    family=Family.SECURITY_CONTEXT,
    bad=[BAD_ABSENT, BAD_FALSE, BAD_POD_LEVEL],
    good=[GOOD_MENDED, GOOD, GOOD_YES, GOOD_SHARED, GOOD_WINDOWS, GOOD_LATER, GOOD_CONFIG],
)
def writable_root(manifest: Manifest) -> Iterator[Problem]:
    """A container may write to its root filesystem.

    Whoever breaks in can replace its programs and leave tools behind, and what the program itself
    writes there fills the node's disk (Evicted) and is gone with the next restart.

    Only the container's own `securityContext` has this field: on the pod it does nothing, and
    the API server says no more than a warning. Windows must write to its root.

    Fix: set `securityContext.readOnlyRootFilesystem: true` on each container and mount an
    `emptyDir` where it has to write, mostly at `/tmp`. Try it before: a program that writes
    anywhere else stops, which is why no change is offered.
    """
    pod = manifest.pod
    if pod is None or pod.windows:
        return
    for container in pod.containers:
        if container.node.value(*_KEYS) is not True and not templated(container.node, *_KEYS):
            yield _problem(pod, container)


def _problem(pod: Pod, container: Container) -> Problem:
    misplaced = pod.node.value(*_KEYS) is True and container.node.value(*_KEYS) is None
    why = (
        "`readOnlyRootFilesystem` stands on the pod, where it does nothing"
        if misplaced
        else "its `readOnlyRootFilesystem` is not true"
    )
    return Problem(
        container.at(*_KEYS),
        f"{container.words} may write to its root filesystem, since {why}: a break-in there can "
        "replace its programs.",
        detail=f"{container.key} readOnlyRootFilesystem",
        container=container.name,
        fix="Set `securityContext.readOnlyRootFilesystem: true` on the container, with an "
        "`emptyDir` mounted where it has to write.",
    )
