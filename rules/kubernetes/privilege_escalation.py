"""privilege-escalation."""

import re
from collections.abc import Iterator

from rules.finding import Blocks, Family, Problem, Severity
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.workload import Container, templated
from rules.subjects.yaml import List, Map, Scalar

_KEYS = ("securityContext", "allowPrivilegeEscalation")
_CAPABILITY = re.compile(r"(?!.*SYS_ADMIN)[A-Z_]+")

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
BAD_TRUE = """
  apiVersion: batch/v1
  kind: CronJob
  metadata: {name: report}
  spec:
    jobTemplate:
      spec:
        template:
          spec:
            containers:
              - name: report
                image: report:1.4.0
                securityContext:
                  runAsNonRoot: true
>                 allowPrivilegeEscalation: true
"""
BAD_POD_LEVEL = """
  apiVersion: v1
  kind: Pod
  metadata: {name: pod-level-has-no-such-field}
  spec:
    securityContext:
      allowPrivilegeEscalation: false
    containers:
      - name: web
        image: nginx:1.27.3
>       securityContext:
          runAsUser: 101
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
            securityContext: {allowPrivilegeEscalation: false}
"""
GOOD = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        initContainers:
          - {name: wait, image: "busybox:1.36", securityContext: {allowPrivilegeEscalation: false}}
        containers:
          - name: web
            image: nginx:1.27.3
            securityContext:
              allowPrivilegeEscalation: false
"""
GOOD_SHARED = """
  apiVersion: v1
  kind: Pod
  metadata: {name: web}
  spec:
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext: &strict
          allowPrivilegeEscalation: false
      - {name: log, image: "fluent-bit:3.2", securityContext: *strict}
"""
GOOD_NO = """
  {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [
    {"name": "web", "image": "nginx:1.27.3", "securityContext": {"allowPrivilegeEscalation": false}}
  ]}}
"""
GOOD_WINDOWS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: iis}
  spec:
    os: {name: windows}
    containers:
      - {name: iis, image: "mcr.microsoft.com/windows/servercore/iis:ltsc2022"}
"""
GOOD_SERVICE = """
  apiVersion: v1
  kind: Service
  metadata: {name: web}
  spec: {ports: [{port: 80}]}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext: {allowPrivilegeEscalation: "${ESCALATION}"}
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.ADDED,
    family=Family.SECURITY_CONTEXT,
    bad=[BAD_ABSENT, BAD_TRUE, BAD_POD_LEVEL],
    good=[GOOD_MENDED, GOOD, GOOD_SHARED, GOOD_NO, GOOD_WINDOWS, GOOD_SERVICE, GOOD_LATER],
)
def privilege_escalation(manifest: Manifest) -> Iterator[Problem]:
    """A process may gain more privileges than its container started with.

    Unless `allowPrivilegeEscalation` is false, a setuid program in the image (`su`, `mount`,
    `sudo`) turns a break-in as an ordinary user into root in the container. False is not the
    default, and the pod's own `securityContext` has no such field.

    A namespace that enforces Pod Security `restricted` refuses the pod. Windows has no such
    setting.

    Fix: set `securityContext.allowPrivilegeEscalation: false` on each container, init containers
    included. The API server refuses it beside `privileged: true`, which has to go first.
    """
    if manifest.pod is None or manifest.pod.windows:
        return
    for container in manifest.containers:
        value = container.node.value(*_KEYS)
        if value is not False and not templated(container.node, *_KEYS):
            yield _problem(manifest, container, said=value is True)


def _problem(manifest: Manifest, container: Container, *, said: bool) -> Problem:
    why = "is true" if said else "is not false"
    return Problem(
        container.at(*_KEYS),
        f"{container.words}: `allowPrivilegeEscalation` {why}, so a setuid program in the image "
        "can make a break-in root.",
        detail=f"{container.key} allowPrivilegeEscalation",
        container=container.name,
        fix=_fix(container),
        suggestion=manifest.setting(container.node, _KEYS, "false") if _may(container) else None,
    )


def _fix(container: Container) -> str:
    refused = _refused_beside(container)
    first = (
        f"Take {refused} away, which the API server refuses beside it, and set"
        if refused
        else "Set"
    )
    return f"{first} `securityContext.allowPrivilegeEscalation: false` on the container."


def _refused_beside(container: Container) -> str:
    """What stands in the container that the API server does not take beside false, in words."""
    if container.node.value("securityContext", "privileged") is True:
        return "`privileged: true`"
    added = container.node.scalars("securityContext", "capabilities", "add")
    return "`CAP_SYS_ADMIN`" if any(each.text == "CAP_SYS_ADMIN" for each in added) else ""


def _may(container: Container) -> bool:
    """Whether the API server takes false: not beside privileged: true or SYS_ADMIN."""
    security = container.node.get("securityContext")
    if not isinstance(security, Map):
        return True
    added = security.get("capabilities", "add")
    plain = isinstance(added, List) and all(
        isinstance(one, Scalar) and _CAPABILITY.fullmatch(one.text) for one in added.items
    )
    return (added is None or plain) and security.value("privileged") in (None, False)
