"""unprovable-user."""

from collections.abc import Iterator

from rules.bases import is_numbered
from rules.finding import Blocks, Problem, Severity, Symptom, named
from rules.release import Release
from rules.rule import rule
from rules.subjects.dockerfile import Dockerfile, UserKind
from rules.subjects.image import parse
from rules.subjects.manifest import Manifest
from rules.subjects.workload import Container, Pod, user_of

_SHOWN = 5  # images named in one message

BAD_NAME = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        securityContext:
>         runAsNonRoot: true
        containers:
          - {name: web, image: "ghcr.io/shop/web:1.4.0"}
  ==> services/web/Dockerfile <==
  FROM python:3.12.3-slim
  USER app
"""
BAD_UNKNOWN = """
  apiVersion: v1
  kind: Pod
  metadata: {name: an-image-from-elsewhere}
  spec:
    containers:
      - name: agent
>       image: vendor.example/agent:7.1
        securityContext: {runAsNonRoot: true}
"""
BAD_ROOT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: migrate}
  spec:
    securityContext: {runAsUser: null}
    initContainers:
      - name: migrate
        image: registry:5000/migrate:2.0
        securityContext:
>         runAsNonRoot: true
    containers:
      - {name: pause, image: "registry.k8s.io/pause:3.10"}
  ==> migrate/Dockerfile <==
  FROM alpine:3.20
  USER root
"""
GOOD_MENDED = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        securityContext:
          runAsNonRoot: true
        containers:
          - {name: web, image: "ghcr.io/shop/web:1.4.0"}
  ==> services/web/Dockerfile <==
  FROM python:3.12.3-slim
  USER 10001:10001
"""
GOOD_NUMBER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: web}
  spec:
    securityContext: {runAsNonRoot: true}
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
  ==> web/Dockerfile <==
  FROM python:3.12.3-slim
  USER 10001:10001
"""
GOOD_SET = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-manifest-gives-the-number}
  spec:
    securityContext: {runAsNonRoot: true, runAsUser: 10001}
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
  ==> web/Dockerfile <==
  FROM python:3.12.3-slim
  USER app
"""
GOOD_COMPOSE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: compose-says-who-builds-it}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        securityContext: {runAsNonRoot: true}
  ==> compose.yaml <==
  services:
    web: {image: "ghcr.io/shop/web:dev", build: {context: services, dockerfile: web.Dockerfile}}
  ==> services/web.Dockerfile <==
  FROM golang:1.23 AS build
  USER nobody
  FROM scratch
  USER 65532
  ==> web/Dockerfile <==
  FROM python:3.12.3-slim
  USER app
"""
GOOD_KNOWN = """
  apiVersion: v1
  kind: Pod
  metadata: {name: known-to-have-a-number}
  spec:
    securityContext: {runAsNonRoot: true}
    containers:
      - {name: app, image: "gcr.io/distroless/static-debian12:nonroot"}
"""
GOOD_ELSEWHERE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: root-container-speaks-here}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
"""
GOOD_WINDOWS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: iis}
  spec:
    os: {name: windows}
    securityContext: {runAsNonRoot: true}
    containers:
      - {name: iis, image: "mcr.microsoft.com/windows/servercore/iis:ltsc2022"}
"""


# No family: that nothing could be looked up is a row of the summary, not a thread.
@rule(
    Severity.BLOCKING,
    blocks=Blocks.NEW,
    bad=[BAD_NAME, BAD_UNKNOWN, BAD_ROOT],
    good=[
        GOOD_MENDED,
        GOOD_NUMBER,
        GOOD_SET,
        GOOD_COMPOSE,
        GOOD_KNOWN,
        GOOD_ELSEWHERE,
        GOOD_WINDOWS,
    ],
)
def unprovable_user(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """The kubelet cannot tell that the image's user is not root.

    With `runAsNonRoot: true` and no `runAsUser`, the kubelet looks at the image's last USER. If
    that is a name it cannot know its number, and the container never starts
    (CreateContainerConfigError: "image has non-numeric user"). Neither the manifest nor the
    Dockerfile is wrong by itself, so it shows first in the cluster.

    Where no Dockerfile of this repository builds the image, that is said as a warning: nobody has
    looked.

    Fix: set `securityContext.runAsUser` to the user's number, or end the Dockerfile with
    `USER 10001:10001`.
    """
    pod = manifest.pod
    if pod is None or pod.windows:
        return
    unseen = []
    for container in pod.containers:
        image = parse(container.image)
        if image is None or not _asked(pod, container) or is_numbered(image):
            continue
        dockerfile = release.dockerfile_of(container.image)
        if dockerfile is None or dockerfile.final_user.kind in (UserKind.UNSET, UserKind.UNKNOWN):
            unseen.append(container)
        elif dockerfile.final_user.kind is UserKind.NAME or dockerfile.final_user.is_root:
            yield _refused(pod, container, dockerfile)
    if unseen:
        yield _could_not_look(unseen)


def _asked(pod: Pod, container: Container) -> bool:
    """Whether the kubelet has to ask the image."""
    says, _place = pod.inherited(container, "runAsNonRoot")
    return says is True and user_of(pod, container)[0] is None


def _refused(pod: Pod, container: Container, dockerfile: Dockerfile) -> Problem:
    user = dockerfile.final_user
    what = "as root" if user.is_root else f"as {named(user.name)}, a name that has no number there"
    return Problem(
        pod.inherited(container, "runAsNonRoot")[1],
        f"{container.words} will not start (CreateContainerConfigError): `runAsNonRoot` is true, "
        f"and {named(dockerfile.path)} ends {what}.",
        detail=f"{container.key} runAsUser",
        container=container.name,
        fix="Set `runAsUser` to the user's number, or end the Dockerfile with `USER 10001:10001`.",
        covers=(
            ("named-user", dockerfile.path),
            ("root-image", dockerfile.path),
            ("missing-user-id", pod.path),
        ),
        symptom=Symptom.CONFIG_ERROR,
    )


def _could_not_look(containers: list[Container]) -> Problem:
    images = sorted({each.image for each in containers})
    more = f" and {len(images) - _SHOWN} more" if len(images) > _SHOWN else ""
    shown, them = ", ".join(map(named, images[:_SHOWN])), "them" if images[1:] else "it"
    return Problem(
        containers[0].at("image"),
        f"Nobody could see whether the user of {shown}{more} is a number, since no Dockerfile of "
        f"this repository builds {them}. If it is a name, `runAsNonRoot` keeps the container from "
        "starting (CreateContainerConfigError).",
        detail="could not look",
        severity=Severity.WARNING,
        blocks=Blocks.NEVER,
        container=containers[0].name if len(containers) == 1 else None,
        fix="Set `runAsUser` to the number of the image's user.",
        covers=(("missing-user-id", containers[0].path),),
    )
