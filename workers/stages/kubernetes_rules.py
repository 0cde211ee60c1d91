"""kubernetes-rules: our rules over plain manifests.

Files of a chart or a kustomization are judged rendered, never raw, and a partial patch never
alone: they are listed. No stage is unchecked for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from bot.change import ChangedFile
from rules.files.unreadable_file import unreadable
from rules.finding import Finding, folder
from rules.images import Images
from rules.release import Release
from rules.rendered import KUSTOMIZATIONS, rendered_by
from rules.rule import judge, rules_of
from rules.subjects import dockerfile, manifest
from rules.subjects.dockerfile import UserKind
from rules.subjects.manifest import Manifest
from rules.subjects.yaml import Unreadable, decode, documents
from workers.looking import reader
from workers.project import MOST_FINDINGS, Judged, Project, Tree, cut

NAME = "kubernetes-rules"
LOCKS = frozenset(("package-lock.json", "pnpm-lock.yaml", "composer.json", "package.json"))

_NAMED = 5  # files that one note names
_BATCH = 500  # files that are read at once where a whole repository is looked through


@dataclass(frozen=True)
class _Read:
    """What came of one file: its objects, or the finding that it has none, or who renders it."""

    manifests: tuple[Manifest, ...] = ()
    fault: Finding | None = None
    later: str = ""


def run(project: Project) -> Judged:
    """Judge the manifests among the project's files. Raises Unchecked where one is too large."""
    tree = project.tree
    files = tree.read(project.paths)
    rendered = rendered_by(files, tree.find, tree.read)
    read = {path: _read(path, files[path], rendered.get(path, "")) for path in sorted(files)}
    faults = [each.fault for each in read.values() if each.fault]
    manifests = [manifest for each in read.values() for manifest in each.manifests]
    subjects = {(folder(each.path), each.address) for each in manifests}
    subjects |= {(fault.project, fault.address) for fault in faults}
    findings, excess = cut([*faults, *_judged(manifests, project)])
    later = frozenset(path for path, each in read.items() if each.later)
    return Judged(findings, frozenset(subjects), _notes(read), later, excess)


def _read(path: str, data: bytes, rendered: str) -> _Read:
    if rendered and PurePosixPath(path).name not in LOCKS:
        return _Read(later=rendered)
    try:
        found = _manifests(path, data)
    except Unreadable as error:
        # What only we cannot read is no template, whatever it says of itself.
        if not error.limit and manifest.is_template(data):
            return _Read(_whole(manifest.objects(error.roots, path)), later="a template")
        return _Read(fault=unreadable(path, error.line, error.reason, folder(path)))
    whole = _whole(found)
    return _Read(whole, later="" if len(whole) == len(found) else "a patch without its base")


def _whole(found: Iterable[Manifest]) -> tuple[Manifest, ...]:
    return tuple(each for each in found if not each.is_patch)


def _manifests(path: str, data: bytes) -> list[Manifest]:
    if PurePosixPath(path).name in KUSTOMIZATIONS:
        documents(decode(data))  # it may leave out what makes others look like a manifest
    return manifest.parse(data, path)


def _judged(manifests: Iterable[Manifest], project: Project) -> Iterator[Finding]:
    """The findings of each folder, which is a project of its own."""
    tree, config = project.tree, project.config
    images = Images(tree.entries, reader(tree), config.images)
    folders: dict[str, list[Manifest]] = defaultdict(list)
    # The smallest first: what is too much to be judged must not keep the others from it.
    for each in sorted(manifests, key=lambda one: len(one.containers)):
        folders[folder(each.path)].append(each)
    rules, left = rules_of("kubernetes"), MOST_FINDINGS + 1
    for root, inside in folders.items():
        release = Release(root, images.dockerfile_of, images.tagged_later, config=config)
        found = judge(rules, inside, release, left)
        left -= len(found)
        yield from found


def _notes(read: Mapping[str, _Read]) -> tuple[str, ...]:
    """One note for each chart, kustomization or reason, naming its files."""
    groups: dict[str, list[str]] = defaultdict(list)
    for path, each in read.items():
        if each.later:
            groups[each.later].append(path)
    return tuple(
        f"not judged before it is rendered: {_some(paths)} ({who})" for who, paths in groups.items()
    )


def _some(paths: list[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(paths[:_NAMED]) + more


def touched_by(
    changed: Iterable[ChangedFile], head: Tree, merge_base: Tree, told: Mapping[str, str]
) -> tuple[str, ...]:
    """The manifests at head whose image a changed Dockerfile builds, where that may matter.

    ``told`` are images and their Dockerfiles by the repository's settings.

    Only a Dockerfile whose image now ends as root or by a name, and did not before, can make a
    manifest fail that nobody touched; only then the manifests of the repository are read.
    """
    turned = {file.new_path for file in changed if _turned(file, head, merge_base)}
    if not turned:
        return ()
    read = reader(head)
    images = Images(head.entries, read, told)
    paths = sorted(path for path in head.entries() if manifest.is_manifest(path))
    found = [
        path
        for start in range(0, len(paths), _BATCH)
        for path, data in read(paths[start : start + _BATCH]).items()
        if any(images.path_of(image) in turned for image in _images(path, data))
    ]
    rendered = rendered_by(found, head.find, read)
    return tuple(path for path in found if path not in rendered)


def _turned(file: ChangedFile, head: Tree, merge_base: Tree) -> bool:
    now, before = _user(head, file.new_path), _user(merge_base, file.old_path)
    return now != before and now in (UserKind.NAME, "root")


def _user(tree: Tree, path: str) -> str | None:
    """How the image's user is given, or ``root``; None where there is no readable Dockerfile."""
    data = reader(tree)([path]).get(path)
    try:
        user = dockerfile.parse(data, path).final_user if data is not None else None
    except dockerfile.Unreadable:
        return None
    return None if user is None else "root" if user.is_root else user.kind


def _images(path: str, data: bytes) -> set[str]:
    """The images that a file's pods run."""
    if b"ontainers" not in data:  # of any kind; most files need not be parsed
        return set()
    try:
        found = manifest.parse(data, path)
    except Unreadable:
        return set()
    return {container.image for each in found for container in each.containers}
