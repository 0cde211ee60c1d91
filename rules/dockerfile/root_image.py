"""root-image."""

from collections.abc import Iterator

from rules.bases import is_nonroot
from rules.finding import Blocks, Family, Problem, Severity, named
from rules.release import Release
from rules.rule import rule
from rules.subjects.dockerfile import Dockerfile, User, UserKind
from rules.subjects.image import parse
from rules.subjects.words import UNKNOWN

BAD_ABSENT = """
> FROM python:3.12.3-slim
  COPY app.py /app/
  CMD ["python", "/app/app.py"]
"""
BAD_SAID = """
  FROM node:22.11.0-alpine
  USER node
  RUN npm ci
> USER root
  RUN apk add --no-cache tini
"""
BAD_NUMBER_AND_GROUP = """
  FROM debian:12.8
> USER 0:0
"""
BAD_VARIABLE = """
  ARG RUN_AS=root
  FROM debian:12.8
  ARG RUN_AS
  ENV APP_USER=${RUN_AS}
> USER $APP_USER:$APP_USER
"""
BAD_ONLY_THE_BUILD_STAGE_HAS_ONE = """
  FROM golang:1.23.4 AS build
  USER 1000
  RUN go build -o /tmp/app
> FROM alpine:3.20.3
  COPY --from=build /tmp/app /app
  ENTRYPOINT ["/app"]
"""
BAD_INHERITED = """
  FROM debian:12.8 AS base
> USER root
  FROM base
  COPY app /app
"""
BAD_SCRATCH = """
> FROM scratch
  COPY app /app
  ENTRYPOINT ["/app"]
"""
GOOD_MENDED = """
  FROM python:3.12.3-slim
  COPY app.py /app/
  USER 10001:10001
  CMD ["python", "/app/app.py"]
"""
GOOD_NUMBER = """
  FROM python:3.12.3-slim
  USER root
  RUN useradd --uid 10001 app
  USER 10001:10001
"""
GOOD_NAME = """
  FROM node:22.11.0-alpine
  USER node
"""
GOOD_INHERITED = """
  FROM debian:12.8 AS base
  USER 10001
  FROM base
  COPY app /app
"""
GOOD_ROOT_IN_AN_EARLIER_STAGE = """
  FROM golang:1.23.4 AS build
  USER root
  RUN go build -o /app
  FROM gcr.io/distroless/static-debian12:nonroot
  COPY --from=build /app /app
"""
GOOD_VARIABLE = """
  FROM debian:12.8
  ARG UID=10001
  USER ${UID}:0
"""
GOOD_ONLY_THE_BUILD_KNOWS = """
  ARG BASE
  FROM ${BASE}
  COPY app /app
"""
GOOD_USER_ONLY_THE_BUILD_KNOWS = """
  FROM debian:12.8
  ARG RUN_AS
  USER $RUN_AS
"""
GOOD_KNOWN = """
  FROM docker.io/nginxinc/nginx-unprivileged:1.27.3
  COPY site /usr/share/nginx/html
"""
GOOD_DEBUG_OF_DISTROLESS = """
  FROM gcr.io/distroless/base-debian12:debug-nonroot
  COPY app /app
"""
GOOD_WINDOWS = """
  FROM mcr.microsoft.com/windows/nanoserver:ltsc2022
  COPY app.exe C:/app.exe
"""
GOOD_FILES_ALONE = """
  FROM golang:1.23.4 AS build
  RUN go build -o /app
  FROM scratch AS export
  COPY --from=build /app /
"""
GOOD_OWN_BASE = """
  FROM ghcr.io/shop/base:1.4.0
  COPY app /app
  ==> images/base/Dockerfile <==
  FROM debian:12.8
  USER 10001
"""
GOOD_WORD_ROOT_IN_A_NAME = """
  FROM debian:12.8
  RUN useradd --uid 10001 notroot
  USER notroot:root
"""
GOOD_ROOT_GROUP = """
  FROM registry.access.redhat.com/ubi9/ubi-minimal:9.5
  USER 1001:0
"""

