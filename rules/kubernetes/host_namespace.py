"""host-namespace."""

from collections.abc import Iterator

from rules.finding import Blocks, Family, Problem, Severity, named
from rules.rule import rule
from rules.subjects.manifest import Manifest

_MAY = {
    "hostNetwork": "a break-in there reaches whatever listens on the node for itself alone, hears "
    "its traffic, and no NetworkPolicy holds it",
    "hostPID": "a break-in there sees every process of the node with its arguments, and as root "
    "its memory and files",
    "hostIPC": "a break-in there reads and changes what processes of the node share in memory",
}
_COVERED = {"hostNetwork": "host-port"}

BAD_NETWORK = """
  apiVersion: apps/v1
  kind: DaemonSet
  metadata: {name: proxy}
  spec:
    template:
      spec:
>       hostNetwork: true
        containers:
          - {name: proxy, image: "envoyproxy/envoy:v1.32.1"}
"""
BAD_PID = """
  apiVersion: v1
  kind: Pod
  metadata: {name: look}
  spec:
    containers:
      - {name: look, image: "busybox:1.36"}
>   hostPID: yes
"""
BAD_IPC = """
  apiVersion: batch/v1
  kind: CronJob
  metadata: {name: report}
  spec:
    jobTemplate:
      spec:
        template:
          spec:
>           hostIPC: true
            containers:
              - {name: report, image: "report:1.4.0"}
"""
GOOD_MENDED = """
  apiVersion: apps/v1
  kind: DaemonSet
  metadata: {name: proxy}
  spec:
    template:
      spec:
        containers:
          - {name: proxy, image: "envoyproxy/envoy:v1.32.1"}
"""
GOOD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: false-is-the-default}
  spec:
    hostNetwork: false
    hostPID: no
    hostIPC: null
    containers:
      - {name: web, image: "nginx:1.27.3"}
"""
GOOD_ABSENT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: web}
  spec:
    shareProcessNamespace: true
    dnsPolicy: ClusterFirstWithHostNet
    containers:
      - {name: web, image: "nginx:1.27.3"}
"""
GOOD_CONTAINER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: a-container-has-no-such-field}
  spec:
    containers:
      - {name: web, image: "nginx:1.27.3", hostNetwork: true}
"""
GOOD_POLICY = """
  apiVersion: policy/v1beta1
  kind: PodSecurityPolicy
  metadata: {name: a-policy-is-no-pod}
  spec: {hostNetwork: true, hostPID: true, hostIPC: true}
"""
GOOD_HOST_ALIASES = """
  apiVersion: v1
  kind: Pod
  metadata: {name: other-fields-of-the-host}
  spec:
    hostname: web
    hostUsers: true
    hostAliases: [{ip: 127.0.0.1, hostnames: [web.local]}]
    containers:
      - {name: web, image: "nginx:1.27.3"}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    hostNetwork: ${HOST_NETWORK}
    containers:
      - {name: web, image: "nginx:1.27.3"}
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.NEW,
    family=Family.SECURITY_CONTEXT,
    bad=[BAD_NETWORK, BAD_PID, BAD_IPC],
    good=[
        GOOD_MENDED,
        GOOD,
        GOOD_ABSENT,
        GOOD_CONTAINER,
        GOOD_POLICY,
        GOOD_HOST_ALIASES,
        GOOD_LATER,
    ],
)
def host_namespace(manifest: Manifest) -> Iterator[Problem]:
    """A pod shares the node's network, processes or memory.

    With `hostNetwork` it speaks with the node's address: it reaches services that listen on the
    node for itself alone and the cloud's metadata, no NetworkPolicy holds it, and its ports are
    the node's. With `hostPID` it sees every process, with `hostIPC` what they share in memory.

    Node agents need one of these at times; then it is their very task, said with an allow and its
    reason.

    Fix: remove the field. A Service makes a port reachable, `shareProcessNamespace` shows the
    containers of one pod to each other.
    """
    pod = manifest.pod
    if pod is None:
        return
    for key, may in _MAY.items():
        if pod.node.value(key) is True:
            covered = _COVERED.get(key)
            yield Problem(
                pod.at(key),
                f"The pod sets {named(key)}: {may}.",
                detail=key,
                fix=f"Remove `{key}: true`.",
                covers=((covered, manifest.path),) if covered else (),
            )
