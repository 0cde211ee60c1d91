"""Objects that a change moves from one folder to another, whatever git makes of their files.

git follows whole files. One that is split, or several that are merged, keep their objects: an
address that disappears at one place and appears at another, with about the same text, is the same
object. Where two could be meant nobody knows, and what is found is new.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rules.allow import Moves
from rules.finding import folder, follow
from rules.subjects import manifest
from rules.subjects.manifest import Manifest, is_manifest
from rules.subjects.yaml import Unreadable
from workers.project import Judged, Project

SAME = 0.5  # of an object's words, as git has it of a file's
_WORDS = re.compile(r"[^\s,{}\[\]\"']+")

_Subject = tuple[str, str]
Stood = tuple[Project, Judged]  # a stage's files at one commit, and what was judged of them


@dataclass(frozen=True)
class _Text:
    """An object's file, and its words, each with how often it is there."""

    path: str
    words: Mapping[str, int]

    def is_like(self, other: "_Text") -> bool:
        """Whether at least half of both is the same."""
        shared = sum(min(n, other.words.get(word, 0)) for word, n in self.words.items())
        return 2 * shared >= SAME * (sum(self.words.values()) + sum(other.words.values()))


def moves(head: Stood, base: Stood, renames: Mapping[str, str]) -> Moves:
    """Project and address at the merge base to those at head, of each object that has moved."""
    (now, after), (then, before) = head, base
    gone = _by_address(before.subjects - after.subjects)
    come = _by_address(after.subjects - before.subjects)
    both = gone.keys() & come.keys()
    if not both:
        return {}
    old = _texts(then, {one for each in both for one in gone[each]})
    new = _texts(now, {one for each in both for one in come[each]})
    found: dict[_Subject, _Subject] = {}
    for address in both:
        there = {one: old[one] for one in gone[address] if one in old}
        here = {one: new[one] for one in come[address] if one in new}
        found |= _paired(there, here, renames)
    return found


def _by_address(subjects: Iterable[_Subject]) -> Mapping[str, list[_Subject]]:
    found = defaultdict(list)
    for project, address in sorted(subjects):
        found[address].append((project, address))
    return found


def _paired(
    gone: Mapping[_Subject, _Text], come: Mapping[_Subject, _Text], renames: Mapping[str, str]
) -> Mapping[_Subject, _Subject]:
    """With their file; else where the text is the same, told by it alone; else the only one."""
    found: dict[_Subject, _Subject] = {}
    for one, text in gone.items():
        target = (follow(one[0], text.path, renames.get(text.path, text.path)), one[1])
        if target in come:
            found[one] = target
    taken = set(found.values())
    left = {one: text for one, text in gone.items() if one not in found}
    free = {one: text for one, text in come.items() if one not in taken}
    equal = _equal(left, free)
    left = {one: text for one, text in left.items() if one not in equal}
    free = {one: text for one, text in free.items() if one not in equal.values()}
    return {**found, **equal, **_only(left, free)}


def _equal(
    gone: Mapping[_Subject, _Text], come: Mapping[_Subject, _Text]
) -> Mapping[_Subject, _Subject]:
    """Those whose text is that of one other, and of no second one on either side."""
    found = {}
    for one, text in gone.items():
        targets = [each for each, other in come.items() if other.words == text.words]
        twins = [each for each in gone.values() if each.words == text.words]
        if len(targets) == len(twins) == 1:
            found[one] = targets[0]
    return found


def _only(
    gone: Mapping[_Subject, _Text], come: Mapping[_Subject, _Text]
) -> Mapping[_Subject, _Subject]:
    if not len(gone) == len(come) == 1:
        return {}
    ((one, text),), ((other, words),) = gone.items(), come.items()
    return {one: other} if text.is_like(words) else {}


def _texts(project: Project, subjects: Collection[_Subject]) -> Mapping[_Subject, _Text]:
    """The objects of these names; without those of which one folder holds several."""
    folders = {one for one, _address in subjects}
    paths = [path for path in project.paths if folder(path) in folders and is_manifest(path)]
    found: dict[_Subject, list[_Text]] = defaultdict(list)
    for path, data in project.tree.read(paths).items():
        for one in _objects(data, path):
            subject = (folder(path), one.address)
            if subject in subjects:
                found[subject].append(_text(one, data))
    return {subject: texts[0] for subject, texts in found.items() if len(texts) == 1}


def _objects(data: bytes, path: str) -> Sequence[Manifest]:
    try:
        return manifest.parse(data, path)
    except Unreadable as error:
        return manifest.objects(error.roots, path)


def _text(one: Manifest, data: bytes) -> _Text:
    lines = data.split(b"\n")[one.root.line - 1 : one.root.last]
    words = _WORDS.findall(b"\n".join(lines).replace(b"\0", b"").decode("utf-8", "replace"))
    return _Text(one.path, Counter(words))
