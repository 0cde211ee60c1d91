"""named-user."""

import re
from collections.abc import Iterator

from rules.finding import Problem, Severity, Suggestion, named
from rules.rule import rule
from rules.subjects.dockerfile import Dockerfile, User, UserKind

BAD = """
  FROM python:3.12.3-slim
  RUN useradd app
> USER app
"""
BAD_GROUP_IS_A_NUMBER = """
  FROM node:22.11.0-alpine
> USER node:1000
"""
BAD_VARIABLE = """
  FROM alpine:3.20.3
  ARG USER_NAME=nobody
  ENV RUN_AS=${USER_NAME:-app}
> USER "${RUN_AS}"
"""
BAD_INHERITED = """
  FROM golang:1.23.4 AS base
  USER 1000
> USER nonroot
  FROM base AS final
  COPY . /app
"""
GOOD_MENDED = """
  FROM python:3.12.3-slim
  RUN useradd --uid 10001 app
  USER 10001:10001
"""
GOOD = """
  FROM python:3.12.3-slim
  USER 10001:10001
"""
GOOD_LAST_ONE_COUNTS = """
  FROM node:22.11.0-alpine AS build
  USER node
  FROM node:22.11.0-alpine
  USER node
  RUN npm ci
  USER 1000:node
"""
GOOD_VARIABLE = """
  FROM alpine:3.20.3
  ARG UID=10001
  USER ${UID}
"""
GOOD_ONLY_THE_BUILD_KNOWS = """
  FROM alpine:3.20.3
  ARG RUN_AS
  USER $RUN_AS
"""
GOOD_NO_USER_AT_ALL = """
  FROM gcr.io/distroless/static:nonroot
  COPY app /app
"""
GOOD_ROOT_IS_ANOTHER_MATTER = """
  FROM debian:12.8
  USER root
"""
GOOD_WINDOWS_HAS_NO_NUMBERS = """
  FROM mcr.microsoft.com/windows/nanoserver:ltsc2022
  USER ContainerUser
"""
GOOD_NAMED_BEFORE_NUMBERED = """
  FROM debian:12.8 AS base
  USER app
  FROM base
  USER 10001
"""

_CREATED = re.compile(r"\b(?:useradd|adduser)\b([^;&|\n]{0,400})")
_NUMBER = re.compile(r"\s(?:-u|--uid)[ =]?(\d{1,10})\b")


@rule(
    Severity.WARNING,
    bad=[BAD, BAD_GROUP_IS_A_NUMBER, BAD_VARIABLE, BAD_INHERITED],
    good=[
        GOOD_MENDED,
        GOOD,
        GOOD_LAST_ONE_COUNTS,
        GOOD_VARIABLE,
        GOOD_ONLY_THE_BUILD_KNOWS,
        GOOD_NO_USER_AT_ALL,
        GOOD_ROOT_IS_ANOTHER_MATTER,
        GOOD_WINDOWS_HAS_NO_NUMBERS,
        GOOD_NAMED_BEFORE_NUMBERED,
    ],
)
def named_user(dockerfile: Dockerfile) -> Iterator[Problem]:
    """The image's user is a name.

    Kubernetes looks at the number before it starts a container: under `runAsNonRoot: true` an
    image whose USER is a name fails with CreateContainerConfigError ("image has non-numeric
    user"), since nothing proves that the name is not root. It works everywhere else, so it is
    found at the first deployment to a hardened namespace.

    Fix: give the user a number when it is created (`useradd --uid 10001 app`) and say the number:
    `USER 10001:10001`.
    """
    user = dockerfile.final_user
    if user.kind is not UserKind.NAME or user.is_root or _of_windows(dockerfile, user):
        return
    assert user.instruction is not None
    number = _number(dockerfile, user.name)
    yield Problem(
        dockerfile.at(user.instruction),
        f"The image runs as {named(user.name)}, a name: a pod with `runAsNonRoot` will not start,"
        " since Kubernetes cannot prove that it is not root.",
        detail=f"{dockerfile.stages[-1].label} USER {user.name}",
        fix=_fix(user.name, number),
        suggestion=_suggestion(user, number),
    )


def _fix(name: str, number: str | None) -> str:
    if number is not None:
        return f"Say the number: `USER {number}`."
    return (
        f"Say the number that {named(f'id -u {name}')} prints in the image, as `USER 10001:10001`."
    )


def _of_windows(dockerfile: Dockerfile, user: User) -> bool:
    return (
        dockerfile.is_windows
        or "\\" in user.name
        or user.name.lower() in ("containeruser", "containeradministrator")
    )


def _number(dockerfile: Dockerfile, name: str) -> str | None:
    """The number that the file itself gives the user when it creates it."""
    for stage in dockerfile.line_of(dockerfile.stages[-1]):
        for instruction in stage.instructions:
            for created in _CREATED.findall(
                instruction.text if instruction.keyword == "RUN" else ""
            ):
                found = _NUMBER.search(created)
                if found and name in created.split():
                    return found[1]
    return None


def _suggestion(user: User, number: str | None) -> Suggestion | None:
    """The line with the number, where the name stands on it in so many words."""
    said = user.instruction
    if said is None or number is None or said.rest != user.name or said.first != said.last:
        return None
    return Suggestion(said.first, said.last, f"USER {number}")
