"""kept-capabilities."""

from collections.abc import Iterator

from rules.finding import Blocks, Family, Problem, Severity
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.workload import Container, is_later, templated

_KEYS = ("securityContext", "capabilities", "drop")

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
BAD_SOME = """
  apiVersion: v1
  kind: Pod
  metadata: {name: dropping-two-keeps-twelve}
  spec:
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext:
          capabilities:
>           drop: [NET_RAW, MKNOD]
"""
BAD_SPELLING = """
  apiVersion: v1
  kind: Pod
  metadata: {name: pod-security-takes-capitals-only}
  spec:
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext:
          capabilities:
>           drop:
              - all
"""
BAD_POD_LEVEL = """
  apiVersion: v1
  kind: Pod
  metadata: {name: pod-level-has-no-such-field}
  spec:
    securityContext:
      capabilities: {drop: [ALL]}
    initContainers:
>     - {name: wait, image: "busybox:1.36"}
    containers:
      - {name: web, image: "nginx:1.27.3", securityContext: {capabilities: {drop: [ALL]}}}
"""
GOOD = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
            image: nginx:1.27.3
            securityContext:
              capabilities:
                drop: [ALL]
"""
GOOD_ONE_BACK = """
  apiVersion: v1
  kind: Pod
  metadata: {name: all-dropped-and-one-given-back}
  spec:
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext:
          capabilities:
            add: [NET_BIND_SERVICE]
            drop: ["ALL"]
"""
GOOD_AMONG_OTHERS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-list-may-hold-more}
  spec:
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext: {capabilities: {drop: [NET_RAW, ALL]}}
"""
GOOD_SHARED = """
  apiVersion: v1
  kind: Pod
  metadata: {name: one-context-for-all}
  spec:
    initContainers:
      - {name: wait, image: "busybox:1.36", securityContext: &strict {capabilities: {drop: [ALL]}}}
    containers:
      - {name: web, image: "nginx:1.27.3", securityContext: *strict}
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
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    containers:
      - {name: web, image: "nginx:1.27.3", securityContext: {capabilities: {drop: ["${DROP}"]}}}
      - {name: log, image: "fluent-bit:3.2", securityContext: "{{ context }}"}
"""
GOOD_CLAIM = """
  apiVersion: v1
  kind: PersistentVolumeClaim
  metadata: {name: no-pod}
  spec: {accessModes: [ReadWriteOnce]}
"""
GOOD_NOTHING = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: without-containers}
  spec: {template: {spec: {containers: []}}}
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.ADDED,
    family=Family.SECURITY_CONTEXT,
    bad=[BAD_ABSENT, BAD_SOME, BAD_SPELLING, BAD_POD_LEVEL],
    good=[
        GOOD,
        GOOD_ONE_BACK,
        GOOD_AMONG_OTHERS,
        GOOD_SHARED,
        GOOD_WINDOWS,
        GOOD_LATER,
        GOOD_CLAIM,
        GOOD_NOTHING,
    ],
)
def kept_capabilities(manifest: Manifest) -> Iterator[Problem]:
    """A container keeps Linux capabilities that it was given by default.

    The runtime gives every container about fourteen of them. With those a break-in that becomes
    root in the container reads and changes every file it sees, forges packets in the pod's
    network (NET_RAW) and makes device nodes (MKNOD); hardly any program needs one.

    Dropping single ones leaves the rest and whatever a newer runtime adds. A namespace that
    enforces Pod Security `restricted` refuses the pod unless the list holds `ALL`, in capitals;
    the pod's own `securityContext` has no such field, and Windows no capabilities.

    Fix: set `securityContext.capabilities.drop: [ALL]` on each container, init containers
    included, and add back `NET_BIND_SERVICE` where a port below 1024 needs it. Try it before:
    programs that start as root and change their user need more than that, which is why no change
    is offered.
    """
    if manifest.pod is None or manifest.pod.windows:
        return
    for container in manifest.containers:
        if not _drops_all(container):
            yield _problem(container)


def _drops_all(container: Container) -> bool:
    """Whether it does, or may once what is filled in later is known."""
    dropped = container.node.scalars(*_KEYS)
    later = templated(container.node, *_KEYS) or any(map(is_later, dropped))
    return later or any(each.value == "ALL" for each in dropped)


def _problem(container: Container) -> Problem:
    alike = any(each.text.upper() == "ALL" for each in container.node.scalars(*_KEYS))
    why = (
        "drops ALL in small letters, which Pod Security `restricted` refuses"
        if alike
        else "keeps capabilities that it was given by default, since its `capabilities.drop` lacks "
        "ALL: a break-in that becomes root there may read every file and forge packets"
    )
    return Problem(
        container.at(*_KEYS),
        f"{container.words} {why}.",
        detail=f"{container.key} drop",
        container=container.name,
        fix="Set `securityContext.capabilities.drop: [ALL]` on the container.",
    )
