"""What a rule may look around in."""

from collections.abc import Callable
from dataclasses import dataclass

from rules.subjects.dockerfile import Dockerfile


def _nothing(_image: str) -> Dockerfile | None:
    return None


def _never(_image: str) -> bool:
    return False


@dataclass(frozen=True)
class Release:
    """The surroundings of a subject: the project it belongs to and the repository's Dockerfiles.

    ``project`` is the folder that the subjects are judged in (part of each finding's identity).
    ``dockerfile_of`` finds the Dockerfile of this repository that builds an image reference, or
    None; ``tagged_later`` says whether a build of it puts the tag into the manifests (skaffold).
    Both are asked only when a rule needs it, since they may read the whole repository.
    """

    project: str = ""
    dockerfile_of: Callable[[str], Dockerfile | None] = _nothing
    tagged_later: Callable[[str], bool] = _never
