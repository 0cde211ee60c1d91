"""baked-secret."""

from collections.abc import Iterator

from rules.finding import Blocks, Problem, Severity, named
from rules.layers import Kept, kept
from rules.rule import rule
from rules.subjects.dockerfile import Dockerfile

BAD_ENV = """
  FROM node:22.11.0
> ENV API_KEY="9f86d081884c7d65"
"""
BAD_ARG = """
  FROM node:22.11.0
> ARG NPM_TOKEN
  RUN npm ci
"""
BAD_KEY_FILE_REMOVED = """
  FROM golang:1.23.4
> COPY id_rsa /root/.ssh/id_rsa
  RUN go mod download
  RUN rm /root/.ssh/id_rsa
"""
BAD_ENV_FILE = """
  FROM golang:1.23.4 AS build
> COPY go.mod go.sum .env ./
  FROM scratch
  COPY --from=build /app /app
"""
BAD_RUN = """
  FROM debian:12.8
  RUN apt-get update && \\
>     curl --user deploy:Tr0ub4dor https://files.shop.internal/app.deb -o app.deb && \\
      dpkg -i app.deb
"""
BAD_ARGUMENT_KEPT = """
  FROM python:3.12.3
> ARG PIP_PASSWORD
  ENV PATH=/app/bin:$PATH \\
>     PIP_PASSWORD=${PIP_PASSWORD}
"""
GOOD_MOUNT = """
  FROM node:22.11.0
  RUN --mount=type=secret,id=npm,target=/root/.npmrc npm ci
"""
GOOD_NAMES = """
  FROM python:3.12.3
  ARG USERNAME=app
  ARG TOKEN_TTL=3600
  ENV PRIVATE_REGISTRY=registry.shop.internal
  ENV GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305
"""
GOOD_WHERE_IT_IS = """
  FROM python:3.12.3
  ENV DB_PASSWORD_FILE=/run/secrets/db \\
      TLS_KEY=/etc/tls/tls.key
"""
GOOD_EMPTY = """
  FROM postgres:17.2
  ENV POSTGRES_PASSWORD="" POSTGRES_USER=app MYSQL_ALLOW_EMPTY_PASSWORD=yes
"""
GOOD_MOUNTED_VARIABLE = """
  FROM debian:12.8
  RUN --mount=type=secret,id=token TOKEN="$(cat /run/secrets/token)" \\
      && curl --header "Authorization: Bearer $TOKEN" https://files.shop.internal/app.deb
"""
GOOD_PUBLIC_FILES = """
  FROM debian:12.8
  COPY id_rsa.pub /root/.ssh/authorized_keys
  COPY certs/ca.pem certs/tls.crt /etc/ssl/certs/
"""
GOOD_EXAMPLE_FILE = """
  FROM node:22.11.0
  COPY .env.example .env
  COPY package*.json ./
"""
GOOD_WORDS_ALIKE = """
  FROM debian:12.8
  RUN ./configure --with-password-argon2 && adduser --disabled-password app
"""
GOOD_DUMMY_FOR_THE_BUILD = """
  FROM ruby:3.3.6
  RUN SECRET_KEY_BASE_DUMMY=1 ./bin/rails assets:precompile
"""
GOOD_LOOPBACK = """
  FROM node:22.11.0
  ENV DATABASE_URL=postgresql://app:app@localhost:5432/app
"""
GOOD_ONLY_BOUND = """
  FROM node:22.11.0
  RUN --mount=type=bind,source=.env,target=.env npm run build
"""
GOOD_ASKED_FOR = """
  FROM debian:12.8
  RUN echo "root:$(openssl rand -hex 16)" | chpasswd
"""
_FIX = (
    "Mount it for the one command that needs it, `RUN --mount=type=secret,id=...`, and revoke it"
    " if it is in git."
)


@rule(
    Severity.BLOCKING,
    blocks=Blocks.NEW,
    bad=[BAD_ENV, BAD_ARG, BAD_KEY_FILE_REMOVED, BAD_ENV_FILE, BAD_RUN, BAD_ARGUMENT_KEPT],
    good=[
        GOOD_MOUNT,
        GOOD_NAMES,
        GOOD_WHERE_IT_IS,
        GOOD_EMPTY,
        GOOD_MOUNTED_VARIABLE,
        GOOD_PUBLIC_FILES,
        GOOD_EXAMPLE_FILE,
        GOOD_WORDS_ALIKE,
        GOOD_DUMMY_FOR_THE_BUILD,
        GOOD_LOOPBACK,
        GOOD_ONLY_BOUND,
        GOOD_ASKED_FOR,
    ],
)
def baked_secret(dockerfile: Dockerfile) -> Iterator[Problem]:
    """A secret is built into the image.

    Whoever can pull the image can read it: build arguments and RUN lines stand in its history,
    ENV in its configuration, and a file stays in the layer that brought it although a later RUN
    removes it. Earlier stages keep theirs in the build cache and in what is copied from them.

    Fix: mount it for the one command that needs it, `RUN --mount=type=secret,id=npm ...`, give
    the running container its secrets from outside, and revoke the one that is in git now.
    """
    arguments = frozenset(
        pair.name
        for each in dockerfile.instructions
        if each.keyword == "ARG"
        for pair in each.pairs
    )
    for instruction in dockerfile.instructions:
        stage = dockerfile.stage_of(instruction)
        label = stage.label if stage else ""
        for found in kept(instruction, arguments):
            yield Problem(
                dockerfile.at(instruction, found.line),
                f"{_shown(found)} {found.why}.",
                detail=f"{label} {instruction.keyword} {found.what}".strip(),
                fix=_FIX,
                severity=None if found.sure else Severity.WARNING,
            )


def _shown(found: Kept) -> str:
    return found.what[:1].upper() + found.what[1:] if " " in found.what else named(found.what)
