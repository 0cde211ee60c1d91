"""illegal-image."""

import re
from collections.abc import Iterator

from rules.finding import Blocks, Problem, Severity, Symptom, named
from rules.rule import rule
from rules.subjects.image import parse
from rules.subjects.manifest import Manifest
from rules.subjects.workload import Container, templated

_FIX = "Write `registry/path:tag` or `registry/path@sha256:...`, the path in small letters."
_LONGEST = 120  # signs that are shown
_FILLED = re.compile(r"[$<>{}%]|^@|@$|@@|__[A-Z]")  # marks of what other programs fill in
_LOUD = re.compile(r"[A-Z0-9]*(?:[_-][A-Z0-9]+)*")
_WORDS = """
ACCOUNT APP CHANGE CHANGEME COMMIT CONTAINER DOCKER HASH HOST ID IMAGE IMG MY NAME NAMESPACE ORG
OWNER PLACEHOLDER PROJECT REGION REGISTRY REPLACE REPLACEME REPO REPOSITORY SERVICE SHA TAG TODO
USER USERNAME VERSION XXX YOUR
"""
_PLACEHOLDERS = frozenset(_WORDS.split())

BAD_CAPITAL = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
>           image: ghcr.io/Shop/Web:1.4.0
"""
BAD_DIGEST = """
  apiVersion: v1
  kind: Pod
  metadata: {name: a-digest-that-was-cut}
  spec:
    initContainers:
      - name: migrate
>       image: ghcr.io/shop/migrate@sha256:0a399eb16751829e
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0"}
"""
BAD_FORMS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: what-else-is-no-reference}
  spec:
    containers:
>     - {name: an-address, image: "https://ghcr.io/shop/web:1.4.0"}
>     - {name: an-empty-tag, image: "nginx:"}
>     - {name: two-tags, image: "nginx:1.27:alpine"}
>     - {name: a-blank, image: "nginx: 1.27"}
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
GOOD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: each-of-these-is-one}
  spec:
    containers:
      - {name: port, image: "registry:5000/shop/web:1.4.0"}
      - {name: host, image: "Registry.Example.com/shop/web:1.4.0"}
      - {name: address, image: "[2001:db8::1]:5000/shop/web__front:1.4.0"}
      - {name: tag, image: "web:V1.4_RC-1"}
"""
GOOD_DIGEST = """
  apiVersion: v1
  kind: Pod
  metadata: {name: a-tag-and-a-digest}
  spec:
    containers:
      - name: web
        image: web:1@sha256:0a399eb16751829e1af26fea27b20c3ec28d7ab1fb72182879dcae1cca21206a
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    containers:
      - {name: shell, image: "${IMAGE}"}
      - {name: plain, image: "$REGISTRY/web"}
      - {name: angles, image: "<your-registry>/web:1.4.0"}
      - {name: sed, image: "gcr.io/PROJECT_ID/web:1.4.0"}
      - {name: word, image: IMAGE}
"""
GOOD_ABSENT = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: no-image-here}
  spec:
    template:
      spec:
        containers:
          - {name: web, image: ""}
          - {name: log, image: "fluent/fluent-bit:3.2.4"}
"""
GOOD_CONFIG = """
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: no-workload}
  data: {image: "https://example.com/Logo.png"}
"""
GOOD_OTHERS = """
  apiVersion: example.com/v1
  kind: Gallery
  metadata: {name: an-image-of-another-kind}
  spec: {template: {spec: {pictures: [{name: logo, image: "https://example.com/Logo.png"}]}}}
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.NEW,
    bad=[BAD_CAPITAL, BAD_DIGEST, BAD_FORMS],
    good=[GOOD_MENDED, GOOD, GOOD_DIGEST, GOOD_LATER, GOOD_ABSENT, GOOD_CONFIG, GOOD_OTHERS],
)
def illegal_image(manifest: Manifest) -> Iterator[Problem]:
    """An image reference cannot be read.

    The API server takes any text as an image; the kubelet then fails to parse it, and the pod stays
    in InvalidImageName for ever. No registry is asked, so neither credentials nor waiting help.

    Capital letters are allowed in the registry's name and the tag, not in the path; a digest has
    all its digits; there is no `https://`. What looks like a placeholder (`${IMAGE}`,
    `gcr.io/PROJECT_ID/web`) is left to what fills it in.

    Fix: write `registry/path:tag` or `registry/path@sha256:...`.
    """
    for container in manifest.containers:
        image = container.image
        if image and parse(image) is None and not _filled_later(container):
            shown = image if len(image) <= _LONGEST else image[: _LONGEST - 3] + "..."
            yield Problem(
                container.at("image"),
                f"{container.words} never starts (InvalidImageName): {named(shown)} is no image "
                f"reference{_reason(image)}.",
                detail=f"{container.key} image",
                container=container.name,
                fix=_FIX,
                symptom=Symptom.INVALID_IMAGE,
            )


def _filled_later(container: Container) -> bool:
    image = container.image[:2000]
    parts = re.split("[/:@]", image)
    return bool(
        templated(container.node, "image")
        or _FILLED.search(image)
        or any(_LOUD.fullmatch(part) and _is_placeholder(part) for part in parts)
    )


def _is_placeholder(part: str) -> bool:
    return not _PLACEHOLDERS.isdisjoint(re.split("[_-]", part))


def _reason(image: str) -> str:
    """Why, where that can be told; for the end of a sentence."""
    if "://" in image:
        return ", which has no scheme before it"
    if image != image.strip() or " " in image:
        return ": there is a blank in it"
    if parse(image.lower()) is not None:
        return ": only small letters may stand in its path"
    if parse(image.partition("@")[0]) is not None:
        return ": its digest is not whole"
    return ""
