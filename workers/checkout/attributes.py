"""Which files a repository's own attributes name as not written by its people.

git itself reads the attributes: from an index that holds nothing but one commit's
``.gitattributes`` files, so that its order, macros and patterns are git's own.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

from workers.checkout.git import Git
from workers.checkout.objects import Objects

_NAMES = ("linguist-vendored", "linguist-generated")
_FILE = ".gitattributes"
_number = count()


def marked(git: Git, objects: Objects, commit: str, paths: Iterable[str]) -> frozenset[str]:
    """Those of the paths that the commit's attributes call vendored or generated."""
    wanted = tuple(paths)
    files = objects.find(commit, {_FILE, *_beside(wanted)})
    listed = [(path, entry) for path, entry in files.items() if entry.regular]
    if not listed or not wanted:
        return frozenset()
    lines = (f"{entry.mode} {entry.sha}\t{path}" for path, entry in listed)
    with _indexed(git) as reading:
        reading.run("update-index", "-z", "--index-info", given=_raw(lines))
        out = reading.run("check-attr", "--cached", "-z", "--stdin", *_NAMES, given=_raw(wanted))
    return frozenset(_set(out.decode("utf-8", "surrogateescape").split("\0")[:-1]))


def _set(fields: list[str]) -> Iterator[str]:
    for path, _name, value in zip(fields[::3], fields[1::3], fields[2::3], strict=True):
        if value in ("set", "true"):
            yield path


def _beside(paths: Iterable[str]) -> Iterator[str]:
    """The attribute files that may speak about the paths."""
    for path in paths:
        folders = path.split("/")[:-1]
        for depth in range(1, len(folders) + 1):
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
