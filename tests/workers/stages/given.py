"""A commit's files as a stage is handed them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bot.change import ChangedFile, FileStatus
from rules.finding import Side
from workers.project import Entry, Project


@dataclass
class Files:
    """A tree: contents by path, the modes of its links and submodules, and their shas."""

    contents: Mapping[str, str | bytes]
    modes: Mapping[str, str] = field(default_factory=dict)
    shas: Mapping[str, str] = field(default_factory=dict)
    commit: str = "c" * 40

    def find(self, paths: Iterable[str]) -> Mapping[str, Entry]:
        return {
            path: Entry(self.modes.get(path, "100644"), self.shas.get(path, "a" * 40))
            for path in paths
            if path in self.contents
        }

    def entries(self) -> Mapping[str, Entry]:
        return self.find(self.contents)

    def beside(self, folder: str) -> Mapping[str, Entry]:
        return self.find([path for path in self.contents if path.rpartition("/")[0] == folder])

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return self._of(paths, lambda entry: entry.regular)

    def targets(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return self._of(paths, lambda entry: entry.link)

    def _of(self, paths: Iterable[str], wanted: Callable[[Entry], bool]) -> Mapping[str, bytes]:
        return {
            path: content.encode() if isinstance(content, str) else content
            for path, entry in self.find(paths).items()
            if wanted(entry)
            for content in [self.contents[path]]
        }


def project(tree: Files, *paths: str, changed: Iterable[str] = ()) -> Project:
    """The tree's files as one project; ``changed`` are those that the change wrote."""
    files = tuple(
        ChangedFile(FileStatus.ADDED, path, path, "0" * 40, "a" * 40, "000000", "100644")
        for path in changed
    )
    return Project("", Side.HEAD, paths or tuple(tree.contents), tree, files)
