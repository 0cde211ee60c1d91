"""missing-fs-group."""

from collections.abc import Iterator

from rules.finding import Family, Location, Problem, Severity, Symptom, named
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.volumes import Mount, mounts
from rules.subjects.workload import LONGEST_NAME, Pod, templated, user_of
from rules.subjects.yaml import Map

_KEYS = ("securityContext", "fsGroup")
# Volumes whose files the kubelet gives to the group, and that belong to root when they are new.
_OWNED_BY_ROOT = (
    "persistentVolumeClaim", "ephemeral", "csi", "awsElasticBlockStore", "gcePersistentDisk",
    "azureDisk", "cinder", "iscsi", "fc", "rbd", "vsphereVolume", "portworxVolume", "scaleIO",
    "storageos", "flexVolume",
)  # fmt: skip
_FILES = ("secret", "configMap")  # of projected ones the kubelet opens some itself
_OTHERS_READ = 0o044  # group too: without a group of its own a user is mostly in root's

BAD_CLAIM = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        securityContext: {runAsUser: 10001}
        containers:
          - name: web
            image: ghcr.io/shop/web:1.4.0
            volumeMounts: [{name: data, mountPath: /var/lib/web}]
        volumes:
          - name: data
>           persistentVolumeClaim: {claimName: web}
"""
BAD_TEMPLATE = """
  apiVersion: apps/v1
  kind: StatefulSet
  metadata: {name: the-claim-template-counts}
  spec:
    template:
      spec:
        containers:
          - name: db
            image: ghcr.io/shop/db:1.4.0
            volumeMounts: [{name: data, mountPath: /var/lib/db}]
    volumeClaimTemplates:
      - metadata:
>         name: data
"""
BAD_MODE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: only-root-may-read-the-key}
  spec:
    securityContext: {runAsNonRoot: true, runAsUser: 10001}
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        volumeMounts: [{name: tls, mountPath: /tls, readOnly: true}]
    volumes:
>     - {name: tls, secret: {secretName: web-tls, defaultMode: 0400}}
"""
GOOD_MENDED = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        securityContext: {runAsUser: 10001, fsGroup: 10001}
        containers:
          - name: web
            image: ghcr.io/shop/web:1.4.0
            volumeMounts: [{name: data, mountPath: /var/lib/web}]
        volumes:
          - name: data
            persistentVolumeClaim: {claimName: web}
"""
GOOD = """
  apiVersion: apps/v1
  kind: StatefulSet
  metadata: {name: db}
  spec:
    template:
      spec:
        securityContext: {runAsUser: 10001, fsGroup: 10001}
        containers:
          - name: db
            image: ghcr.io/shop/db:1.4.0
            volumeMounts: [{name: data, mountPath: /var/lib/db}]
    volumeClaimTemplates:
      - metadata: {name: data}
"""
GOOD_OTHERS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: it-does-not-apply-to-these}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        volumeMounts:
          - {name: share, mountPath: /share}
          - {name: scratch, mountPath: /tmp}
          - {name: settings, mountPath: /etc/web}
          - {name: node, mountPath: /node}
    volumes:
      - {name: share, nfs: {server: files.shop.internal, path: /}}
      - {name: scratch, emptyDir: {}}
      - {name: settings, configMap: {name: web}}
      - {name: node, hostPath: {path: /var/log}}
"""
GOOD_READ_ONLY = """
  apiVersion: v1
  kind: Pod
  metadata: {name: nothing-is-written-there}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        volumeMounts:
          - {name: data, mountPath: /data, readOnly: true}
          - {name: keys, mountPath: /keys}
    volumes:
      - {name: data, persistentVolumeClaim: {claimName: web}}
      - {name: keys, csi: {driver: secrets-store.csi.k8s.io, readOnly: true}}
"""
GOOD_UNUSED = """
  apiVersion: v1
  kind: Pod
  metadata: {name: nobody-mounts-it}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
    volumes:
      - {name: data, persistentVolumeClaim: {claimName: web}}
"""
GOOD_ROOT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: root-needs-no-group}
  spec:
    securityContext: {runAsUser: 0}
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        volumeMounts: [{name: data, mountPath: /data}]
    volumes:
      - {name: data, persistentVolumeClaim: {claimName: web}}
