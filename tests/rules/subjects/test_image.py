"""Image references as a runtime reads them, and which of them move."""

import time

import pytest

from rules.subjects.image import Image, parse

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("reference", "image"),
    [
        ("nginx", Image("nginx")),
        ("nginx:1.27", Image("nginx", "1.27")),
        ("registry:5000/image", Image("registry:5000/image")),
        ("registry:5000/image:1.2", Image("registry:5000/image", "1.2")),
        ("ghcr.io/o/web@" + DIGEST, Image("ghcr.io/o/web", None, DIGEST)),
        ("localhost/web:a@" + DIGEST, Image("localhost/web", "a", DIGEST)),
        ("[::1]:5000/a__b/c-d:v1", Image("[::1]:5000/a__b/c-d", "v1")),
        ("REGISTRY/web:1", Image("REGISTRY/web", "1")),
        ("web@sha512:" + "0a" * 64, Image("web", None, "sha512:" + "0a" * 64)),
        ("", None),
        ("web@sha256:" + "0A" * 32, None),
        ("web@sha256:" + "0a" * 31, None),
        ("web@sha512:" + "0a" * 32, None),
        ("web@md5:" + "0a" * 16, None),
        ("0a" * 32, None),  # an image's own id
        ("Nginx", None),
        ("a/Nginx", None),
        ("web:", None),
        ("web@", None),
        ("web:1@sha256:abc", None),
        ("web: 1", None),
        ("${IMAGE}:1", None),
        ("{{ image }}", None),
        ("a//b", None),
        ("/a", None),
        ("a/", None),
        ("web:1\n", None),
        ("wéb", None),
        ("web:é", None),
        ("a" * 256, None),
        ("a:" + "1" * 129, None),
    ],
)
def test_parse(reference: str, image: Image | None) -> None:
    assert parse(reference) == image


@pytest.mark.parametrize(
    ("reference", "moving"),
    [
        ("web", True),
        ("registry:5000/web", True),
        ("web:latest", True),
        ("web:Latest", True),
        ("web:1.2-latest", True),
        ("web:latest-amd64", True),
        ("web:main", True),
        ("web:nightly", True),
        ("debian:stable-slim", True),
        ("web@" + DIGEST, False),
        ("web:latest@" + DIGEST, False),
        ("web:1.4.0", False),
        ("web:main-1a2b3c4", False),
        ("web:nightly-20260131", False),
        ("python:3.12-dev", False),
        ("web:v2_edge", False),
        ("web:maintenance", False),
        ("nginx:alpine", False),
    ],
)
def test_is_moving(reference: str, moving: bool) -> None:
    image = parse(reference)
    assert image is not None
    assert image.is_moving is moving


@pytest.mark.parametrize(
    "trap", ["a-" * 500, "a_" * 500 + "!", "a." * 510, "A-" * 500 + "/", "x:" + "1" * 128 + "!"]
)
def test_traps_take_no_time(trap: str) -> None:
    start = time.process_time()
    parse(trap)
    assert time.process_time() - start < 2


def test_the_last_segment() -> None:
    image = parse("ghcr.io/org/web:1")
    assert image is not None
    assert image.last == "web"
