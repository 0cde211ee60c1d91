"""What lies around the files that are judged: the rest of their folders, and the repository.

A folder's plain manifests are taken for one release, applied together. Of it only this folder is
listed, and what the repository defines is looked for only where a rule asks for it.
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from rules.defined import Definition, Index, definitions
from rules.files.unreadable_file import unreadable
from rules.finding import Finding, folder
from rules.images import Images
from rules.release import Release
from rules.rendered import KUSTOMIZATIONS, rendered_by
from rules.subjects import manifest
from rules.subjects.manifest import Manifest
from rules.subjects.yaml import Unreadable, decode, documents
from workers.looking import reader
from workers.project import Entry, Project, Tree

LOCKS = frozenset(("package-lock.json", "pnpm-lock.yaml", "composer.json", "package.json"))
MOST_OBJECTS = 2_000  # of one folder: each rule may compare each with each
MOST_BESIDE = 16 << 20  # bytes of all that is read beside the judged files
MOST_INDEXED = 20_000  # files of a repository that are searched for what they define,
MOST_INDEX = 64 << 20  # bytes of them together,
INDEX_SECONDS = 20.0  # and how long: a mirror may have to fetch them first
_BATCH = 200  # files that are read in one go where a repository is looked through
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
    _left: int = field(default_factory=lambda: MOST_BESIDE)

    def read(self, paths: Iterable[str]) -> Mapping[str, Read]:
        """These files, parsed. Raises Unchecked where one is too large."""
        return self._take(self.project.tree.read(paths))

    def look(self, paths: Iterable[str]) -> Mapping[str, Read]:
        """The same, without those that are too large or not there."""
        return self._take(reader(self.project.tree)(paths))

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
        images = self._images
        return Release(
            root,
            images.dockerfile_of,
            images.tagged_later,
            objects=lambda: self._folder(root).objects,
            whole=lambda: self._folder(root).whole and self._was_whole(root),
            config=self.project.config,
            index=lambda: self._index,
            earlier=lambda: self._earlier,
        )

    @cached_property
    def _images(self) -> Images:
        tree, config = self.project.tree, self.project.config
        return Images(tree.entries, reader(tree), config.images)

    def _folder(self, root: str) -> _Folder:
        if root not in self._folders:
            self._folders[root] = self._looked_at(root)
        return self._folders[root]

    def _looked_at(self, root: str) -> _Folder:
        entries = self.project.tree.beside(root)
        paths = [path for path, entry in entries.items() if _holds(path, entry)]
        unknown = [path for path in paths if path not in self._files]
        files = reader(self.project.tree)(unknown)
        self._left -= sum(map(len, files.values()))
        if self._left >= 0:
            self._take(files)
        read = [self._files[path] for path in paths if path in self._files]
        objects = [one for each in read for one in each.manifests][: MOST_OBJECTS + 1]
        whole = len(read) == len(paths) and all(each.whole for each in read)
        whole = whole and not any(_makes_others(path, entry) for path, entry in entries.items())
        return _Folder(objects[:MOST_OBJECTS], whole and len(objects) <= MOST_OBJECTS)

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
        paths = [path for path, entry in other.items() if _holds(path, entry)]
        files = reader(before)(paths)
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
        files = reader(before)([path for path in old if manifest.is_manifest(path)])
        return [each for path, data in files.items() for each in definitions(path, data)]

    @cached_property
    def _index(self) -> Index:
        search = _Search(self.project.tree)
        return Index(search.files, lambda: search.whole)


@dataclass
class _Search:
    """Every manifest of a repository, as long as that takes neither too much nor too long."""

    tree: Tree
    whole: bool = True

    def files(self) -> Iterator[tuple[str, bytes]]:
        entries = self.tree.entries().items()
        paths = sorted(path for path, entry in entries if _holds(path, entry))
        self.whole = len(paths) <= MOST_INDEXED
        left, until = MOST_INDEX, time.monotonic() + INDEX_SECONDS
        for start in range(0, min(len(paths), MOST_INDEXED), _BATCH):
            files = reader(self.tree)(paths[start : start + _BATCH])
            left -= sum(map(len, files.values()))
            if left < 0 or time.monotonic() > until:
                self.whole = False
                return
            yield from files.items()


def _holds(path: str, entry: Entry) -> bool:
    named = manifest.is_manifest(path) or path.rpartition("/")[2] in KUSTOMIZATIONS
    return entry.regular and named


def _makes_others(path: str, entry: Entry) -> bool:
    """Whether a file stands for manifests that nobody sees here: a link, a template's source.

    Beside a kustomization or chart a plain manifest is a part of more than the folder shows.
    """
    renders = path.rpartition("/")[2] in (*KUSTOMIZATIONS, "Chart.yaml")
    linked = entry.link and manifest.is_manifest(path)
    return renders or linked or _SOURCE.search(path) is not None
