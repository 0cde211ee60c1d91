"""What a rule may look around in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from rules.around import Around
from rules.config import Config
from rules.contexts import Context
from rules.defined import Definition, Index
from rules.subjects.dockerfile import Dockerfile
from rules.subjects.manifest import Manifest


def _nothing(_image: str) -> Dockerfile | None:
    return None


def _never(_image: str) -> bool:
    return False


def _none() -> Sequence[Manifest]:
    return ()


def _whole() -> bool:
    return True


def _undefined() -> Sequence[Definition]:
    return ()


def _no_context(_dockerfile: str) -> Sequence[Context]:
    return ()


@dataclass(frozen=True)
class Release:
    """The surroundings of a subject: the project it belongs to and the repository's Dockerfiles.

    ``project`` is the folder that the subjects are judged in (part of each finding's identity).
    ``dockerfile_of`` finds the Dockerfile of this repository that builds an image reference, or
    None; ``tagged_later`` says whether a build of it puts the tag into the manifests (skaffold).
    ``objects`` are all that is applied together with the subject, itself included, whether the
    change touches it or not; ``whole`` says that nothing of that is unreadable or only known once
    it is rendered, so that what is not among them is not there. ``index`` knows what all of the
    repository defines, and ``earlier`` what the change's own files defined at the merge base.
    ``contexts_of`` are the folders that a Dockerfile is built from, none where nobody can look.
    ``config`` is the repository's.
    All are asked only when a rule needs it, since they may read what the change does not touch.
    """

    project: str = ""
    dockerfile_of: Callable[[str], Dockerfile | None] = _nothing
    tagged_later: Callable[[str], bool] = _never
    objects: Callable[[], Sequence[Manifest]] = _none
    whole: Callable[[], bool] = _whole
    config: Config = field(default_factory=Config)
    index: Callable[[], Index] = Index
    earlier: Callable[[], Sequence[Definition]] = _undefined
    contexts_of: Callable[[str], Sequence[Context]] = _no_context

    @cached_property
    def around(self) -> Around:
        """The objects, sorted once for all rules."""
        return Around(self.objects())
