"""What rules look for in a whole commit, found once for all that is judged at it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rules.config import Config
from rules.contexts import Context, Contexts
from rules.defined import Index
from rules.images import Images
from rules.rendered import KUSTOMIZATIONS
from rules.subjects import manifest
from rules.subjects.dockerfile import Dockerfile
from workers.looking import reader
from workers.project import Around, Entry, Project, Tree

MOST_INDEXED = 20_000  # files of a repository that are searched for what they define,
MOST_INDEX = 64 << 20  # bytes of them together,
INDEX_SECONDS = 20.0  # and how long: a mirror may have to fetch them first
_BATCH = 500  # files that are read in one go where a repository is looked through


@dataclass(frozen=True)
class Lookups:
    """Answers what rules ask of a whole commit; nothing is listed or read before one does."""

    tree: Tree
    config: Config

    def dockerfile_of(self, image: str) -> Dockerfile | None:
        """The Dockerfile that builds this image reference."""
        return self._images.dockerfile_of(image)

    def tagged_later(self, image: str) -> bool:
        """Whether a build puts its own tag in."""
        return self._images.tagged_later(image)

    def contexts_of(self, dockerfile: str) -> Sequence[Context]:
        """The build contexts of a Dockerfile."""
        return self._contexts.of(dockerfile)

    def index(self) -> Index:
        """What the commit's files define."""
        return self._index

    @cached_property
    def _images(self) -> Images:
        return Images(self.tree.entries, reader(self.tree), self.config.images)

    @cached_property
    def _contexts(self) -> Contexts:
        return Contexts(self.tree.entries, self._images.read, self._images.contexts_of)

    @cached_property
    def _index(self) -> Index:
        search = _Search(self.tree)
        return Index(search.files, lambda: search.whole)


def around(project: Project) -> Around:
    """The lookups that the project shares with others at its commit, else its own."""
    return project.around or Lookups(project.tree, project.config)


@dataclass
class _Search:
    """Every manifest of a repository, as long as that takes neither too much nor too long."""

    tree: Tree
    whole: bool = True

    def files(self) -> Iterator[tuple[str, bytes]]:
        entries = self.tree.entries().items()
        paths = sorted(path for path, entry in entries if holds_manifests(path, entry))
        self.whole = len(paths) <= MOST_INDEXED
        left, until = MOST_INDEX, time.monotonic() + INDEX_SECONDS
        for start in range(0, min(len(paths), MOST_INDEXED), _BATCH):
            files = reader(self.tree)(paths[start : start + _BATCH])
            left -= sum(map(len, files.values()))
            if left < 0 or time.monotonic() > until:
                self.whole = False
                return
            yield from files.items()


def holds_manifests(path: str, entry: Entry) -> bool:
    """Whether a file may hold manifests, or say what is made of them."""
    named = manifest.is_manifest(path) or path.rpartition("/")[2] in KUSTOMIZATIONS
    return entry.regular and named
