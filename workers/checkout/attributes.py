"""Which files a repository's own attributes name as not written by its people.

git itself reads the attributes: from an index that holds nothing but one commit's
``.gitattributes`` files, so that its order, macros and patterns are git's own.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

from workers.checkout.git import Git
from workers.checkout.objects import Objects
from workers.project import Entry

_NAMES = ("linguist-vendored", "linguist-generated")
_FILE = ".gitattributes"
_DEEPEST = 50  # folders: further down no attributes are looked for, and a file counts as written
_number = count()


def files(objects: Objects, commit: str, paths: Iterable[str]) -> dict[str, Entry]:
    """The commit's attribute files that may speak about the paths."""
    beside = (folder for path in paths for folder in _above(path))
    found = objects.find(commit, {_FILE, *beside})
    return {path: entry for path, entry in found.items() if entry.regular}


def marked(git: Git, attributes: Mapping[str, Entry], paths: Iterable[str]) -> frozenset[str]:
    """Those of the paths that the attribute files, present here, call vendored or generated."""
    listed = (f"{entry.mode} {entry.sha}\t{path}" for path, entry in attributes.items())
    with _indexed(git) as reading:
        reading.run("update-index", "-z", "--index-info", given=_raw(listed))
        out = reading.run("check-attr", "--cached", "-z", "--stdin", *_NAMES, given=_raw(paths))
    return frozenset(_set(out.decode("utf-8", "surrogateescape").split("\0")[:-1]))


def _set(fields: list[str]) -> Iterator[str]:
    for path, _name, value in zip(fields[::3], fields[1::3], fields[2::3], strict=True):
        if value in ("set", "true"):
            yield path


def _above(path: str) -> Iterator[str]:
    """The attribute files in the folders above a path, but for the top."""
    folders = path.split("/")[:-1]
    for depth in range(1, min(len(folders), _DEEPEST) + 1):
        yield "/".join((*folders[:depth], _FILE))


def _raw(lines: Iterable[str]) -> bytes:
    return b"".join(line.encode("utf-8", "surrogateescape") + b"\0" for line in lines)


@contextmanager
def _indexed(git: Git) -> Iterator[Git]:
    """The same git with an index of its own that goes afterwards."""
    index = Path(git.repository, f"index-{os.getpid()}-{next(_number)}")
    try:
        yield replace(git, environment={**git.environment, "GIT_INDEX_FILE": str(index)})
    finally:
        index.unlink(missing_ok=True)
