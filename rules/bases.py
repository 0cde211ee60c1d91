"""Public images whose user is known not to be root, with where that is written."""

from dataclasses import dataclass

from rules.subjects.image import Image

_HUB = ("docker.io/", "index.docker.io/")


@dataclass(frozen=True, slots=True)
class _Known:
    """Images by the start of their name. ``numbered``: their USER is a number."""

    start: str
    source: str
    numbered: bool = True


_KNOWN = (
    _Known("cgr.dev/chainguard/", "https://edu.chainguard.dev/chainguard/chainguard-images/"),
    _Known("bitnami/", "https://techdocs.broadcom.com/ - Bitnami: non-root containers"),
    _Known("nginxinc/nginx-unprivileged", "https://github.com/nginx/docker-nginx-unprivileged"),
    _Known(
        "registry.k8s.io/pause", "https://github.com/kubernetes/kubernetes/tree/master/build/pause"
    ),
)
# Of those above: images that are made to be built upon, as root.
_ROOT = ("cgr.dev/chainguard/wolfi-base", "cgr.dev/chainguard/chainguard-base", "bitnami/minideb")


def is_nonroot(image: Image) -> bool:
    """Whether the image's own USER is known not to be root."""
    return is_numbered(image) or _found(image, numbered=False)


def is_numbered(image: Image) -> bool:
    """Whether its USER is also known to be a number, as ``runAsNonRoot`` needs it."""
    if image.tag and "nonroot" in image.tag.split("-"):
        return True  # https://github.com/GoogleContainerTools/distroless and who follows it
    return _found(image, numbered=True)


def _found(image: Image, *, numbered: bool) -> bool:
    name = image.name
    for prefix in _HUB:
        name = name.removeprefix(prefix)
    if name in _ROOT:
        return False
    return any(name.startswith(each.start) and each.numbered is numbered for each in _KNOWN)
