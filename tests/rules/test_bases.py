"""Public images whose user is known."""

import pytest

from rules.bases import is_nonroot, is_numbered
from rules.subjects.image import parse


@pytest.mark.parametrize(
    ("reference", "nonroot", "numbered"),
    [
        ("gcr.io/distroless/static-debian12:nonroot", True, True),
        ("gcr.io/distroless/java21-debian12:debug-nonroot-amd64", True, True),
        ("gcr.io/distroless/static-debian12", False, False),
        ("gcr.io/distroless/static-debian12:debug", False, False),
        ("ghcr.io/shop/base:1.4-nonroot", True, False),
        ("ghcr.io/shop/base:nonrooted", False, False),
        ("cgr.dev/chainguard/static:latest", True, True),
        ("cgr.dev/chainguard/wolfi-base", False, False),
        ("docker.io/bitnami/redis:7.4", True, True),
        ("bitnami/minideb:bookworm", False, False),
        ("nginxinc/nginx-unprivileged:1.27", True, True),
        ("docker.io/library/memcached:1.6.25", True, False),
        ("shop/memcached:1.6.25", False, False),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-noble-chiseled-extra", True, True),
        ("mcr.microsoft.com/dotnet/aspnet:8.0", False, False),
        ("python:3.12.3", False, False),
    ],
)
def test_whose_user_is_known(reference: str, nonroot: bool, numbered: bool) -> None:
    image = parse(reference)
    assert image is not None
    assert (is_nonroot(image), is_numbered(image)) == (nonroot, numbered)
