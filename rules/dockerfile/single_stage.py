"""single-stage."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.building import (
    bundles,
    compiler_in,
    compiles,
    development_only,
    is_tool,
    removes,
)
from rules.finding import Problem, Severity, named
from rules.rule import rule
from rules.shell import Command, commands
from rules.subjects.dockerfile import Dockerfile, Stage
from rules.subjects.image import parse
from rules.subjects.instruction import Instruction
from rules.subjects.words import unquote

BAD_COMPILER_IMAGE = """
  FROM golang:1.23.4
  WORKDIR /src
  COPY . .
> RUN go build -o /app ./cmd/app
  CMD ["/app"]
"""
BAD_MAVEN = """
  FROM maven:3.9.9-eclipse-temurin-21
  COPY . .
> RUN mvn -q package
  ENTRYPOINT ["java", "-jar", "target/shop.jar"]
"""
BAD_PACKAGES = """
  FROM python:3.12.3-slim
> RUN apt-get update && apt-get install -y --no-install-recommends gcc libpq-dev
  COPY requirements.txt .
  RUN pip install -r requirements.txt
  CMD ["gunicorn", "shop:app"]
"""
BAD_NODE = """
  FROM node:22.11.0-alpine
  COPY . .
  RUN npm ci
> RUN npm run build
  CMD ["node", "dist/server.js"]
"""
BAD_DEVELOPMENT = """
  FROM python:3.12.3-slim
> RUN pip install -r requirements.txt -r requirements-dev.txt
  CMD ["python", "-m", "shop"]
"""
GOOD = """
  FROM golang:1.23.4 AS build
  RUN go build -o /app ./cmd/app
  FROM gcr.io/distroless/static-debian12:nonroot
  COPY --from=build /app /app
  ENTRYPOINT ["/app"]
"""
GOOD_REMOVED_AGAIN = """
  FROM python:3.12.3-alpine
  RUN apk add --no-cache --virtual .build gcc musl-dev \\
      && pip install -r requirements.txt \\
      && apk del .build
  CMD ["gunicorn", "shop:app"]
"""
GOOD_RUNS_THE_COMPILER = """
  FROM golang:1.23.4
  COPY . .
  RUN go build ./...
  CMD ["go", "test", "./..."]
"""
GOOD_TO_WORK_IN = """
  FROM ubuntu:24.04
  RUN apt-get update && apt-get install -y build-essential cmake python3-pip
  RUN pip install conan==2.9.2
  CMD ["/bin/bash"]
"""
GOOD_STARTS_NOTHING = """
  FROM rust:1.82.0
  RUN cargo build --release
"""
GOOD_FOR_DEVELOPMENT = """
  ==> Dockerfile.dev <==
  FROM node:22.11.0-alpine
  RUN npm ci
  RUN npm run build
  CMD ["node", "dist/server.js"]
"""
GOOD_WITHOUT_DEVELOPMENT = """
  FROM node:22.11.0-alpine
  RUN npm ci && npm run build && npm prune --omit=dev
  CMD ["node", "dist/server.js"]
"""
GOOD_RUNTIME_LIBRARIES = """
  FROM python:3.12.3-slim
  RUN apt-get update && apt-get install -y libpq5 curl make
  RUN pip install -r requirements.txt
  CMD ["gunicorn", "shop:app"]
"""
GOOD_COMPILES_AS_IT_RUNS = """
  FROM pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime
  RUN apt-get update && apt-get install -y gcc
  RUN pip install -r requirements.txt
  CMD ["python", "serve.py"]
"""
GOOD_DEVELOPMENT_SERVER = """
  FROM node:22.11.0-alpine
  RUN npm install
  RUN npm run build
  CMD ["npm", "run", "dev"]
