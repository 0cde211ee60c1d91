"""root-image: what counts as root, where it is said, and when it blocks."""

from collections.abc import Callable

import pytest

from rules.dockerfile.root_image import root_image
from rules.finding import Blocks, Finding
from rules.release import Release
from rules.rule import judge
from rules.subjects.dockerfile import Dockerfile, parse


def found(text: str, built: Callable[[str], Dockerfile | None] | None = None) -> list[Finding]:
    release = Release(dockerfile_of=built) if built else Release()
    return judge([root_image], [parse(text, "app/Dockerfile")], release)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("FROM a:1\nUSER root", 2),
        ("FROM a:1\nUSER 0", 2),
        ("FROM a:1\nUSER 0:0", 2),
        ("FROM a:1\nUSER root:root", 2),
        ("FROM a:1\nUSER 00:1000", 2),
        ('FROM a:1\nUSER "root"', 2),
        ("FROM a:1\nUSER 1000\nUSER root", 3),
        ("FROM a:1\nARG U=0\nUSER ${U}", 3),
        ("FROM a:1\nUSER ${U:-root}", 2),
        ("FROM a:1 AS base\nUSER root\nFROM base", 2),
        ("FROM x:nonroot\nUSER root", 2),
        ("FROM scratch\nUSER 0", 2),
        ("FROM a:1\nUSER \\\n  # who\n  root", 2),
    ],
)
def test_root_by_intent_blocks_wherever_it_is_new(text: str, line: int) -> None:
    (one,) = found(text)
    assert (one.location.line, one.blocks) == (line, Blocks.NEW)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("FROM a:1", 1),
        ("FROM a:1 AS x\nUSER 1000\nFROM b:2", 3),
        ("FROM a:1 AS x\nFROM x", 2),
        ("FROM a:1\nONBUILD USER 1000", 1),
        ("FROM cgr.dev/chainguard/wolfi-base:1", 1),
        ("FROM gcr.io/distroless/static-debian12:debug", 1),
        ("FROM a:1-nonrooted", 1),
        ('FROM scratch\nCMD ["/a"]', 1),
    ],
)
def test_nobody_said_blocks_only_on_what_is_added(text: str, line: int) -> None:
    (one,) = found(text)
    assert (one.location.line, one.blocks) == (line, Blocks.ADDED)


@pytest.mark.parametrize(
    "text",
    [
        "FROM a:1\nUSER 1000",
        "FROM a:1\nUSER app",
        "FROM a:1\nUSER root\nUSER app",
        "FROM a:1 AS base\nUSER root\nFROM base\nUSER 1",
        "FROM a:1 AS x\nUSER root\nFROM b:2\nUSER 1000",
        "FROM a:1\nUSER $WHO",
        "FROM ${BASE}",
        "ARG BASE\nFROM ${BASE}:1",
        "FROM gcr.io/distroless/java21-debian12:nonroot",
        "FROM docker.io/bitnami/redis:7.4.1",
        "FROM scratch\nCOPY a /",
        "FROM mcr.microsoft.com/windows/servercore:ltsc2022",
    ],
)
def test_nothing_to_say(text: str) -> None:
    assert found(text) == []


def test_an_own_base_image_counts_only_where_it_has_another_user() -> None:
    for said, expected in (("USER 7", 0), ("USER app", 0), ("USER root", 1), ("RUN a", 1)):
        base = parse(f"FROM b:1\n{said}", "base/Dockerfile")
        assert len(found("FROM ghcr.io/shop/base:1", {"ghcr.io/shop/base:1": base}.get)) == expected


def test_root_by_intent_is_another_fault_than_saying_nothing() -> None:
    (silent,), (said,) = found("FROM a:1"), found("FROM a:1\nUSER root")
    assert silent.identity != said.identity


def test_a_stage_more_is_the_same_finding() -> None:
    """The image ran as root before: a new last stage, or its new name, brings nothing new."""
    one, other = (
        judge([root_image], [parse(text, "Dockerfile")])
        for text in ("FROM a:1.2\n", "FROM a:1.2 AS first\nRUN x\nFROM b:1.2 AS last\n")
    )
    assert [each.identity for each in one] == [each.identity for each in other]
