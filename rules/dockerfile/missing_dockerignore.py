"""missing-dockerignore."""

import re
from collections.abc import Iterator

from rules.contexts import Context, Unwanted
from rules.finding import Problem, Severity, named
from rules.release import Release
from rules.rule import rule
from rules.subjects.dockerfile import Dockerfile
from rules.subjects.instruction import Instruction
from rules.subjects.words import unquote

BAD = """
  FROM node:22.11.0-alpine
  WORKDIR /app
> COPY . .
  RUN npm ci
  ==> package.json <==
  {}
"""
BAD_ONLY_AT_THE_TOP = """
  FROM python:3.12.3-slim
> COPY ./ /app/
  ==> .dockerignore <==
  .git
  __pycache__
  ==> requirements.txt <==
  flask==3.0.3
  ==> shop/views.py <==
  import flask
"""
BAD_WHERE_COMPOSE_BUILDS = """
  ==> docker/web/Dockerfile <==
  FROM nginx:1.27.3
> ADD . /srv
  ==> docker/web/.dockerignore <==
  *
  ==> compose.yaml <==
  services:
    web:
      build: {context: ., dockerfile: docker/web/Dockerfile}
"""
BAD_ENV = """
  FROM golang:1.23.4 AS build
> COPY * /src/
  ==> .dockerignore <==
  .git
  ==> .env.example <==
  DB_PASSWORD=
"""
GOOD_MENDED = """
  FROM node:22.11.0-alpine
  WORKDIR /app
  COPY . .
  RUN npm ci
  ==> .dockerignore <==
  .git
  **/node_modules
  **/.env
  ==> package.json <==
  {}
"""
GOOD = """
  FROM node:22.11.0-alpine
  COPY . .
  ==> .dockerignore <==
  .git
  **/node_modules
  **/.env
  ==> package.json <==
  {}
"""
GOOD_ONLY_WHAT_IS_NAMED = """
  FROM node:22.11.0-alpine
  COPY . .
  ==> .dockerignore <==
  *
  !package*.json
  !src
  ==> package.json <==
  {}
"""
GOOD_FOR_THIS_DOCKERFILE = """
  FROM node:22.11.0-alpine
  COPY . .
  ==> Dockerfile.dockerignore <==
  .git
  node_modules
  ==> package.json <==
  {}
"""
GOOD_FROM_A_STAGE = """
  FROM golang:1.23.4 AS build
  FROM scratch
  COPY --from=build . /
"""
GOOD_A_FOLDER = """
  FROM python:3.12.3-slim
  COPY src/ requirements.txt /app/
  COPY ./src /app
"""
GOOD_EXCLUDED_BY_THE_COPY = """
  FROM golang:1.23.4
  COPY --exclude=.git . /src
"""
GOOD_NOTHING_UNWANTED = """
  ==> charts/notes/Dockerfile <==
  FROM nginx:1.27.3
  COPY . /usr/share/nginx/html
  ==> charts/notes/index.html <==
  <p>
"""
GOOD_NEEDS_THE_HISTORY = """
  FROM golang:1.23.4
  COPY . .
  RUN go build -ldflags "-X main.version=$(git describe)" -o /app
"""
GOOD_CONTEXT_ABOVE = """
  ==> services/web/Dockerfile <==
  FROM node:22.11.0-alpine
  COPY . .
  ==> services/web/package.json <==
  {}
  ==> .dockerignore <==
  **/.git
  **/node_modules
"""
_WHOLE = ("", ".", "*")
_READS_HISTORY = re.compile(
    r"\bgit\s{1,9}(?:describe|rev-parse|log|show|status|diff|tag|submodule)"
)


@rule(
    Severity.WARNING,
    bad=[BAD, BAD_ONLY_AT_THE_TOP, BAD_WHERE_COMPOSE_BUILDS, BAD_ENV],
    good=[
        GOOD_MENDED,
        GOOD,
        GOOD_ONLY_WHAT_IS_NAMED,
        GOOD_FOR_THIS_DOCKERFILE,
        GOOD_FROM_A_STAGE,
        GOOD_A_FOLDER,
        GOOD_EXCLUDED_BY_THE_COPY,
        GOOD_NOTHING_UNWANTED,
        GOOD_NEEDS_THE_HISTORY,
        GOOD_CONTEXT_ABOVE,
    ],
)
def missing_dockerignore(dockerfile: Dockerfile, release: Release) -> Iterator[Problem]:
    """The whole build context is copied, with what belongs in no image.

    What lies in the folder on the machine that builds goes along: `.git` with all history, a
    `.env` with local passwords, `node_modules` of another platform over those just installed.
    And whatever changes among it builds every later layer anew.

    `.dockerignore` is not read as `.gitignore` is: a pattern begins at the top of the context, so
    that `__pycache__` leaves out none in the folders below; write `**/__pycache__`. Only what this
    repository shows to be there or to come there is named. The context is the one that compose,
    skaffold or bake files say, else the Dockerfile's folder or the one above it with an ignore
    file.

    Fix: name in `.dockerignore` what is left out, or copy only the folders that the image needs.
    """
    said = next(filter(_is_whole, dockerfile.instructions), None)
    if said is None:
        return
    excluded = [each.partition("=")[2] for each in said.flags if each.startswith("--exclude=")]
    for context in release.contexts_of(dockerfile.path):
        taken = [kind for kind in context.taken(excluded) if not _is_needed(kind, dockerfile)]
        if taken:
            yield Problem(
                dockerfile.at(said),
                f"{named(said.text.strip()[:80])} takes {_listed(taken)} along: {_why(context)}.",
                detail="whole context",
                fix=_fix(context, taken),
            )
            return


def _is_whole(instruction: Instruction) -> bool:
    """Whether it copies the whole context, and no other stage's or image's files."""
    if instruction.keyword not in ("COPY", "ADD") or instruction.flag("from") is not None:
        return False
    sources = [unquote(each, instruction.escape) for each in instruction.arguments[:-1]]
    return any(each.removeprefix("./").strip("/") in _WHOLE for each in sources)


def _is_needed(kind: Unwanted, dockerfile: Dockerfile) -> bool:
    """Whether the build reads the history, so that it cannot be left out."""
    return kind is Unwanted.GIT and any(
        _READS_HISTORY.search(text)
        for each in dockerfile.instructions
        if each.keyword == "RUN"
        for text in (each.text, *(heredoc.text for heredoc in each.heredocs))
    )


def _listed(taken: list[Unwanted]) -> str:
    *most, last = [f"`{kind.word}`" for kind in taken]
    return f"{', '.join(most)} and {last}" if most else last


def _why(context: Context) -> str:
    if context.ignore_path is None:
        where = named(context.folder) if context.folder else "the repository's top folder"
        return f"there is no `.dockerignore` in {where}, which it is built from"
    return f"{named(context.ignore_path)} does not leave that out"


def _fix(context: Context, taken: list[Unwanted]) -> str:
    path = context.ignore_path or f"{context.folder}/.dockerignore".removeprefix("/")
    return f"Write into {named(path)}, a line each: {', '.join(f'`{kind}`' for kind in taken)}."
