"""floating-image."""

from collections.abc import Iterator

from rules.finding import Blocks, Problem, Severity, named
from rules.release import Release
from rules.rule import rule
from rules.subjects.image import Image, parse
from rules.subjects.manifest import Manifest

BAD_LATEST = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
>           image: ghcr.io/shop/web:latest
"""
BAD_PORT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-port-is-no-tag}
  spec:
    initContainers:
      - name: migrate
>       image: registry:5000/migrate
    containers:
      - {name: web, image: "registry:5000/web:1.4.0"}
"""
BAD_BRANCH = """
  apiVersion: argoproj.io/v1alpha1
  kind: Rollout
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
>           image: ghcr.io/shop/web:main
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
            image: ghcr.io/shop/web:1.4.0
"""
GOOD_TAG = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - {name: web, image: "registry:5000/shop/web:1.4.0"}
          - {name: log, image: "fluent/fluent-bit:3.2-debug"}
"""
GOOD_DIGEST = """
  apiVersion: v1
  kind: Pod
  metadata: {name: a-digest-never-moves}
  spec:
    containers:
      - name: web
        image: nginx@sha256:0a399eb16751829e1af26fea27b20c3ec28d7ab1fb72182879dcae1cca21206a
      - name: log
        image: app:latest@sha256:0a399eb16751829e1af26fea27b20c3ec28d7ab1fb72182879dcae1cca21206a
"""
GOOD_COMMIT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: a-branch-and-a-commit}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:main-1a2b3c4"}
      - {name: job, image: "ghcr.io/shop/job:nightly-20260131"}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    containers:
      - {name: web, image: "${IMAGE}"}
      - {name: log, image: "ghcr.io/shop/log:${TAG}"}
"""
GOOD_PATCH = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: a-patch-without-an-image}
  spec:
    template:
      spec:
        containers:
          - name: web
            resources: {limits: {memory: 256Mi}}
"""
GOOD_WORD = """
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: no-workload}
  data: {image: "nginx:latest"}
"""

GOOD_SKAFFOLD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: skaffold-puts-its-tag-in}
  spec:
    containers:
      - {name: web, image: web}
  ==> skaffold.yaml <==
  apiVersion: skaffold/v4beta11
  kind: Config
  build:
    artifacts:
      - {image: web, context: src/web}
  ==> src/web/Dockerfile <==
  FROM python:3.12.3-slim
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.ADDED,
    bad=[BAD_LATEST, BAD_PORT, BAD_BRANCH],
    good=[
        GOOD_MENDED,
        GOOD_TAG,
        GOOD_DIGEST,
        GOOD_COMMIT,
        GOOD_LATER,
        GOOD_PATCH,
        GOOD_WORD,
        GOOD_SKAFFOLD,
    ],
)
def floating_image(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """An image is named by a tag that moves.

    Without a tag, with `latest` or with the name of a branch or channel, two replicas of one
    release can run different code: each node pulls what the tag means at that minute. A restart
    at night becomes a deployment, and a rollback brings back the same broken image, because the
    manifest has not changed.

    `registry:5000/image` has a port and no tag. An image that skaffold builds and tags here is
    left alone.

    Fix: name a version that is never pushed again, or better its digest
    (`image: ghcr.io/shop/web:1.4.0@sha256:...`).
    """
    for container in manifest.containers:
        image = parse(container.image)
        if image and image.is_moving and not release.tagged_later(container.image):
            yield Problem(
                container.at("image"),
                f"{container.words} pulls {_what(image)}: each restart may bring other code, and "
                "a rollback brings back the same.",
                detail=f"{container.key} image",
                container=container.name,
                fix="Name a version that is never pushed again, or the image's digest.",
            )


def _what(image: Image) -> str:
    if image.tag is None:
        return f"{named(image.name)} without a tag, which means `latest`"
    return f"{named(f'{image.name}:{image.tag}')}, a tag that moves"
