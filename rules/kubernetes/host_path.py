"""host-path."""

from collections.abc import Iterator

from rules.finding import Blocks, Family, Location, Problem, Severity, named
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.volumes import mounts
from rules.subjects.workload import LONGEST_NAME, Container, Pod, is_later, templated
from rules.subjects.yaml import Map, Scalar

_SOCKETS = ("docker.sock", "containerd.sock", "crio.sock", "podman.sock", "cri-dockerd.sock")
# What the node runs by, whole or in part: who writes there runs programs as its root.
_RUN_BY = ("/etc", "/usr", "/lib", "/lib64", "/bin", "/sbin", "/boot", "/root", "/opt/cni", "/proc",
           "/sys", "/var/lib/kubelet", "/var/lib/docker", "/var/lib/containerd")  # fmt: skip
# Folders that hold the keys of the node or of other pods, or one of those below them.
_KEPT_IN = frozenset((
    *("", "/etc", "/root", "/home", "/proc", "/dev", "/var", "/var/lib", "/run", "/var/run"),
    *("/etc/kubernetes", "/var/lib/kubelet", "/var/lib/docker", "/var/lib/etcd"),
))  # fmt: skip

BAD_SOCKET = """
  apiVersion: v1
  kind: Pod
  metadata: {name: build}
  spec:
    containers:
      - name: build
        image: docker:27.3.1-cli
        volumeMounts: [{name: docker, mountPath: /var/run/docker.sock}]
    volumes:
      - name: docker
        hostPath:
>         path: /var/run/docker.sock
"""
BAD_LOGS = """
  apiVersion: apps/v1
  kind: DaemonSet
  metadata: {name: not-only-the-socket-of-docker}
  spec:
    template:
      spec:
        containers:
          - name: log
            image: fluent-bit:3.2
            volumeMounts: [{name: logs, mountPath: /var/log, readOnly: true}]
        volumes:
          - {name: config, configMap: {name: log}}
>         - {name: logs, hostPath: {path: /var/log, type: Directory}}
"""
GOOD_MENDED = """
  apiVersion: v1
  kind: Pod
  metadata: {name: build}
  spec:
    containers:
      - name: build
        image: gcr.io/kaniko-project/executor:v1.23.2
        volumeMounts: [{name: cache, mountPath: /cache}]
    volumes:
      - name: cache
        emptyDir: {sizeLimit: 5Gi}
"""
GOOD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: volumes-of-its-own}
  spec:
    containers:
      - name: web
        image: nginx:1.27.3
        volumeMounts: [{name: data, mountPath: /var/run/docker.sock}]
    volumes:
      - {name: data, persistentVolumeClaim: {claimName: web}}
      - {name: cache, emptyDir: {}}
"""
GOOD_NULL = """
  apiVersion: v1
  kind: Pod
  metadata: {name: null-is-none}
  spec:
    containers:
      - {name: web, image: "nginx:1.27.3"}
    volumes:
      - {name: data, hostPath: null, emptyDir: {}}
"""
GOOD_POLICY = """
  apiVersion: policy/v1beta1
  kind: PodSecurityPolicy
  metadata: {name: a-policy-is-no-pod}
  spec: {volumes: [hostPath], allowedHostPaths: [{pathPrefix: /var/log}]}
"""
GOOD_PROBE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: other-paths-and-hosts}
  spec:
    containers:
      - name: web
        image: nginx:1.27.3
        env: [{name: hostPath, value: /var/run/docker.sock}]
        livenessProbe: {httpGet: {path: /etc, host: localhost, port: 8080}}
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.NEW,
    family=Family.SECURITY_CONTEXT,
    bad=[BAD_SOCKET, BAD_LOGS],
    good=[GOOD_MENDED, GOOD, GOOD_NULL, GOOD_POLICY, GOOD_PROBE],
)
def host_path(manifest: Manifest) -> Iterator[Problem]:
    """A pod mounts a folder of its node.

    Through it a break-in reaches out of the container: with the runtime's socket, `/etc` or the
    kubelet's folder it owns the node and every pod there, and whatever may be written is a way
    to run programs as root. The data stay behind when the pod moves to another node.

    Node agents (logs, metrics, networks, storage) need it; then it is their very task, said with
    an allow and its reason, and mounted `readOnly`. A volume that no container mounts counts too:
    Pod Security refuses the pod for it all the same.

    Fix: use a PersistentVolumeClaim for data, an `emptyDir` for scratch, a ConfigMap for
    configuration, or what the node offers as an API.
    """
    pod = manifest.pod
    if pod is None:
        return
    sources = [each for each in pod.node.maps("volumes") if _is_of_the_node(each)]
    if not sources:
        return
    seen = [(id(each.volume), each.writable) for each in mounts(pod)]
    mounted, written = {one for one, _may in seen}, {one for one, may in seen if may}
    open_ended = any(map(_mounts_later, pod.containers))
    for volume in sources:
        if id(volume) in mounted or open_ended:
            unsure = id(volume) not in mounted
            yield _mounted(pod, volume, writes=unsure or id(volume) in written)
        else:
            yield _idle(pod, volume)


def _mounts_later(container: Container) -> bool:
    """Whether what it mounts is not all to be read here."""
    node = container.node
    written_later = (
        is_later(node.get("volumeMounts")),
        *map(is_later, node.scalars("volumeMounts")),
    )
    return any(written_later) or any(templated(each, "name") for each in node.maps("volumeMounts"))


def _is_of_the_node(volume: Map) -> bool:
    source = volume.get("hostPath")
    return isinstance(source, Map) or (isinstance(source, Scalar) and source.value is not None)


def _mounted(pod: Pod, volume: Map, *, writes: bool) -> Problem:
    path = volume.text("hostPath", "path")
    return _problem(
        pod,
        volume,
        f"The pod mounts {_folder(path)} of its node: {_may(path[:LONGEST_NAME], writes=writes)}.",
        "Use a PersistentVolumeClaim, an `emptyDir`, or a ConfigMap instead.",
    )


def _idle(pod: Pod, volume: Map) -> Problem:
    return _problem(
        pod,
        volume,
        f"The pod takes {_folder(volume.text('hostPath', 'path'))} of its node along as a volume, "
        "though no container mounts it: Pod Security `baseline` refuses the pod for it, and the "
        "next container may mount it unseen.",
        "Remove the volume.",
    )


def _folder(path: str) -> str:
    return named(path[:LONGEST_NAME]) if path else "a folder"


def _problem(pod: Pod, volume: Map, message: str, fix: str) -> Problem:
    return Problem(
        Location(pod.path, volume.line_of("hostPath", "path"), block=pod.block),
        message,
        detail=f"hostPath {volume.text('hostPath', 'path')[:LONGEST_NAME]}",
        fix=fix,
    )


def _may(path: str, *, writes: bool) -> str:
    """What a break-in may do with it."""
    bare = path.rstrip("/")
    if bare.endswith(_SOCKETS):
        return "whoever speaks to the runtime there owns the node and every pod on it"
    vital = bare in _KEPT_IN or f"{bare}/".startswith(tuple(f"{each}/" for each in _RUN_BY))
    if writes and vital:
        return "a break-in changes what the node itself runs by, and owns it with every pod there"
    if bare in _KEPT_IN:
        return "a break-in reads the keys of the node and of other pods"
    return f"a break-in {'reads and changes' if writes else 'reads'} files of the node"
