"""floating-base: which FROM moves, whatever variables and stages stand in it."""

import pytest

from rules.dockerfile.floating_base import floating_base
from rules.finding import Blocks, Finding, Severity
from rules.rule import judge
from rules.subjects.dockerfile import parse

DIGEST = "sha256:" + "0123456789abcdef" * 4


def found(text: str) -> list[Finding]:
    return judge([floating_base], [parse(text, "app/Dockerfile")])


@pytest.mark.parametrize(
    "text",
    [
        "FROM alpine",
        "from alpine AS base",
        "FROM alpine:latest",
        "FROM registry:5000/image",
        "FROM localhost:5000/org/image",
        "FROM [::1]:5000/image",
        "FROM --platform=linux/amd64 ubuntu",
        "FROM debian:stable-slim",
        "FROM nginx:mainline-alpine",
        "FROM alpine:edge",
        "FROM node:lts",
        "FROM ghcr.io/o/a:main",
        "FROM ghcr.io/o/a:nightly",
        'FROM "alpine:latest"',
        "ARG V=latest\nFROM alpine:$V",
        "ARG V=latest\nFROM alpine:${V}",
        "ARG A=alpine\nARG B=${A}\nFROM $B",
        "FROM alpine:${V:-latest}",
        "ARG V\nFROM alpine:${V:-latest}",
        "ARG V=\nFROM alpine:${V:-edge}",
        "ARG V=x\nFROM alpine${V:+:latest}",
        "ARG V=v-latest\nFROM alpine:${V#v-}",
        "ARG V=latest-rc\nFROM alpine:${V%-*}",
        "ARG REGISTRY\nFROM ${REGISTRY}/alpine",
        "ARG REGISTRY\nFROM $REGISTRY/alpine:latest",
        "ARG REGISTRY=\nFROM ${REGISTRY}alpine",
        "FROM Alpine",
        "FROM node AS node\nFROM node",
        "# escape=`\nFROM `\n alpine",
        "\ufeffFROM alpine",
        "FROM alpine\r\nRUN x\r\n",
        "FROM\talpine",
    ],
)
def test_what_moves(text: str) -> None:
    (one,) = found(text)
    lines = text.splitlines()
    first = next(n for n, line in enumerate(lines, 1) if "FROM" in line.upper())
    assert one.location.line == first


@pytest.mark.parametrize(
    "text",
    [
        "FROM scratch",
        "FROM alpine:3.20.3",
        "FROM alpine:3",  # loose, not floating
        "FROM registry:5000/image:1.4",
        f"FROM alpine@{DIGEST}",
        f"FROM alpine:latest@{DIGEST}",
        f"FROM registry:5000/image@{DIGEST}",
        f"ARG D={DIGEST}\nFROM alpine@$D",
        "FROM a:1 AS base\nFROM base",
        "FROM a:1 AS Base\nFROM base",
        "FROM a:1 AS base\nFROM BASE",
        "ARG S=base\nFROM a:1 AS base\nFROM $S",
        "ARG V=3.20.3\nFROM alpine:${V}",
        "ARG V=latest\nARG V=3.20.3\nFROM alpine:$V",
        "ARG V\nFROM alpine:${V}",
        "ARG BASE\nFROM ${BASE}",
        "FROM a:1 AS base-amd64\nFROM base-${TARGETARCH}",
        "ARG R\nFROM ${R}/alpine:3.20.3",
        "ARG R\nFROM ${R}alpine",  # R may end in a name of its own
        "FROM a:1\nARG V=latest\nENV W=latest\nRUN echo alpine:$V",
        "FROM mcr.microsoft.com/windows/nanoserver:ltsc2022",
        "FROM ghcr.io/org/latest:1.0",
        "FROM $UNDECLARED",
        "FROM a:1\nCOPY --from=nginx /a /b",
        "FROM a:1\nRUN <<EOF\nFROM alpine\nEOF",
    ],
)
def test_what_stays(text: str) -> None:
    assert found(text) == []


def test_it_is_a_letter_b_that_never_blocks_by_default() -> None:
    (one,) = found("FROM alpine AS base\nUSER 1")
    assert (one.severity, one.blocks) == (Severity.BLOCKING, Blocks.NEVER)
    assert (one.address, one.detail) == ("app/Dockerfile", "base FROM alpine")
    assert one.location.block == (1, 1)


def test_its_place_is_the_from_even_when_an_argument_says_the_tag() -> None:
    (one,) = found("ARG V=latest\n# why\nFROM \\\n  alpine:$V\n")
    assert (one.location.line, one.location.block) == (3, (3, 4))
    assert "`alpine:latest` moves" in one.message


def test_what_is_not_known_is_shown_as_it_is_written() -> None:
    (one,) = found("ARG R\nFROM ${R}/alpine")
    assert "`${R}/alpine` has no tag" in one.message
    assert one.message.isprintable()


def test_two_equal_ones_are_two() -> None:
    one, two = found("FROM alpine\nFROM alpine")
    assert one.identity != two.identity
