"""Which files two trees differ in, told from the trees alone.

git's own diff holds all names before it prints the first: folders that hold one folder ten times
over, nested ten deep, take all memory there is, from a push of a few hundred bytes.
"""

from collections.abc import Iterator, Mapping
from itertools import islice

from bot.change import ChangedFile, FileStatus
from workers.checkout.git import ZERO
from workers.checkout.objects import Objects
from workers.project import Entry

COUNTED = 100_000  # files; of more it is only said that they are more
DEEPEST = 2_000  # folders: no system takes a longer path, and git itself dies further down
_TREE = "40000"

_Pair = tuple[Entry | None, Entry | None]


class TooDeep(Exception):
    """Folders within folders, more than anyone has."""


def changed(objects: Objects, old: str, new: str, most: int) -> tuple[list[ChangedFile], int]:
    """The first ``most`` files that differ, and how many do, counted up to COUNTED.

    Renames are not followed: no blob is read. Raises TooDeep.
    """
    files: list[ChangedFile] = []
    count = 0
    for count, (path, pair) in enumerate(islice(_differing(objects, old, new), COUNTED), 1):
        if count <= most:
            files.append(_file(path, *pair))
    return files, count


def _differing(objects: Objects, old: str, new: str) -> Iterator[tuple[str, _Pair]]:
    """Files by path, each with what it is on both sides, where that is not the same."""
    before, after = Entry(_TREE, objects.root(old)), Entry(_TREE, objects.root(new))
    pending: list[tuple[str, int, _Pair]] = [("", 0, (before, after))]
    while pending:
        folder, depth, sides = pending.pop()
        if depth > DEEPEST:
            raise TooDeep
        was, now = (_entries(objects, one) for one in sides)
        for name in sorted(was.keys() | now.keys()):
            pair = was.get(name), now.get(name)
            if pair[0] == pair[1]:
                continue
            path = f"{folder}{name}"
            files = _only(pair, trees=False)
            if any(files):
                yield path, files
            trees = _only(pair, trees=True)
            if any(trees):
                pending.append((f"{path}/", depth + 1, trees))


def _entries(objects: Objects, tree: Entry | None) -> Mapping[str, Entry]:
    """What is in a tree, its modes as git itself takes them: old tools wrote others."""
    listed = objects.tree(tree.sha).items() if tree else ()
    return {name: Entry(_plain(one.mode), one.sha) for name, one in listed}


def _plain(mode: str) -> str:
    if mode in ("100644", _TREE):
        return mode
    bits = int(mode, 8)
    kinds = {0o10: "100755" if bits & 0o100 else "100644", 0o4: _TREE}
    return kinds.get(bits >> 12, mode)


def _only(pair: _Pair, *, trees: bool) -> _Pair:
    old, new = (one if one and (one.mode == _TREE) is trees else None for one in pair)
    return old, new


def _file(path: str, old: Entry | None, new: Entry | None) -> ChangedFile:
    none = Entry("000000", ZERO)
    was, now = old or none, new or none
    return ChangedFile(_status(old, new), path, path, was.sha, now.sha, was.mode, now.mode)


def _status(old: Entry | None, new: Entry | None) -> FileStatus:
    if old is None:
        return FileStatus.ADDED
    if new is None:
        return FileStatus.DELETED
    same = old.mode[:3] == new.mode[:3]
    return FileStatus.MODIFIED if same else FileStatus.TYPE_CHANGED
