"""Public images whose user is known not to be root, with where that is written."""

from dataclasses import dataclass

from rules.subjects.image import Image

_HUB = ("docker.io/library/", "index.docker.io/library/", "docker.io/", "index.docker.io/")


@dataclass(frozen=True, slots=True)
class _Known:
    """Images by the start of their name, or all of it where that does not end with ``/``.

    ``numbered``: their USER is a number. ``tag``: only those whose tag has this part.
    """

    start: str
    source: str
    numbered: bool = True
    tag: str = ""


_KNOWN = (
    _Known("gcr.io/distroless/", "github.com/GoogleContainerTools/distroless", tag="nonroot"),
    _Known("cgr.dev/chainguard/", "edu.chainguard.dev/chainguard/migration"),
    _Known("bitnami/", "docs.bitnami.com/tutorials/bitnami-best-practices-hardening-containers"),
    *(
        _Known(f"{where}/nginx-unprivileged", "github.com/nginx/docker-nginx-unprivileged")
        for where in ("nginxinc", "ghcr.io/nginx", "quay.io/nginx", "public.ecr.aws/nginx")
    ),
    _Known("registry.k8s.io/pause", "github.com/kubernetes/kubernetes/tree/master/build/pause"),
    _Known("quay.io/jupyter/", "github.com/jupyter/docker-stacks"),
    _Known("jupyter/", "github.com/jupyter/docker-stacks"),
    _Known("mcr.microsoft.com/dotnet/", "github.com/dotnet/dotnet-docker", tag="chiseled"),
    _Known("mcr.microsoft.com/dotnet/", "github.com/dotnet/dotnet-docker", tag="distroless"),
    _Known("openpolicyagent/opa", "github.com/open-policy-agent/opa/issues/4295"),
    _Known("quay.io/keycloak/keycloak", "github.com/keycloak/keycloak/quarkus/container"),
    _Known("grafana/grafana", "github.com/grafana/grafana"),
    _Known("apache/airflow", "github.com/apache/airflow"),
    _Known("memcached", "github.com/docker-library/memcached", numbered=False),
    _Known("prom/prometheus", "github.com/prometheus/prometheus", numbered=False),
)
# Of those above: images that are made to be built upon, as root.
_ROOT = ("cgr.dev/chainguard/wolfi-base", "cgr.dev/chainguard/chainguard-base", "bitnami/minideb")


def is_nonroot(image: Image) -> bool:
    """Whether the image's own USER is known not to be root: its tag says so, or it is public."""
    return "nonroot" in _parts(image) or any(_is(image, each) for each in _KNOWN)


def is_numbered(image: Image) -> bool:
    """Whether that USER is known to be a number, as ``runAsNonRoot`` needs it."""
    return any(each.numbered and _is(image, each) for each in _KNOWN)


def _is(image: Image, known: _Known) -> bool:
    name = image.name
    for prefix in _HUB:
        name = name.removeprefix(prefix)
    there = name.startswith(known.start) if known.start.endswith("/") else name == known.start
    return there and name not in _ROOT and (not known.tag or known.tag in _parts(image))


def _parts(image: Image) -> list[str]:
    return (image.tag or "").split("-")
