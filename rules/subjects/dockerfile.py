"""A Dockerfile, with its lines."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile, parsed."""

    path: str
