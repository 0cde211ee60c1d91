"""What lies around the files that are judged: the rest of their folders, and the repository.

A folder's plain manifests are taken for one release, applied together. Of it only this folder is
listed, and what the repository defines is looked for only where a rule asks for it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from rules.defined import Definition, definitions, may_define
from rules.files.unreadable_file import unreadable
from rules.finding import Finding, folder
from rules.release import Release
from rules.rendered import KUSTOMIZATIONS, rendered_by
from rules.subjects import manifest
from rules.subjects.manifest import Manifest
from rules.subjects.yaml import Unreadable, decode, documents
from workers.looking import reader
from workers.lookups import around, holds_manifests
from workers.project import Around, Entry, Project, Tree

LOCKS = frozenset(("package-lock.json", "pnpm-lock.yaml", "composer.json", "package.json"))
MOST_OBJECTS = 1_000  # of one folder: each rule may compare each with each
MOST_BESIDE = 8 << 20  # bytes of all that is read beside the judged files
_BATCH = 100  # files that are read in one go
_KEPT = 4 << 20  # bytes of files whose objects are kept from one run to the next
# Sources that only make manifests: whatever they are for, their names tell.
_SOURCE = re.compile(r"\.(?:ya?ml|json)\.\w+$|\.(?:j2|tpl|gotmpl|jsonnet|libsonnet|cue|pkl)$")


@dataclass(frozen=True)
class Read:
    """What came of one file: its objects, or the finding that it has none, or who renders it."""

    manifests: tuple[Manifest, ...] = ()
    fault: Finding | None = None
    later: str = ""

    @property
    def whole(self) -> bool:
        """Whether these are all of its objects."""
        return self.fault is None and not self.later


class _Memory:
    """Objects of files by their content: a stage runs at two commits and for each suggestion."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes, str], Read] = {}
        self._held = 0

    def read(self, path: str, data: bytes, rendered: str) -> Read:
        key = (path, data, rendered)
        found = self._known.get(key)
        if found is None:
            found = _read(path, data, rendered)
            self._held += len(data)
            if self._held > _KEPT:
                self._known, self._held = {}, len(data)
            self._known[key] = found
        return found


_memory = _Memory()


def _read(path: str, data: bytes, rendered: str) -> Read:
    if rendered and PurePosixPath(path).name not in LOCKS:
        return Read(later=rendered)
    try:
        found = _manifests(path, data)
    except Unreadable as error:
        # What only we cannot read is no template, whatever it says of itself.
        if not error.limit and manifest.is_template(data):
            return Read(_whole(manifest.objects(error.roots, path)), later="a template")
        return Read(fault=unreadable(path, error.line, error.reason, folder(path)))
    whole = _whole(found)
    return Read(whole, later="" if len(whole) == len(found) else "a patch without its base")


def _whole(found: Iterable[Manifest]) -> tuple[Manifest, ...]:
    return tuple(each for each in found if not each.is_patch)


def _manifests(path: str, data: bytes) -> list[Manifest]:
    if PurePosixPath(path).name in KUSTOMIZATIONS:
        documents(decode(data))  # it may leave out what makes others look like a manifest
    return manifest.parse(data, path)


@dataclass(frozen=True)
class _Folder:
    """A folder's objects, and whether that is all that is applied from it."""

    objects: Sequence[Manifest] = ()
    whole: bool = True


