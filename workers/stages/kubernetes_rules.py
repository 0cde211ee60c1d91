"""kubernetes-rules: our rules over plain manifests.

Files of a chart or a kustomization are judged rendered, never raw, and a partial patch never
alone: they are listed. No stage is unchecked for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from bot.change import ChangedFile
from rules.defined import Index
from rules.finding import Finding, Key, folder
from rules.images import Images
from rules.release import Release
from rules.rendered import rendered_by
from rules.rule import judge, rules_of
from rules.subjects import dockerfile, manifest
from rules.subjects.dockerfile import UserKind
from rules.subjects.manifest import Manifest
from rules.subjects.yaml import Unreadable
from workers.looking import reader
from workers.project import MOST_FINDINGS, Judged, Project, Tree, cut
from workers.surroundings import Surroundings

NAME = "kubernetes-rules"
_BATCH = 500  # files that are read at once where a whole repository is looked through


def run(project: Project) -> Judged:
    """Judge the manifests among the project's files. Raises Unchecked where one is too large."""
    surroundings = Surroundings(project)
    read = surroundings.read(project.paths)
    faults = [each.fault for each in read.values() if each.fault]
    manifests = [manifest for each in read.values() for manifest in each.manifests]
    subjects = {(folder(each.path), each.address) for each in manifests}
    subjects |= {(fault.project, fault.address) for fault in faults}
    findings, excess = cut([*faults, *_judged(manifests, surroundings)])
    later = {path: each.later for path, each in read.items() if each.later}
    return Judged(findings, frozenset(subjects), later=later, excess=excess)


def _judged(manifests: Iterable[Manifest], surroundings: Surroundings) -> Iterator[Finding]:
    """The findings of each folder, which is a project of its own."""
    folders: dict[str, list[Manifest]] = defaultdict(list)
    # The smallest first: what is too much to be judged must not keep the others from it.
    for each in sorted(manifests, key=lambda one: len(one.containers)):
        folders[folder(each.path)].append(each)
    rules, left = rules_of("kubernetes"), MOST_FINDINGS + 1
    for root, inside in folders.items():
        found = judge(rules, inside, surroundings.release(root), left)
        left -= len(found)
        yield from found


def said_together(surroundings: Surroundings, root: str) -> Mapping[str, frozenset[Key]]:
    """What the rules that look around say of each file in a folder.

    Without what they look for in the whole repository: this only tells which files to judge.
    """
    release = replace(
        surroundings.release(root),
        dockerfile_of=Release.dockerfile_of,
        tagged_later=Release.tagged_later,
        index=Index,
    )
    rules = [each for each in rules_of("kubernetes") if each.looks_around]
    said = {}
    for path, read in surroundings.beside(root).items():
        findings = judge(rules, read.manifests, release, MOST_FINDINGS)
        said[path] = frozenset(finding.key for finding in findings)
    return said


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
