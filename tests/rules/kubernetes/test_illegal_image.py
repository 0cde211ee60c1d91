"""What no kubelet can read as an image, and what something fills in before one has to."""

import time

import pytest

from rules.finding import Finding
from rules.kubernetes.illegal_image import illegal_image
from rules.rule import judge
from rules.subjects import manifest


def found(image: str) -> list[Finding]:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n"
        f"    - {{name: web, image: {image}}}\n"
    )
    return judge([illegal_image], manifest.parse(text, "pod.yaml"))


@pytest.mark.parametrize(
    ("image", "why"),
    [
        ("ghcr.io/NVIDIA/driver:1", "only small letters may stand in its path"),
        ("Web", "only small letters may stand in its path"),
        ("'http://ghcr.io/shop/web'", "which has no scheme before it"),
        ("'web: 1'", "there is a blank in it"),
        ("' web:1'", "there is a blank in it"),
        ("web@sha256:abc", "its digest is not whole"),
        ("'web:'", "is no image reference."),
        ("web:1:2", "is no image reference."),
        ("-web", "is no image reference."),
        ("web//a", "is no image reference."),
        (f"web:{'1' * 129}", "is no image reference."),
    ],
)
def test_what_no_kubelet_can_read(image: str, why: str) -> None:
    (finding,) = found(image)
    assert why in finding.message
    assert len(finding.message) < 300


@pytest.mark.parametrize(
    "image",
    [
        *("web", "Registry.example.com/web:V1", "localhost:5000/a/b:1", "''", "null", "[a]"),
        *("'${IMAGE}'", "$IMAGE", "'{{ image }}'", "<image>", "'%IMAGE%'", "'@IMAGE@'", "IMAGE"),
        *("__IMAGE__", "gcr.io/PROJECT_ID/web:1", "REPLACE_ME", "ghcr.io/YOUR-ORG/web"),
        *("REGISTRY/web:1", "'IMAGE:TAG'", "org/IMAGE_NAME:VERSION"),
    ],
)
def test_what_can_be_read_or_is_filled_in(image: str) -> None:
    assert found(image) == []


@pytest.mark.parametrize("trap", ["A" * 60_000, "A-" * 30_000, "A/" * 30_000, "$" * 60_000 + "A"])
def test_traps_take_no_time(trap: str) -> None:
    objects = manifest.parse(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n"
        f"    - {{name: web, image: '{trap}'}}\n",
        "pod.yaml",
    )
    start = time.process_time()
    judge([illegal_image], objects)
    assert time.process_time() - start < 2
