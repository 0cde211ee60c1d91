"""Read git objects: one long-lived git for contents, one for sizes."""

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO

from workers.checkout.git import Failed, Git, end, is_sha
from workers.checkout.terms import Oversize
from workers.project import LARGEST_FILE, Entry

_START = 1 << 16  # bytes of a large file that say what it is
_OVERLAP = 1 << 10  # bytes that are looked at twice, lest a place be cut in two
_TREE = "40000"


class Objects:
    """The objects of a repository, read by name. Paths are decoded with surrogateescape."""

    def __init__(self, git: Git) -> None:
        self.git = git
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._sizes: dict[str, int] = {}
        self._trees: dict[str, Mapping[str, Entry]] = {}

    def close(self) -> None:
        """End what was started."""
        for process in self._running.values():
            end(process)
        self._running.clear()

    def size(self, sha: str) -> int | None:
        """An object's size in bytes; None where it is not here."""
        if sha not in self._sizes:
            words = self._header("--batch-check", sha)
            if len(words) != 3:
                return None
            self._sizes[sha] = int(words[2])
        return self._sizes[sha]

    def content(self, sha: str) -> bytes | Oversize | None:
        """A blob, unless it is too large; None where it is not here."""
        size = self.size(sha)
        if size is None:
            return None
        if size > LARGEST_FILE:
            return Oversize(size, self._start(sha))
        return self._read(sha, size)

    def entries(self, commit: str) -> dict[str, Entry]:
        """Every file of a commit or tree."""
        listing = self.git.run("ls-tree", "-r", "-z", "--full-tree", _checked(commit))
        found = {}
        for line in listing.decode("utf-8", "surrogateescape").split("\0")[:-1]:
            about, _, name = line.partition("\t")
            mode, _kind, sha = about.split(" ")
            found[name] = Entry(mode, sha)
        return found

    def find(self, commit: str, paths: Iterable[str]) -> dict[str, Entry]:
        """Those of the paths that are files, links or submodules of a commit or tree."""
        root = self.root(commit)
        found = {path: self._walk(root, path.split("/")) for path in paths}
        return {path: entry for path, entry in found.items() if entry is not None}

    def beside(self, commit: str, folder: str) -> dict[str, Entry]:
        """The files, links and submodules of one folder of a commit or tree, by path."""
        tree = self._folder(self.root(commit), folder.split("/") if folder else [])
        above = f"{folder}/" if folder else ""
        listed = self.tree(tree).items() if tree is not None else ()
        return {above + name: entry for name, entry in listed if entry.mode != _TREE}

    def _walk(self, tree: str, names: list[str]) -> Entry | None:
        inside = self._folder(tree, names[:-1])
        entry = None if inside is None else self.tree(inside).get(names[-1])
        return None if entry is None or entry.mode == _TREE else entry

    def _folder(self, tree: str, names: list[str]) -> str | None:
        """The tree that these folders lead to."""
        for name in names:
            entry = self.tree(tree).get(name)
            if entry is None or entry.mode != _TREE:
                return None
            tree = entry.sha
        return tree

    def root(self, commit: str) -> str:
        """The tree of a commit; a tree is its own."""
        words = self._header("--batch-check", _checked(commit) + "^{tree}")
        if len(words) != 3:
            raise Failed(0, b"missing tree")
        return words[0].decode("ascii")

    def tree(self, sha: str) -> Mapping[str, Entry]:
        """The entries of one tree, folders among them with mode 40000."""
        if sha not in self._trees:
            self._trees[sha] = _parsed(self._read(sha, None))
        return self._trees[sha]

    def _read(self, sha: str, most: int | None) -> bytes:
        """The first ``most`` bytes of an object, None for all."""
        out, size = self._begun(sha)
        kept = out.read(size if most is None else min(size, most))
        _skip(out, size - len(kept) + 1)
        return kept

    def _start(self, sha: str) -> bytes:
        """How a large object starts, and from further on the place that tells a manifest."""
        from rules.subjects.manifest import telling  # noqa: PLC0415 - few changes have one

        out, left = self._begun(sha)
        start = out.read(min(left, _START))
        left -= len(start)
        found, end = b"", start[-_OVERLAP:]
        while left and not found:
            chunk = out.read(min(left, 1 << 20))
            left = left - len(chunk) if chunk else 0
            found, end = telling(end + chunk), chunk[-_OVERLAP:]
        _skip(out, left + 1)
        return start + b"\n" + found if found else start

    def _begun(self, sha: str) -> tuple[IO[bytes], int]:
        """Where an object's bytes now come, and how many."""
        words = self._header("--batch", sha)
        if len(words) != 3:
            raise Failed(0, b"missing object")
        return _pipe(self._running["--batch"].stdout), int(words[2])

    def _header(self, mode: str, name: str) -> list[bytes]:
        """The line that answers a name: name, type, size; or name and ``missing``."""
        _checked(name[:40])
        if mode not in self._running:
            self._running[mode] = self.git.start("cat-file", mode)
        process = self._running[mode]
        given = _pipe(process.stdin)
        given.write(name.encode("ascii") + b"\n")
        given.flush()
        line = _pipe(process.stdout).readline()
        if not line:
            raise Failed(process.wait(), b"")
        return line.split()


@contextmanager
def reading(git: Git) -> Iterator[Objects]:
    """The objects for as long as the block runs."""
    objects = Objects(git)
    try:
        yield objects
    finally:
        objects.close()


def _parsed(tree: bytes) -> dict[str, Entry]:
    """The entries of a tree object: mode, space, name, NUL, 20 bytes of sha."""
    found, at = {}, 0
    while at < len(tree):
        space, end_of_name = tree.index(b" ", at), tree.index(b"\0", at)
        mode = tree[at:space].decode("ascii")
        name = tree[space + 1 : end_of_name].decode("utf-8", "surrogateescape")
        at = end_of_name + 21
        found[name] = Entry(mode, tree[end_of_name + 1 : at].hex())
    return found


def _checked(sha: str) -> str:
    if not is_sha(sha):
        raise ValueError("not the full name of an object")
    return sha


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _skip(out: IO[bytes], count: int) -> None:
    while count > 0:
        count -= len(out.read(min(count, 1 << 20))) or count