"""
_WORDS = re.compile(r"[A-Za-z][a-z0-9]*|[A-Z]+")
_OF_PEOPLE = """
dev devel develop development devcontainer test tests testing ci e2e debug bench lint tools builder
circleci scripts hack sdk toolchain sample samples example examples demo
"""
_NOT_FOR_PRODUCTION = frozenset(_OF_PEOPLE.split())
_TOOLCHAINS = frozenset((
    *("golang", "rust", "gcc", "maven", "gradle", "sdk", "haskell", "swift", "sbt", "clojure"),
))  # fmt: skip
_NEEDS_COMPILER = re.compile(
    r"cuda|torch|tensorflow|rocm|jupyter|notebook|devcontainer|runner|jenkins|agent|cimg|julia"
    r"|r-base|rocker|rstudio|perl"
)
_FIX = "Build in a stage of its own, and copy only the result: `COPY --from=build ...`."


@dataclass(frozen=True, slots=True)
class _Step:
    """A command of a RUN, and where it stands."""

    instruction: Instruction
    command: Command

    @property
    def line(self) -> int:
        return self.instruction.line_at(self.instruction.at + self.command.at)


@rule(
    Severity.WARNING,
    bad=[BAD_COMPILER_IMAGE, BAD_MAVEN, BAD_PACKAGES, BAD_NODE, BAD_DEVELOPMENT],
    good=[
        GOOD,
        GOOD_REMOVED_AGAIN,
        GOOD_RUNS_THE_COMPILER,
        GOOD_TO_WORK_IN,
        GOOD_STARTS_NOTHING,
        GOOD_FOR_DEVELOPMENT,
        GOOD_WITHOUT_DEVELOPMENT,
        GOOD_RUNTIME_LIBRARIES,
        GOOD_COMPILES_AS_IT_RUNS,
        GOOD_DEVELOPMENT_SERVER,
    ],
)
def single_stage(dockerfile: Dockerfile) -> Iterator[Problem]:
    """What only the build needs stays in the final image.

    Compilers, package managers and development dependencies make each pull slower, bring most of
    the vulnerabilities that a scan reports, and are what a break-in uses first.

    It is said only where it is sure: the last stage compiles what it starts, or installs a compiler
    and builds with it, or brings a file of development dependencies, and nothing takes that away
    again. Images that start a shell, a compiler or tests, and those for development and CI by
    their names, are left alone.

    Fix: build in a stage of its own, and copy only the result into the last one.
    """
    if not dockerfile.stages or _is_for_people(dockerfile):
        return
    line = dockerfile.line_of(dockerfile.stages[-1])
    steps = [step for stage in line for step in _steps(stage)]
    found = next(_kept(line, steps), None)
    if found is not None:
        step, why = found
        yield Problem(
            dockerfile.at(step.instruction, step.line),
            f"{why}.",
            detail=f"{line[-1].label} tools",
            fix=_FIX,
        )


def _is_for_people(dockerfile: Dockerfile) -> bool:
    """Whether the image starts nothing of its own, or is not made for production by its name."""
    names = f"{dockerfile.path} {dockerfile.stages[-1].name}"
    words = {word.lower() for word in _WORDS.findall(names)}
    if not _NOT_FOR_PRODUCTION.isdisjoint(words):
        return True
    line = dockerfile.line_of(dockerfile.stages[-1])
    said = [each for stage in line for each in stage.instructions]
    starts = [each for each in said if each.keyword in ("CMD", "ENTRYPOINT")]
    started = [one for each in starts for one in _started(each)]
    return not started or any(map(is_tool, started))


def _started(instruction: Instruction) -> list[Command]:
    words = instruction.exec_form
    if words is None:
        return list(commands(instruction.rest))
    if len(words) > 2 and words[0].rpartition("/")[2] in ("sh", "bash", "ash") and words[1] == "-c":
        return list(commands(words[2]))
    return [Command(words, 1)] if words else []


def _steps(stage: Stage) -> Iterator[_Step]:
    for instruction in stage.instructions:
        if instruction.keyword == "RUN" and instruction.exec_form is None:
            for command in commands(instruction.rest):
                yield _Step(instruction, command)


def _kept(line: Sequence[Stage], steps: list[_Step]) -> Iterator[tuple[_Step, str]]:
    """What stays, and why that is known; the surest first."""
    if not any(removes(step.command) for step in steps):
        yield from _compiled(line[0], steps)
    yield from _packages(line[0], steps)
    found = bundles([step.command for step in steps])
    if found is not None and not _leaves_development_out(line):
        how, place = found
        yield steps[place], f"{named(how)} runs in the last stage: what only it needs stays in it"
    for step in steps:
        if (what := development_only(step.command)) is not None:
            yield step, f"{named(what)} is installed into the final image, for development only"


def _compiled(root: Stage, steps: list[_Step]) -> Iterator[tuple[_Step, str]]:
    image = parse(root.reference)
    toolchain = image is not None and image.last in _TOOLCHAINS and "slim" not in (image.tag or "")
    for step in steps:
        if (how := compiles(step.command, toolchain=toolchain)) is not None:
            yield step, f"{named(how)} runs in the last stage: its tools and the sources stay there"


def _leaves_development_out(line: Sequence[Stage]) -> bool:
    pairs = (
        (unquote(pair.name), unquote(pair.value or ""))
        for stage in line
        for each in stage.instructions
        if each.keyword in ("ENV", "ARG")
        for pair in each.pairs
    )
    return ("NODE_ENV", "production") in pairs


def _packages(root: Stage, steps: list[_Step]) -> Iterator[tuple[_Step, str]]:
    if _NEEDS_COMPILER.search(root.reference) or any(removes(step.command) for step in steps):
        return
    installed: dict[frozenset[str], tuple[_Step, str]] = {}  # by the programs that use it
    for step in steps:
        for users, (by, name) in installed.items():
            if step.command.program in users:
                how = " ".join((step.command.program, *step.command.arguments[:1]))
                yield by, f"{named(name)} stays in the final image after {named(how)} has used it"
                return
        if (found := compiler_in(step.command)) is not None:
            installed.setdefault(found[1], (step, found[0]))
