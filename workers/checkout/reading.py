"""A change's files at merge base, base and head, read from git objects when asked for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.change import ChangedFile, Diff, FileStatus
from workers.checkout import attributes, diff, trees
from workers.checkout.git import ZERO, TimedOut, TooMuch, is_sha
from workers.checkout.objects import Objects
from workers.checkout.terms import CheckoutError, Incomplete, Oversize
from workers.project import Entry

MOST_FILES = 3000
_SUBMODULE = "160000"

Bring = Callable[[Sequence[str]], None]  # fetches the objects of these names, or raises


@dataclass(frozen=True)
class Range:
    """The commits of a review. The head may be a tree that is no commit: ``uncommitted``.

    ``author`` is who wrote the head, as git calls them; ``""`` where a forge knows better.
    """

    merge_base: str
    base: str
    head: str
    uncommitted: bool = False
    author: str = ""


class Checkout:
    """What a review reads: nothing of it lies on disk as a file of the change.

    ``merge_base``, ``base`` and ``head`` are 40 hex digits; ``head`` is no commit's where it is
    ``uncommitted``. ``author`` wrote it, as git calls them. ``excess`` says why the change is too
    much to be reviewed, empty otherwise; the diff then has some files and no lines.
    """

    def __init__(
        self, commits: Range, objects: Objects, bring: Bring, recall: Bring | None = None
    ) -> None:
        self.merge_base, self.base, self.head = commits.merge_base, commits.base, commits.head
        self.uncommitted, self.author = commits.uncommitted, commits.author
        self._git, self._objects, self._bring = objects.git, objects, bring
        self._recall = recall
        self.diff, self.excess = self._compared()

    def _compared(self) -> tuple[Diff, str]:
        try:
            files, count = trees.changed(self._objects, self.merge_base, self.head, MOST_FILES)
        except trees.TooDeep:
            return Diff(), f"the change nests folders more than {trees.DEEPEST:,} deep"
        if count > MOST_FILES:
            said = f"{count:,}{' or more' if count == trees.COUNTED else ''}"
            reason = f"the change has {said} files; at most {MOST_FILES:,} are reviewed"
            return Diff(tuple(files)), reason
        self._need(_blobs(files))
        try:
            return Diff(diff.diff(self._git, self.merge_base, self.head)), ""
        except TooMuch:
            return Diff(tuple(files)), "the change has more lines than can be reviewed"
        except TimedOut:
            return Diff(tuple(files)), "the change takes too long to be compared with its base"

    def entries(self, commit: str) -> dict[str, Entry]:
        """Every file of a commit. Its cost grows with the repository."""
        return self._objects.entries(commit)

    def find(self, commit: str, paths: Iterable[str]) -> dict[str, Entry]:
        """Those of the paths that exist in a commit."""
        return self._objects.find(commit, paths)

    def beside(self, commit: str, folder: str) -> dict[str, Entry]:
        """The files of one folder of a commit, without those of folders in it."""
        return self._objects.beside(commit, folder)

    def blobs(self, shas: Iterable[str]) -> dict[str, bytes | Oversize]:
        """The contents of blobs, fetched in one go where the mirror lacks some.

        Raises Incomplete, Unreachable, HeadGone and Denied.
        """
        wanted = tuple(dict.fromkeys(shas))
        self._need(wanted)
        found = {}
        for sha in wanted:
            content = self._objects.content(sha)
            if content is None:
                raise Incomplete("the repository here lacks a file's content")
            found[sha] = content
        return found

    def marked(self, paths: Iterable[str]) -> frozenset[str]:
        """Those of the paths that attributes at base call vendored or generated."""
        wanted = tuple(paths)
        files = attributes.files(self._objects, self.base, wanted)
        if not files or not wanted:
            return frozenset()
        self._need([entry.sha for entry in files.values()])
        return attributes.marked(self._git, files, wanted)

    def renames(self, old_sha: str, new_sha: str) -> Mapping[str, str]:
        """Old path to new path between two heads; nothing where the old one is not to be had."""
        if not (is_sha(old_sha) and is_sha(new_sha)) or old_sha == new_sha:
            return {}
        if not all(self._there(sha) for sha in (old_sha, new_sha)):
            return {}
        try:
            files, count = trees.changed(self._objects, old_sha, new_sha, MOST_FILES)
        except trees.TooDeep:
            return {}
        kinds = {file.status for file in files}
        if count > MOST_FILES or not {FileStatus.ADDED, FileStatus.DELETED} <= kinds:
            return {}
        self._need(_blobs(files))
        return diff.renames(self._git, old_sha, new_sha)

    def _there(self, commit: str) -> bool:
        """Whether the commit is here; an earlier head may have been reviewed elsewhere."""
        if self._objects.size(commit) is None and self._recall:
            with suppress(CheckoutError):
                self._recall([commit])
        return self._objects.size(commit) is not None

    def _need(self, shas: Sequence[str]) -> None:
        missing = [sha for sha in shas if self._objects.size(sha) is None]
        if missing:
            self._bring(missing)


def _blobs(files: Iterable[ChangedFile]) -> tuple[str, ...]:
    sides = ((s, m) for f in files for s, m in ((f.old_sha, f.old_mode), (f.new_sha, f.new_mode)))
    return tuple(dict.fromkeys(sha for sha, mode in sides if sha != ZERO and mode != _SUBMODULE))
