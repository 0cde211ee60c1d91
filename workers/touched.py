"""Which files of a change each stage judges."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.change import Diff
from rules.config import NAME as SETTINGS
from rules.config import Config
from rules.finding import Side
from rules.subjects.dockerfile import is_dockerfile
from rules.subjects.manifest import is_manifest, telling
from workers.project import Entry, Project, Tree
from workers.stages.kubernetes_rules import LOCKS, touched_by


@dataclass(frozen=True)
class Reviewed:
    """A change as the child sees it, and what it goes by: both of base.

    ``marked`` says which paths base's attributes name; ``config`` is what its file says.
    """

    diff: Diff
    merge_base: Tree
    head: Tree
    marked: Callable[[Sequence[str]], frozenset[str]]
    config: Config = field(default_factory=Config)

    def tree(self, side: Side) -> Tree:
        """The commit of one side."""
        return self.head if side is Side.HEAD else self.merge_base

    def changed(self, side: Side) -> dict[str, Entry]:
        """The files of the diff that exist on one side."""
        if side is Side.HEAD:
            files = self.diff.by_new_path.items()
            return {path: Entry(file.new_mode, file.new_sha) for path, file in files}
        old = self.diff.by_old_path.items()
        return {path: Entry(file.old_mode, file.old_sha) for path, file in old}

    def project(self, side: Side, paths: Iterable[str]) -> Project:
        """The paths as one project of loose files."""
        wanted, tree = tuple(sorted(paths)), self.tree(side)
        return Project("", side, wanted, tree, self.diff.files, self.config)


def manifests(path: str, entry: Entry) -> bool:
    """What may be a manifest: the stage looks inside."""
    return entry.regular and is_manifest(path)


def dockerfiles(path: str, entry: Entry) -> bool:
    """Dockerfiles, by their names."""
    return entry.regular and is_dockerfile(path)


def links_and_settings(path: str, entry: Entry) -> bool:
    """Symbolic links and submodules, which are never followed, and Redline's own file."""
    return entry.link or entry.submodule or (path == SETTINGS and entry.regular)


def manifests_of_images(reviewed: Reviewed) -> Iterable[str]:
    """The manifests whose image a changed Dockerfile builds, where that may make them fail."""
    built = [file for file in reviewed.diff.files if is_dockerfile(file.new_path)]
    if not built:
        return ()
    return touched_by(built, reviewed.head, reviewed.merge_base, reviewed.config.images)


def large_manifest(path: str, start: bytes) -> bool:
    """Whether a file that is too large to be read would have been judged as a manifest."""
    data = path.lower().endswith(".json") or path.rpartition("/")[2] in LOCKS
    return not data or bool(telling(start))


def always(_path: str, _start: bytes) -> bool:
    """What a stage wants by its name is judged, however large."""
    return True


def chosen(files: Mapping[str, Entry], wants: Callable[[str, Entry], bool]) -> list[str]:
    """The paths that a stage wants."""
    return [path for path, entry in files.items() if wants(path, entry)]