_FIX = "Give the image a user with a number, and end its last stage with `USER 10001:10001`."


@rule(
    Severity.BLOCKING,
    blocks=Blocks.ADDED,
    family=Family.SECURITY_CONTEXT,
    bad=[
        BAD_ABSENT,
        BAD_SAID,
        BAD_NUMBER_AND_GROUP,
        BAD_VARIABLE,
        BAD_ONLY_THE_BUILD_STAGE_HAS_ONE,
        BAD_INHERITED,
        BAD_SCRATCH,
    ],
    good=[
        GOOD_MENDED,
        GOOD_NUMBER,
        GOOD_NAME,
        GOOD_INHERITED,
        GOOD_ROOT_IN_AN_EARLIER_STAGE,
        GOOD_VARIABLE,
        GOOD_ONLY_THE_BUILD_KNOWS,
        GOOD_USER_ONLY_THE_BUILD_KNOWS,
        GOOD_KNOWN,
        GOOD_DEBUG_OF_DISTROLESS,
        GOOD_WINDOWS,
        GOOD_FILES_ALONE,
        GOOD_OWN_BASE,
        GOOD_WORD_ROOT_IN_A_NAME,
        GOOD_ROOT_GROUP,
    ],
)
def root_image(dockerfile: Dockerfile, release: Release) -> Iterator[Problem]:
    """The image runs as root.

    Unless whoever starts it says another user, its process is root: a break-in may then write
    every file of the container and every mounted volume, and is one kernel or runtime bug away
    from the machine. Under `runAsNonRoot` the pod does not start at all.

    What the last stage ends as counts, with what it inherits within the file. Where no USER
    stands there, the base image's user counts: it is root for most of them, and known not to be
    for a few (tags with `nonroot`, `nginx-unprivileged`, a base of this repository that has one).
    An image from `scratch` that starts nothing only carries files.

    Fix: create a user with a number (`RUN useradd --uid 10001 app`), hand it what it must write
    (`COPY --chown=10001`), and end the last stage with `USER 10001:10001`.
    """
    user = dockerfile.final_user
    if not dockerfile.stages:
        return
    if user.is_root:
        assert user.instruction is not None
        yield Problem(
            dockerfile.at(user.instruction),
            f"The image runs as root: its last USER is {named(user.instruction.rest)}.",
            detail="USER root",  # whichever stage is the last one by now
            blocks=Blocks.NEW,
            fix=_FIX,
        )
    elif _is_left_to_root(dockerfile, user, release):
        yield Problem(
            dockerfile.at(dockerfile.stages[-1].start),
            _absent(dockerfile),
            detail="USER",
            fix=_FIX,
        )


def _is_left_to_root(dockerfile: Dockerfile, user: User, release: Release) -> bool:
    """Whether no USER is said and nothing shows that the base image has one."""
    reference = _base(dockerfile)
    known = reference and UNKNOWN not in reference
    if user.kind is not UserKind.UNSET or not known or dockerfile.is_windows:
        return False
    if reference == "scratch":
        return _starts(dockerfile)
    image = parse(reference)
    if image is not None and is_nonroot(image):
        return False
    own = image is not None and "/" in image.name  # python/Dockerfile does not build `python`
    base = release.dockerfile_of(reference) if own else None
    return base is None or base.final_user.kind is UserKind.UNSET or base.final_user.is_root


def _base(dockerfile: Dockerfile) -> str:
    return dockerfile.line_of(dockerfile.stages[-1])[0].reference


def _starts(dockerfile: Dockerfile) -> bool:
    """Whether the image says what it starts."""
    line = dockerfile.line_of(dockerfile.stages[-1])
    return any(
        each.keyword in ("CMD", "ENTRYPOINT") for stage in line for each in stage.instructions
    )


def _absent(dockerfile: Dockerfile) -> str:
    base = _base(dockerfile)
    if base == "scratch":
        return "The image runs as root: its last stage has no USER."
    return f"The last stage has no USER: the image runs as root, unless {named(base)} has another."