@dataclass
class Surroundings:
    """The surroundings of a project's files at its commit, each file of them read once."""

    project: Project
    _files: dict[str, Read] = field(default_factory=dict)
    _folders: dict[str, _Folder] = field(default_factory=dict)
    _were_whole: dict[str, bool] = field(default_factory=dict)
    _left: int = field(default_factory=lambda: MOST_BESIDE)

    def read(self, paths: Iterable[str]) -> Mapping[str, Read]:
        """These files, parsed. Raises Unchecked where one is too large."""
        return self._take(self.project.tree.read(paths))

    def look(self, paths: Iterable[str]) -> Mapping[str, Read]:
        """The same, without those that are too large, too much together or not there."""
        return self._take(self._within(self.project.tree, [*paths]))

    def _within(self, tree: Tree, paths: Sequence[str]) -> Mapping[str, bytes]:
        """The content of the first of these files, as many as may still be read."""
        found: dict[str, bytes] = {}
        for first in range(0, len(paths), _BATCH):
            for path, data in reader(tree)(paths[first : first + _BATCH]).items():
                self._left -= len(data)
                if self._left < 0:
                    return found
                found[path] = data
        return found

    def beside(self, root: str) -> Mapping[str, Read]:
        """The files of a folder that hold manifests, parsed, as far as they are looked at."""
        self._folder(root)
        return {path: read for path, read in self._files.items() if folder(path) == root}

    def _take(self, files: Mapping[str, bytes]) -> Mapping[str, Read]:
        tree = self.project.tree
        rendered = rendered_by(files, tree.find, reader(tree))
        found = {
            path: _memory.read(path, files[path], rendered.get(path, "")) for path in sorted(files)
        }
        self._files |= found
        return found

    def release(self, root: str) -> Release:
        """What the rules may look around in from this folder."""
        around = self._around
        return Release(
            root,
            around.dockerfile_of,
            around.tagged_later,
            objects=lambda: self._folder(root).objects,
            whole=lambda: self._whole(root),
            config=self.project.config,
            index=around.index,
            earlier=lambda: self._earlier,
        )

    @cached_property
    def _around(self) -> Around:
        return around(self.project)

    def _folder(self, root: str) -> _Folder:
        if root not in self._folders:
            self._folders[root] = self._looked_at(root)
        return self._folders[root]

    def _looked_at(self, root: str) -> _Folder:
        entries = self.project.tree.beside(root)
        paths = [path for path, entry in entries.items() if holds_manifests(path, entry)]
        unknown = [path for path in paths if path not in self._files]
        self._take(self._within(self.project.tree, unknown))
        read = [self._files[path] for path in paths if path in self._files]
        objects = [one for each in read for one in each.manifests][: MOST_OBJECTS + 1]
        whole = len(read) == len(paths) and all(each.whole for each in read)
        whole = whole and not any(_makes_others(path, entry) for path, entry in entries.items())
        return _Folder(objects[:MOST_OBJECTS], whole and len(objects) <= MOST_OBJECTS)

    def _whole(self, root: str) -> bool:
        if root not in self._were_whole:
            self._were_whole[root] = self._folder(root).whole and self._was_whole(root)
        return self._were_whole[root]

    def _was_whole(self, root: str) -> bool:
        """Whether the folder was whole before the change.

        Where it was not, nobody knows what was missing there, and nothing of it can be called new.
        Only what the change touches can differ, so that no more is read.
        """
        before = self.project.before
        if before is None:
            return True
        now, then = self.project.tree.beside(root), before.beside(root)
        other = {path: entry for path, entry in then.items() if now.get(path) != entry}
        if any(_makes_others(path, entry) for path, entry in other.items()):
            return False
        paths = [path for path, entry in other.items() if holds_manifests(path, entry)]
        files = self._within(before, paths)
        rendered = rendered_by(paths, before.find, reader(before))
        read = [_memory.read(path, files[path], rendered.get(path, "")) for path in files]
        return len(read) == len(paths) and all(each.whole for each in read)

    @cached_property
    def _earlier(self) -> Sequence[Definition]:
        """What the files of the change defined at the merge base."""
        before = self.project.before
        if before is None:
            return ()
        old = (file.old_path for file in self.project.changed)
        files = self._within(before, [path for path in old if manifest.is_manifest(path)])
        telling = {path: data for path, data in files.items() if may_define(data)}
        return [each for path, data in telling.items() for each in definitions(path, data)]


def _makes_others(path: str, entry: Entry) -> bool:
    """Whether a file stands for manifests that nobody sees here: a link, a template's source.

    Beside a kustomization or chart a plain manifest is a part of more than the folder shows.
    """
    renders = path.rpartition("/")[2] in (*KUSTOMIZATIONS, "Chart.yaml")
    linked = entry.link and manifest.is_manifest(path)
    return renders or linked or _SOURCE.search(path) is not None
