"""An image reference: ``[registry/]path[:tag][@digest]``, as a container runtime reads it."""

import re
from dataclasses import dataclass

_PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]{{2,45}}\])(?::[0-9]{{1,5}})?"
_NAME = re.compile(rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
# The algorithms that runtimes know, each with as many digits as it makes, in small letters.
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")
_ID = re.compile(r"[0-9a-f]{64}")  # an image's own id, which no registry is asked for
_LONGEST = 1024  # signs: a name has at most 255, a tag 128, a digest about 140

_WORDS = """
latest stable unstable mainline main master trunk head tip edge nightly daily weekly canary dev
devel develop development snapshot rolling current next preview experimental testing rawhide lts
"""
_MOVING = frozenset(_WORDS.split())
# A part of a tag that names one build: a version, a date, a number, a commit.
_FIXED = re.compile(r"v?\d[\w.]*|(?=[a-f]*\d)[0-9a-f]{7,64}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Image:
    """A parsed reference: ``name`` with its registry as it was written, and what pins it."""

    name: str
    tag: str | None = None
    digest: str | None = None

    @property
    def is_moving(self) -> bool:
        """Whether the same reference can mean other content tomorrow, by its own words.

        No tag means ``latest``; a digest never moves. ``stable-slim`` moves, ``main-1a2b3c4``,
        ``nightly-20260131`` and ``3.12-dev`` name one build or one line of versions.
        """
        if self.digest is not None:
            return False
        if self.tag is None:
            return True
        parts = re.split(r"[-_]", self.tag.lower())
        if parts[-1] == "latest":
            return True
        return not _MOVING.isdisjoint(parts) and not any(map(_FIXED.fullmatch, parts))

    @property
    def last(self) -> str:
        """The last segment of the name: ``web`` of ``ghcr.io/org/web``."""
        return self.name.rpartition("/")[2]


def parse(reference: str) -> Image | None:
    """The parts of an image reference; None where no runtime would accept it."""
    if len(reference) > _LONGEST:
        return None
    rest, at, digest = reference.partition("@")
    # A colon before the last slash is a registry's port: registry:5000/image has no tag.
    folder, slash, leaf = rest.rpartition("/")
    leaf, colon, tag = leaf.partition(":")
    name = folder + slash + leaf
    if at and not _DIGEST.fullmatch(digest):
        return None
    if colon and not _TAG.fullmatch(tag):
        return None
    if len(name) > 255 or not _NAME.fullmatch(name) or _ID.fullmatch(name):
        return None
    return Image(name, tag if colon else None, digest if at else None)
