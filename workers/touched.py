"""Which files of a change each stage judges."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bot.change import Diff
from rules.config import NAME as SETTINGS
from rules.config import Config
from rules.finding import Side, folder
from rules.images import NAMES as IMAGE_FILES
from rules.jobs import has_jobs
from rules.outward import outward
from rules.subjects.dockerfile import is_dockerfile
from rules.subjects.manifest import is_manifest, telling
from rules.subjects.text import is_infrastructure
from workers.lookups import Lookups
from workers.project import Entry, Project, Tree
from workers.remembering import Remembering
from workers.stages.kubernetes_rules import said_together, touched_by
from workers.surroundings import LOCKS, Read, Surroundings

_MOST_FOLDERS = 200  # whose unchanged files are judged too


@dataclass(frozen=True)
class Reviewed:
    """A change as the child sees it, and what it goes by: both of base.

    ``marked`` says which paths base's attributes name; ``config`` is what its file says.
    ``remembering`` knows what earlier reviews made of the same files, None where nothing is kept.
    """

    diff: Diff
    merge_base: Tree
    head: Tree
    marked: Callable[[Sequence[str]], frozenset[str]]
    config: Config = field(default_factory=Config)
    remembering: Remembering | None = None

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
        before, files = self.merge_base if side is Side.HEAD else None, self.diff.files
        return Project("", side, wanted, tree, files, self.config, before, self._around[side])

    @cached_property
    def _around(self) -> Mapping[Side, Lookups]:
        return {side: Lookups(self.tree(side), self.config) for side in Side}


def manifests(path: str, entry: Entry) -> bool:
    """What may be a manifest: the stage looks inside."""
    return entry.regular and is_manifest(path)


def dockerfiles(path: str, entry: Entry) -> bool:
    """Dockerfiles, by their names."""
    return entry.regular and is_dockerfile(path)


def any_files(path: str, entry: Entry) -> bool:
    """Links and submodules, which are never followed, infrastructure code, Redline's own file."""
    text = entry.regular and (path == SETTINGS or is_infrastructure(path))
    return entry.link or entry.submodule or text


def manifests_of_images(reviewed: Reviewed) -> Iterable[str]:
    """The manifests whose image a changed Dockerfile builds, where that may make them fail."""
    built = [file for file in reviewed.diff.files if is_dockerfile(file.new_path)]
    if not built:
        return ()
    return touched_by(built, reviewed.head, reviewed.merge_base, reviewed.config.images)


def manifests_beside(reviewed: Reviewed) -> Iterable[str]:
    """The unchanged manifests of which something new is to be said for what changed beside them.

    Only where a change matters to other objects of its folder these are judged, and only by what
    is said of objects together: a release's other findings stay what they were.
    """
    head, base = (reviewed.project(side, ()) for side in (Side.HEAD, Side.BASE))
    now, then = Surroundings(head), Surroundings(base)
    found: list[str] = []
    for root in sorted(_turned(reviewed, now, then))[:_MOST_FOLDERS]:
        before = said_together(then, root)
        later = said_together(now, root)
        found += [path for path, said in later.items() if said - before.get(path, frozenset())]
    changed = reviewed.changed(Side.HEAD)
    return [path for path in found if path not in changed]


def _turned(reviewed: Reviewed, now: Surroundings, then: Surroundings) -> frozenset[str]:
    """The folders in which something changes for other objects than the changed ones."""
    files = [file for file in reviewed.diff.files if is_manifest(file.new_path)]
    old = then.look(file.old_path for file in files)
    new = now.look(file.new_path for file in files)
    turned = set()
    for file in files:
        folders = {folder(file.old_path), folder(file.new_path)}
        if len(folders) > 1 or _shown(old.get(file.old_path)) != _shown(new.get(file.new_path)):
            turned |= folders
    return frozenset(turned)


def _shown(read: Read | None) -> Counter[Hashable]:
    return Counter(map(outward, read.manifests if read else ()))


def manifests_affected(reviewed: Reviewed) -> Iterable[str]:
    """The unchanged manifests that a change makes judged."""
    return (*manifests_of_images(reviewed), *manifests_beside(reviewed))


def large_manifest(path: str, start: bytes) -> bool:
    """Whether a file that is too large to be read would have been judged as a manifest."""
    data = path.lower().endswith(".json") or path.rpartition("/")[2] in LOCKS
    return not data or bool(telling(start))


def large_script(path: str, _start: bytes) -> bool:
    """Whether a file that is too large to be read would have been judged for what it runs."""
    return path == SETTINGS or has_jobs(path)


def dockerfiles_of_ignores(reviewed: Reviewed) -> Iterable[str]:
    """The Dockerfiles beside an ignore file that the change touches: another context is theirs."""
    paths = {path for file in reviewed.diff.files for path in (file.old_path, file.new_path)}
    ignores = [path for path in paths if path.endswith((".dockerignore", ".containerignore"))]
    beside = {
        near
        for path in ignores
        for near in (
            path.removesuffix(".dockerignore"),
            *(f"{folder(path)}/{name}".removeprefix("/") for name in IMAGE_FILES),
        )
    }
    found = reviewed.head.find(sorted(beside)) if beside else {}
    return [path for path, entry in found.items() if dockerfiles(path, entry)]


def always(_path: str, _start: bytes) -> bool:
    """What a stage wants by its name is judged, however large."""
    return True


def chosen(files: Mapping[str, Entry], wants: Callable[[str, Entry], bool]) -> list[str]:
    """The paths that a stage wants."""
    return [path for path, entry in files.items() if wants(path, entry)]
