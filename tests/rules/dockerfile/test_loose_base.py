"""loose-base: which numbers are a major version alone."""

import pytest

from rules.dockerfile.floating_base import floating_base
from rules.dockerfile.loose_base import loose_base
from rules.rule import judge
from rules.subjects.dockerfile import parse


def found(reference: str, before: str = "") -> list[str]:
    subject = parse(f"{before}FROM {reference}\n", "Dockerfile")
    return [one.rule for one in judge([loose_base, floating_base], [subject])]


@pytest.mark.parametrize(
    "reference",
    [
        "node:20",
        "node:20-alpine",
        "node:20-bookworm-slim",
        "maven:3-jdk-8",
        "alpine:3",
        "oven/bun:1",
        "docker.io/library/python:3",
        "public.ecr.aws/docker/library/golang:1",
        "mcr.microsoft.com/dotnet/sdk:8-alpine",
        "traefik:v3",
        "ruby:3-alpine3.20",
    ],
)
def test_a_major_version_alone(reference: str) -> None:
    assert found(reference) == ["loose-base"]


@pytest.mark.parametrize(
    "reference",
    [
        "node:20.18",
        "debian:12",
        "redhat/ubi9:9.5",
        "fedora:41",
        "quay.io/centos/centos:stream9",
        "node:20@sha256:" + "0" * 64,
        "postgis/postgis:16-3.4",
        "shop/web:3-1a2b3c4d",
        "shop/web:3-20250101",
        "shop/web:1234",
        "registry.shop.internal/web:12",
        "localhost:5000/web:12",
        "python:${MINOR}",
        "scratch",
    ],
)
def test_something_else(reference: str) -> None:
    assert found(reference) == []


def test_what_moves_anyway_is_said_once() -> None:
    assert found("node:latest") == ["floating-base"]
    assert found("node") == ["floating-base"]


def test_an_argument_is_resolved() -> None:
    assert found("node:${N}-slim", "ARG N=20\n") == ["loose-base"]
    assert found("node:${N}-slim", "ARG N=20.18\n") == []


def test_a_registry_that_only_the_build_knows_may_hold_anything() -> None:
    assert found("${REGISTRY}/node:20", "ARG REGISTRY\n") == []


def test_another_major_version_is_the_same_finding() -> None:
    before, after = (
        judge([loose_base], [parse(f"FROM node:{major}-alpine AS base\n", "Dockerfile")])[0]
        for major in (8, 12)
    )
    assert before.identity == after.identity
