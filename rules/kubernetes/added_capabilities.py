"""added-capabilities."""

from collections.abc import Iterator

from rules.finding import Blocks, Family, Location, Problem, Severity, named
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.workload import LONGEST_NAME, Container, is_later
from rules.subjects.yaml import Scalar

_KEYS = ("securityContext", "capabilities", "add")
_HARMLESS = "NET_BIND_SERVICE"
_MAY = {
    "ALL": "do all that root on the node may do",
    "SYS_ADMIN": "mount filesystems and change namespaces, which is next to root on the node",
    "SYS_MODULE": "load modules into the node's kernel",
    "SYS_PTRACE": "read and change the memory of other processes",
    "SYS_RAWIO": "read and write the node's memory and devices",
    "SYS_BOOT": "restart the node",
    "SYS_TIME": "set the node's clock",
    "SYS_CHROOT": "change its root folder, a step in known escapes",
    "SYSLOG": "read the addresses of the node's kernel",
    "BPF": "load programs into the node's kernel",
    "PERFMON": "watch the node's kernel and all its processes",
    "NET_ADMIN": "rewrite addresses, routes and packet filters",
    "NET_RAW": "forge packets and answer for other pods",
    "DAC_READ_SEARCH": "read every file, on the node too by known escapes",
    "DAC_OVERRIDE": "read and change every file that it sees",
    "MKNOD": "make device nodes",
    "CHOWN": "take over every file that it sees",
    "FOWNER": "change the modes of every file that it sees",
    "SETUID": "become any user, root included",
    "SETGID": "join any group, root's included",
    "SETPCAP": "hand its capabilities on",
    "SETFCAP": "give capabilities to programs",
    "IPC_LOCK": "hold the node's memory without a limit",
    "KILL": "end processes of any user that it sees",
    "AUDIT_CONTROL": "turn the node's audit log off",
}
_ELSE = "do what Pod Security `restricted` keeps from containers"

BAD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: mounts}
  spec:
    containers:
      - name: fuse
        image: ghcr.io/shop/fuse:1.4.0
        securityContext:
          capabilities:
            drop: [ALL]
            add:
              - NET_BIND_SERVICE
>             - SYS_ADMIN
"""
BAD_INIT = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: mesh}
  spec:
    template:
      spec:
        initContainers:
          - name: redirect
            image: ghcr.io/shop/redirect:1.4.0
>           securityContext: {capabilities: {add: [NET_ADMIN, NET_RAW]}}
        containers:
          - {name: web, image: "nginx:1.27.3"}
"""
BAD_PREFIX = """
  apiVersion: v1
  kind: Pod
  metadata: {name: kubernetes-names-have-no-prefix}
  spec:
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext:
          capabilities:
>           add: [CAP_NET_BIND_SERVICE]
"""
GOOD_MENDED = """
  apiVersion: v1
  kind: Pod
  metadata: {name: mounts}
  spec:
    containers:
      - name: fuse
        image: ghcr.io/shop/fuse:1.4.0
        securityContext:
          capabilities:
            drop: [ALL]
            add:
              - NET_BIND_SERVICE
"""
GOOD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: web}
  spec:
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext:
          capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}
"""
GOOD_DROPPED = """
  apiVersion: v1
  kind: Pod
  metadata: {name: dropping-is-not-adding}
  spec:
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext: {capabilities: {drop: [SYS_ADMIN, NET_ADMIN]}}
"""
GOOD_POD_LEVEL = """
  apiVersion: v1
  kind: Pod
  metadata: {name: pod-level-has-no-such-field}
  spec:
    securityContext: {capabilities: {add: [SYS_ADMIN]}}
    containers:
      - {name: web, image: "nginx:1.27.3"}
"""
GOOD_NULL = """
  apiVersion: v1
  kind: Pod
  metadata: {name: nothing-added}
  spec:
    containers:
      - {name: web, image: "nginx:1.27.3", securityContext: {capabilities: {add: null}}}
      - {name: log, image: "fluent-bit:3.2", securityContext: {capabilities: {add: []}}}
"""
GOOD_WINDOWS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: windows-has-no-capabilities}
  spec:
    os: {name: windows}
    containers:
      - name: iis
        image: mcr.microsoft.com/windows/servercore/iis:ltsc2022
        securityContext: {capabilities: {add: [SYS_TIME]}}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    containers:
      - {name: web, image: "nginx:1.27.3", securityContext: {capabilities: {add: ["${ADD}"]}}}
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.NEW,
    family=Family.SECURITY_CONTEXT,
    bad=[BAD, BAD_INIT, BAD_PREFIX],
    good=[GOOD_MENDED, GOOD, GOOD_DROPPED, GOOD_POD_LEVEL, GOOD_NULL, GOOD_WINDOWS, GOOD_LATER],
)
def added_capabilities(manifest: Manifest) -> Iterator[Problem]:
    """A container gets Linux capabilities that others do not have.

    Each is a part of root's power, and several are a way out of the container: with `SYS_ADMIN`,
    `SYS_MODULE`, `SYS_PTRACE` or `DAC_READ_SEARCH` whoever breaks into the container owns the
    node. With `NET_ADMIN` or `NET_RAW` they listen to and answer for their neighbours.

    Only `NET_BIND_SERVICE` is harmless, written like this: Kubernetes' names have no `CAP_` in
    front. Windows has no capabilities.

    Fix: take the capability away and look for what the program needs instead: a port above 1024,
    a sysctl of the pod, a CSI driver that mounts. What is left belongs into a pod of its own.
    """
    if manifest.pod is None or manifest.pod.windows:
        return
    for container in manifest.containers:
        added = {each.text: each for each in container.node.scalars(*_KEYS)}
        for name, place in added.items():
            if name != _HARMLESS and place.value is not None and not is_later(place):
                yield _problem(container, name[:LONGEST_NAME], place)


def _problem(container: Container, name: str, place: Scalar) -> Problem:
    node = container.node
    bare = name.upper().removeprefix("CAP_")
    if bare == _HARMLESS:
        why = f"write it {named(_HARMLESS)}, as Pod Security takes no other spelling"
    else:
        why = f"a break-in there may {_MAY.get(bare, _ELSE)}"
    return Problem(
        Location(container.path, place.line, block=(node.line, node.last)),
        f"{container.words} adds the capability {named(name)}: {why}.",
        detail=f"{container.key} add {name}",
        container=container.name,
        fix=f"Remove {named(name)} from `capabilities.add`.",
    )
