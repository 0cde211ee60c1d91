"""floating-base."""

from collections.abc import Iterator

from rules.finding import Problem, Severity, named
from rules.rule import rule
from rules.subjects.dockerfile import Dockerfile, Stage
from rules.subjects.image import Image, parse
from rules.subjects.words import UNKNOWN

BAD_LATEST = """
> FROM python:latest
  USER 10001
"""
BAD_NO_TAG = """
  FROM golang:1.23.4 AS build
  RUN go build -o /app
> FROM debian AS final
  COPY --from=build /app /app
"""
BAD_PORT = """
> FROM --platform=$BUILDPLATFORM registry:5000/base AS build
"""
BAD_ARGUMENT = """
  ARG VERSION=stable
  ARG BASE=nginx:${VERSION}-alpine
> FROM ${BASE}
"""
BAD_NO_TAG_WHATEVER_THE_REGISTRY = """
  ARG REGISTRY
> FROM ${REGISTRY}/python
"""
GOOD_MENDED = """
  FROM python:3.12.3-slim
  USER 10001
"""
GOOD_TAG = """
  FROM registry:5000/base:1.4.2
  USER 10001
"""
GOOD_DIGEST = """
  FROM python:latest@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
"""
GOOD_STAGE = """
  FROM golang:1.23.4 AS Build
  FROM build AS test
  FROM scratch
"""
GOOD_ARGUMENT = """
  ARG PYTHON=3.12.3
  FROM python:${PYTHON}-slim
"""
GOOD_ONLY_THE_BUILD_KNOWS = """
  ARG BASE
  ARG TAG
  FROM ${BASE}
  FROM python:${TAG}
"""
GOOD_STAGE_BY_PLATFORM = """
  FROM alpine:3.20.3 AS base-amd64
  FROM debian:12.8 AS base-arm64
  FROM base-${TARGETARCH}
"""
GOOD_LINE_OF_VERSIONS = """
  FROM ubuntu:24.04
  FROM python:3.13-slim-bookworm
"""
GOOD_MOVING_WORD_IN_A_NAME = """
  FROM ghcr.io/shop/latest:2.1.0
"""
GOOD_CASE_AND_CONTINUATION = """
  from \\
    # the slim one
    python:3.12.3-slim as Base
  from base
"""
GOOD_NAMED_BY_THE_BUILD = """
  FROM base_image AS base
  FROM base
"""
GOOD_DIGEST_ALONE = """
  FROM debian@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
"""


@rule(
    Severity.BLOCKING,
    bad=[
        BAD_LATEST,
        BAD_NO_TAG,
        BAD_PORT,
        BAD_ARGUMENT,
        BAD_NO_TAG_WHATEVER_THE_REGISTRY,
    ],
    good=[
        GOOD_MENDED,
        GOOD_TAG,
        GOOD_DIGEST,
        GOOD_DIGEST_ALONE,
        GOOD_NAMED_BY_THE_BUILD,
        GOOD_STAGE,
        GOOD_ARGUMENT,
        GOOD_ONLY_THE_BUILD_KNOWS,
        GOOD_STAGE_BY_PLATFORM,
        GOOD_LINE_OF_VERSIONS,
        GOOD_MOVING_WORD_IN_A_NAME,
        GOOD_CASE_AND_CONTINUATION,
    ],
)
def floating_base(dockerfile: Dockerfile) -> Iterator[Problem]:
    """The base image has no tag, or one that moves.

    The same commit builds another image tomorrow: a new major version, another package manager,
    a library that is gone. A rebuild for a one-line fix then breaks in production, and the image
    that worked cannot be built again.

    Fix: name a version, `python:3.12.3-slim`, or better that and its digest,
    `python:3.12.3-slim@sha256:...`, and let a bot raise it.
    """
    for stage in dockerfile.stages:
        image = image_of(stage)
        if image is not None and image.is_moving and not _is_of_the_build(image):
            yield Problem(
                dockerfile.at(stage.start),
                _message(_shown(stage), image),
                detail=f"{stage.name} FROM {_shown(stage)}".strip(),
                fix="Name a version, or better a version and its digest.",
            )


def image_of(stage: Stage) -> Image | None:
    """The image that a stage starts from; None for a stage, scratch, and what is not known."""
    if stage.parent is not None or stage.reference == "scratch":
        return None
    folder, _, last = stage.reference.rpartition("/")
    if UNKNOWN in last:
        return None
    # Whatever the registry is called, what follows the last slash decides about the tag.
    # And a capital, which no runtime takes, does not make a tag either.
    return parse(f"{folder.replace(UNKNOWN, 'x')}/{last}".removeprefix("/").lower())


def _is_of_the_build(image: Image) -> bool:
    """Whether no registry has an image of this name: the build names another context by it."""
    return image.tag is None and "_" in image.name and "/" not in image.name


def _shown(stage: Stage) -> str:
    """The reference as it is resolved, else as it is written."""
    known = UNKNOWN not in stage.reference
    return stage.reference if known else stage.start.arguments[0]


def _message(shown: str, image: Image) -> str:
    if image.tag is None:
        return f"{named(shown)} has no tag: each build takes what `latest` is that day."
    return f"{named(shown)} moves: the same commit builds another image tomorrow."
