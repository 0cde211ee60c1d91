"""loose-base."""

import re
from collections.abc import Iterator

from rules.dockerfile.floating_base import image_of
from rules.finding import Problem, Severity, named
from rules.rule import rule
from rules.subjects.dockerfile import Dockerfile
from rules.subjects.image import Image
from rules.subjects.words import UNKNOWN

BAD = """
> FROM node:20
"""
BAD_VARIANT = """
  FROM golang:1.23.4 AS build
> FROM python:3-slim-bookworm
"""
BAD_ARGUMENT = """
  ARG MAJOR=17
> FROM --platform=linux/amd64 docker.io/library/postgres:${MAJOR}-alpine3.20 AS db
"""
BAD_V = """
> FROM traefik:v3
"""
GOOD_MENDED = """
  FROM node:20.18.1
"""
GOOD = """
  FROM node:20.18.1
  FROM python:3.12-slim
"""
GOOD_DIGEST = """
  FROM node:20@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
"""
GOOD_RELEASE_OF_A_DISTRIBUTION = """
  FROM fedora:41
  FROM debian:12-slim
  FROM amazonlinux:2
"""
GOOD_STAGE = """
  FROM node:20.18.1 AS base
  FROM base
"""
GOOD_DATE = """
  FROM archlinux:20250101
  FROM ubuntu:24.04
  FROM amazonlinux:2023
"""
GOOD_BUILD_NUMBER = """
  FROM registry.shop.internal:5000/base:41
  FROM ghcr.io/shop/base:7
"""
GOOD_VERSION_OF_SEVERAL_PARTS = """
  FROM postgis/postgis:16-3.4
  FROM maven:3-eclipse-temurin-21.0.5
"""
GOOD_ONLY_THE_BUILD_KNOWS = """
  ARG MINOR
  FROM python:3.${MINOR}
"""

# Where a number is a whole release, which gets only corrections.
_DISTRIBUTIONS = frozenset((
    *("debian", "fedora", "centos", "rockylinux", "almalinux", "oraclelinux", "amazonlinux"),
    *("leap", "photon", "ubi", "ubi-minimal", "ubi-micro", "ubi-init", "stream8", "stream9"),
))  # fmt: skip
# Elsewhere a bare number may well count the builds of one image.
_PUBLIC = ("docker.io", "index.docker.io", "mcr.microsoft.com", "quay.io", "public.ecr.aws")
_MAJOR = re.compile(r"v?\d{1,2}")
_EXACT = re.compile(r"v?\d+\.\d.*|\d{3,}|(?=[a-f]*\d)[0-9a-f]{7,64}")


@rule(
    Severity.WARNING,
    bad=[BAD, BAD_VARIANT, BAD_ARGUMENT, BAD_V],
    good=[
        GOOD_MENDED,
        GOOD,
        GOOD_DIGEST,
        GOOD_RELEASE_OF_A_DISTRIBUTION,
        GOOD_STAGE,
        GOOD_DATE,
        GOOD_BUILD_NUMBER,
        GOOD_VERSION_OF_SEVERAL_PARTS,
        GOOD_ONLY_THE_BUILD_KNOWS,
    ],
)
def loose_base(dockerfile: Dockerfile) -> Iterator[Problem]:
    """The base image is pinned to a major version only.

    Every minor version that comes out changes what the same commit builds: other defaults, other
    packages of the system below, a deprecated call that is gone. It comes with whatever build is
    next, so that a one-line fix carries it into production unseen.

    A number that names a release of a distribution (`debian:12`, `fedora:41`) is fine: such a
    release gets corrections alone.

    Fix: name the minor version as well, `node:20.18`, or the version and its digest, and let a
    bot raise it.
    """
    for stage in dockerfile.stages:
        image = image_of(stage) if UNKNOWN not in stage.reference else None
        if image is not None and _is_loose(image):
            yield Problem(
                dockerfile.at(stage.start),
                f"{named(stage.reference)} names a major version only: the same commit builds"
                " another image with each minor version.",
                detail=f"{stage.name} FROM {image.name}".strip(),
                fix="Name the minor version as well, or the version and its digest.",
            )


def _is_loose(image: Image) -> bool:
    if image.tag is None or image.digest is not None or image.last in _DISTRIBUTIONS:
        return False
    major, *others = re.split("[-_]", image.tag.lower())
    exact = any(map(_EXACT.fullmatch, others))
    return bool(_MAJOR.fullmatch(major)) and not exact and _is_public(image.name)


def _is_public(name: str) -> bool:
    host, slash, _ = name.partition("/")
    return not slash or not set(host) & set(".:") or host in _PUBLIC
