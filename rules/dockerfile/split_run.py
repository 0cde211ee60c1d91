"""split-run."""

from collections.abc import Iterator
from dataclasses import replace

from rules.finding import Problem, Severity
from rules.rule import rule
from rules.shell import commands
from rules.subjects.dockerfile import Dockerfile, Stage
from rules.subjects.instruction import Instruction

BAD = """
  FROM debian:12.8
> RUN apt-get update
  RUN apt-get install -y curl
  RUN rm -rf /var/lib/apt/lists/*
  COPY app /app
"""
BAD_SAME_MOUNT = """
  FROM python:3.12.3-slim
> RUN --mount=type=cache,target=/root/.cache pip install poetry

  # the dependencies
  RUN --mount=type=cache,target=/root/.cache poetry install
"""
GOOD_ONE = """
  FROM debian:12.8
  RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
"""
GOOD_OTHER_MOUNT = """
  FROM python:3.12.3-slim
  RUN --mount=type=secret,id=pip pip install private-package
  RUN python -m compileall /app
"""
GOOD_CHAINED_ALREADY = """
  FROM debian:12.8
  RUN apt-get update && apt-get install -y curl
  RUN useradd --uid 10001 app
"""
GOOD_SOMETHING_BETWEEN = """
  FROM node:22.11.0
  RUN npm install --global pnpm@9.12.0
  COPY package.json pnpm-lock.yaml ./
  RUN pnpm install --frozen-lockfile
"""
GOOD_BUILD_STAGE = """
  FROM golang:1.23.4 AS build
  RUN go mod download
  RUN go build -o /app
  FROM scratch
  COPY --from=build /app /app
"""
GOOD_HEREDOC = """
  FROM debian:12.8
  RUN <<EOF
  apt-get update
  apt-get install -y curl
  EOF
  RUN useradd --uid 10001 app
"""
GOOD_EXEC_FORM = """
  FROM mcr.microsoft.com/windows/nanoserver:ltsc2022
  RUN ["cmd", "/c", "mkdir", "app"]
  RUN ["cmd", "/c", "mkdir", "logs"]
"""
GOOD_OTHER_STAGE = """
  FROM alpine:3.20.3 AS base
  RUN apk add --no-cache tini
  FROM base
  RUN adduser -D -u 10001 app
"""
_CHAINS = ("&&", "||", ";", "&", "\n", ";;")


@rule(
    Severity.INFO,
    bad=[BAD, BAD_SAME_MOUNT],
    good=[
        GOOD_ONE,
        GOOD_OTHER_MOUNT,
        GOOD_CHAINED_ALREADY,
        GOOD_SOMETHING_BETWEEN,
        GOOD_BUILD_STAGE,
        GOOD_HEREDOC,
        GOOD_EXEC_FORM,
        GOOD_OTHER_STAGE,
    ],
)
def split_run(dockerfile: Dockerfile) -> Iterator[Problem]:
    """Several RUNs follow each other that could be one.

    Each RUN is a layer: what one writes and the next removes stays in the image, and an
    `apt-get update` that comes from the cache is weeks older than the install after it. Only the
    stages that the image is made of count, and only RUNs of one command each, with the same
    mounts: who chains commands has chosen where to cut.

    Fix: join them, `RUN apt-get update && apt-get install -y curl`, or as one heredoc.
    """
    for stage in dockerfile.line_of(dockerfile.stages[-1]) if dockerfile.stages else ():
        for group in _groups(stage):
            yield Problem(
                replace(dockerfile.at(group[0]), block=(group[0].first, group[-1].last)),
                f"{len(group)} RUNs follow each other: each is a layer, and what a later one"
                " removes stays in the image.",
                detail=f"{stage.label} {_program(group[0])}",
                fix="Join them with `&&`, or as one heredoc.",
            )


def _groups(stage: Stage) -> Iterator[list[Instruction]]:
    """The RUNs that could be one, two or more together."""
    group: list[Instruction] = []
    for instruction in stage.instructions:
        fits = _is_single(instruction)
        if not fits or (group and group[0].flags != instruction.flags):
            if len(group) > 1:
                yield group
            group = []
        if fits:
            group.append(instruction)
    if len(group) > 1:
        yield group


def _is_single(instruction: Instruction) -> bool:
    """Whether it is a RUN of one command, or of one with pipes."""
    if instruction.keyword != "RUN" or instruction.exec_form is not None or instruction.heredocs:
        return False
    return not any(command.after in _CHAINS for command in commands(instruction.rest))


def _program(instruction: Instruction) -> str:
    return next((command.program for command in commands(instruction.rest)), "")
