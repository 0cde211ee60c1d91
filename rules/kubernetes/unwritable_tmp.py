"""unwritable-tmp."""

import re
from collections.abc import Iterable, Iterator

from rules.finding import Family, Problem, Severity, Symptom
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.volumes import Mount, mounts
from rules.subjects.workload import Container, is_later, templated
from rules.subjects.yaml import Map

_KEYS = ("securityContext", "readOnlyRootFilesystem")
_TMP = "/tmp"  # noqa: S108 - a path that is looked for, never used
_NAMES = ("TMPDIR", "TMP", "TEMP")
_JAVA = re.compile(r"-Djava\.io\.tmpdir=")

BAD = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
            image: ghcr.io/shop/web:1.4.0
            securityContext:
>             readOnlyRootFilesystem: true
"""
BAD_READ_ONLY = """
  apiVersion: v1
  kind: Pod
  metadata: {name: what-is-mounted-there-cannot-be-written}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
>       securityContext: {readOnlyRootFilesystem: true}
        volumeMounts: [{name: settings, mountPath: /tmp}]
    volumes:
      - {name: settings, configMap: {name: web}}
"""
BAD_BELOW = """
  apiVersion: v1
  kind: Pod
  metadata: {name: a-folder-below-is-not-enough}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
>       securityContext: {readOnlyRootFilesystem: true}
        volumeMounts: [{name: cache, mountPath: /tmp/cache}, {name: data, mountPath: /tmpfiles}]
    volumes:
      - {name: cache, emptyDir: {}}
      - {name: data, emptyDir: {}}
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
            image: ghcr.io/shop/web:1.4.0
            securityContext:
              readOnlyRootFilesystem: true
            volumeMounts:
              - {name: tmp, mountPath: /tmp/}
        volumes:
          - {name: tmp, emptyDir: {}}
"""
GOOD_WRITABLE_ROOT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-root-may-be-written}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
      - name: log
        image: fluent-bit:3.2
        securityContext: {readOnlyRootFilesystem: false}
"""
GOOD_CLAIM_TEMPLATE = """
  apiVersion: apps/v1
  kind: StatefulSet
  metadata: {name: the-claim-template-brings-it}
  spec:
    template:
      spec:
        containers:
          - name: db
            image: ghcr.io/shop/db:1.4.0
            securityContext: {readOnlyRootFilesystem: true}
            volumeMounts: [{name: tmp, mountPath: /tmp}]
    volumeClaimTemplates:
      - metadata: {name: tmp}
"""
GOOD_VARIABLE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: it-is-told-to-write-elsewhere}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        securityContext: {readOnlyRootFilesystem: true}
        env: [{name: TMPDIR, value: /cache/tmp}]
        volumeMounts: [{name: cache, mountPath: /cache}]
    volumes:
      - {name: cache, emptyDir: {}}
"""
GOOD_JAVA = """
  apiVersion: v1
  kind: Pod
  metadata: {name: java-is-told-otherwise}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        securityContext: {readOnlyRootFilesystem: true}
        args: ["-Djava.io.tmpdir=/work", "-jar", "/app/web.jar"]
        volumeMounts: [{name: work, mountPath: /work}]
    volumes:
      - {name: work, emptyDir: {}}
"""
GOOD_WINDOWS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: windows-has-another-place}
  spec:
    os: {name: windows}
    containers:
      - name: iis
        image: mcr.microsoft.com/windows/servercore/iis:ltsc2022
        securityContext: {readOnlyRootFilesystem: true}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        securityContext: {readOnlyRootFilesystem: true}
        volumeMounts: [{name: scratch, mountPath: "${SCRATCH}"}]
"""


@rule(
    Severity.WARNING,
    family=Family.SECURITY_CONTEXT,
    bad=[BAD, BAD_READ_ONLY, BAD_BELOW],
    good=[
        GOOD,
        GOOD_WRITABLE_ROOT,
        GOOD_CLAIM_TEMPLATE,
        GOOD_VARIABLE,
        GOOD_JAVA,
        GOOD_WINDOWS,
        GOOD_LATER,
    ],
)
def unwritable_tmp(manifest: Manifest) -> Iterator[Problem]:
    """A container cannot write temporary files.

    With a read-only root filesystem `/tmp` is read-only too unless a volume is mounted there.
    Uploads, sorts, compilers of templates and many start scripts write there without a word in
    any manifest: at best the program crashes at once, at worst at the first large request.

    ConfigMaps, Secrets and projected volumes are read-only wherever they are mounted. A program
    that is told by `TMPDIR` or `java.io.tmpdir` to write elsewhere needs no `/tmp`.

    Fix: mount an `emptyDir` at `/tmp`, with a `sizeLimit`.
    """
    pod = manifest.pod
    if pod is None or pod.windows:
        return
    own: dict[Container, list[Mount]] = {each: [] for each in pod.containers}
    for mount in mounts(pod):
        own[mount.container].append(mount)
    for container, seen in own.items():
        if container.node.value(*_KEYS) is True and not _may_write(container, seen):
            yield _problem(container)


def _may_write(container: Container, own: list[Mount]) -> bool:
    """Whether it has a place for temporary files, or may have one that only shows later."""
    writable = [each for each in own if each.writable]
    places = {_TMP, *_told(container)}
    if any(each.holds(path) for each in writable for path in places):
        return True
    return _is_open(container) or any(templated(each.node, "mountPath") for each in own)


def _told(container: Container) -> Iterable[str]:
    """The places, three at most, that its environment names for temporary files."""
    named = {each.text("name"): each.text("value") for each in container.node.maps("env")}
    return (named[each].rstrip("/") for each in _NAMES if each in named)


def _is_open(container: Container) -> bool:
    """Whether its mounts, or what it is told, are not all to be read here."""
    node = container.node
    said = [*node.scalars("args"), *node.scalars("command")]
    variables = node.maps("env")
    said_later = (each for each in variables if each.text("name") in _NAMES)
    return (
        is_later(node.get("volumeMounts"))
        or any(map(is_later, node.scalars("volumeMounts")))
        or any(_JAVA.search(each.text) for each in said)
        or any(_JAVA.search(each.text("value")) for each in variables)
        or any(_unknown(each) for each in said_later)
    )


def _unknown(variable: Map) -> bool:
    return variable.get("valueFrom") is not None or templated(variable, "value")


def _problem(container: Container) -> Problem:
    return Problem(
        container.at(*_KEYS),
        f"{container.words} cannot write to `/tmp`: its root filesystem is read-only and no "
        "writable volume is mounted there. A program that makes a temporary file fails.",
        detail=f"{container.key} tmp",
        container=container.name,
        fix="Mount an `emptyDir` at `/tmp`.",
        symptom=Symptom.CRASH_LOOP,
    )