"""
GOOD_WINDOWS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: windows-has-no-groups-of-files}
  spec:
    os: {name: windows}
    containers:
      - name: iis
        image: mcr.microsoft.com/windows/servercore/iis:ltsc2022
        volumeMounts: [{name: data, mountPath: "C:/data"}]
    volumes:
      - {name: data, persistentVolumeClaim: {claimName: iis}}
"""


@rule(
    Severity.WARNING,
    family=Family.SECURITY_CONTEXT,
    bad=[BAD_CLAIM, BAD_TEMPLATE, BAD_MODE],
    good=[GOOD_MENDED, GOOD, GOOD_OTHERS, GOOD_READ_ONLY, GOOD_UNUSED, GOOD_ROOT, GOOD_WINDOWS],
)
def missing_fs_group(manifest: Manifest) -> Iterator[Problem]:
    """A container that is not root may not be able to use its volume.

    A new disk belongs to root. Without `fsGroup` nothing gives it to the user that the container
    runs as: it stops with "permission denied" at its first write, in the cluster only, since a
    laptop's volumes are open to all. The same holds for a Secret whose `defaultMode` lets only
    its owner read it.

    `fsGroup` does nothing for `nfs` and `hostPath`, an `emptyDir` is open to all without it, and
    what is only read needs none. Windows knows no such groups.

    Fix: set `securityContext.fsGroup` on the pod to the number of the group that the image's user
    is in, mostly the same as `runAsUser`.
    """
    pod = manifest.pod
    if pod is None or pod.windows or pod.node.value(*_KEYS) is not None:
        return
    if templated(pod.node, *_KEYS):
        return
    claims = _claim_templates(manifest)
    needed = (_needs(pod, each, claims) for each in mounts(pod))
    problem = next((each for each in needed if each is not None), None)
    if problem is not None:
        yield problem


def _claim_templates(manifest: Manifest) -> dict[str, Map]:
    found = manifest.root.maps("spec", "volumeClaimTemplates")
    return {each.text("metadata", "name"): each for each in found}


def _needs(pod: Pod, mount: Mount, claims: dict[str, Map]) -> Problem | None:
    """What fails in this container without the group, if anything does."""
    user, _place = user_of(pod, mount.container)
    name = mount.node.text("name")
    volume = mount.volume
    if user == 0:
        return None
    if volume is None:
        claim = claims.get(name)
        line = claim.line_of("metadata", "name") if claim and mount.writable else None
        return None if line is None else _unwritable(pod, mount, line)
    kind = next((each for each in volume.entries if each in (*_OWNED_BY_ROOT, *_FILES)), "")
    line = volume.line_of(kind)
    if kind in _OWNED_BY_ROOT and mount.writable:
        return _unwritable(pod, mount, line)
    mode = volume.value(kind, "defaultMode")
    closed = isinstance(mode, int) and not mode & _OTHERS_READ
    return _unreadable(pod, mount, line) if kind and closed and _is_user(pod, mount) else None


def _is_user(pod: Pod, mount: Mount) -> bool:
    """Whether the container certainly is not root."""
    user, _place = user_of(pod, mount.container)
    says, _place = pod.inherited(mount.container, "runAsNonRoot")
    return says is True or bool(user)


def _unwritable(pod: Pod, mount: Mount, line: int) -> Problem:
    name = named(mount.node.text("name")[:LONGEST_NAME])
    return _problem(
        pod,
        line,
        f"A new volume {name} belongs to root, and the pod sets no `fsGroup`: unless it is root, "
        f"{_of(mount)} cannot write to it.",
    )


def _unreadable(pod: Pod, mount: Mount, line: int) -> Problem:
    name = named(mount.node.text("name")[:LONGEST_NAME])
    return _problem(
        pod,
        line,
        f"The files of volume {name} may be read by root alone (`defaultMode`), and the pod sets "
        f"no `fsGroup`: {_of(mount)} is not root and cannot read them.",
    )


def _of(mount: Mount) -> str:
    words = mount.container.words
    return words[:1].lower() + words[1:]


def _problem(pod: Pod, line: int, message: str) -> Problem:
    return Problem(
        Location(pod.path, line, block=pod.block),
        message,
        detail="pod fsGroup",
        fix="Set `securityContext.fsGroup` on the pod to the group of the image's user.",
        symptom=Symptom.CRASH_LOOP,
    )
