"""The keyless process that one review runs in: ``python -I -m workers.child DESCRIPTOR``.

It has an empty environment, no token and no network use of its own; it asks its parent for files
over the pipe and answers in data. Nothing it prints is shown to anyone.
"""

import ctypes
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from rules.config import NAME, Config
from rules.fault import Fault
from rules.reading import chosen
from rules.secrets import masked
from workers.pipe import (
    Ask,
    AskMarked,
    Blob,
    Closed,
    Configured,
    Done,
    Event,
    Find,
    Found,
    Keep,
    ListAll,
    ListFolder,
    Named,
    Pipe,
    Read,
    Recall,
    Recalled,
    Task,
)
from workers.pipelines import STEPS, Reviewed, Step, attempt, traced
from workers.project import LARGEST_FILE, Entry, TooLarge
from workers.remembering import Remembering
from workers.sandbox.process import bounded, undumpable

MEMORY = 4 << 30  # bytes for this process, and for each tool that it starts
_CACHE = 256 << 20  # bytes of blobs that are kept
_BATCH = 500  # names in one ask
_PR_SET_PDEATHSIG = 1
_Answer = TypeVar("_Answer", Found, Named, Recalled)


class Parent:
    """The other end of the pipe: asked by one stage at a time, told by all.

    Stages run side by side and often want the same: who had to wait looks again before asking.
    """

    def __init__(self, pipe: Pipe) -> None:
        self._pipe, self._lock = pipe, threading.Lock()
        self._blobs: dict[str, Blob] = {}
        self._held = 0

    def report(self, event: Configured | Event | Keep | Done) -> None:
        """Tell how far the review is."""
        with self._lock:
            self._pipe.send(event)

    def found(self, ask: Find | ListAll | ListFolder) -> dict[str, Entry]:
        """Paths of a commit, with mode and sha."""
        answer = self._asked(ask, Found)
        return {path: Entry(mode, sha) for path, mode, sha in answer.entries}

    def marked(self, paths: Sequence[str]) -> frozenset[str]:
        """Which of the paths the attributes at base call vendored or generated."""
        return frozenset(self._asked(AskMarked(tuple(paths)), Named).paths)

    def recall(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """What earlier reviews have kept by these keys."""
        found: dict[str, bytes] = {}
        for first in range(0, len(keys), _BATCH):
            found |= self._asked(Recall(tuple(keys[first : first + _BATCH])), Recalled).entries
        return found

    def keep(self, key: str, data: bytes) -> None:
        """Keep something for later reviews."""
        self.report(Keep(key, data))

    def blobs(self, shas: Iterable[str]) -> dict[str, Blob]:
        """Contents by name, each read from the parent once."""
        wanted = tuple(dict.fromkeys(shas))
        found = {sha: self._blobs[sha] for sha in wanted if sha in self._blobs}
        missing = [sha for sha in wanted if sha not in found]
        for first in range(0, len(missing), _BATCH):
            with self._lock:
                found |= self._read(missing[first : first + _BATCH])
        return found

    def _read(self, shas: Sequence[str]) -> dict[str, Blob]:
        found = {sha: self._blobs[sha] for sha in shas if sha in self._blobs}
        missing = tuple(sha for sha in shas if sha not in found)
        if not missing:
            return found
        self._pipe.send(Read(missing))
        read = {sha: self._pipe.receive(Blob) for sha in missing}
        for sha, blob in read.items():
            self._held += len(blob.data)
            if self._held <= _CACHE:
                self._blobs[sha] = blob
        return found | read

    def _asked(self, ask: Ask, answer: type[_Answer]) -> _Answer:
        with self._lock:
            self._pipe.send(ask)
            received: _Answer = self._pipe.receive(answer)
            return received


class PipedTree:
    """One commit's files, as the parent tells them. ``known`` is what the diff says already."""

    def __init__(self, commit: str, parent: Parent, known: Mapping[str, Entry]) -> None:
        self._commit, self._parent = commit, parent
        self._known: dict[str, Entry | None] = dict(known)
        self._all: Mapping[str, Entry] | None = None
        self._folders: dict[str, Mapping[str, Entry]] = {}
        self._lock = threading.Lock()

    @property
    def commit(self) -> str:
        """The commit's sha."""
        return self._commit

    def find(self, paths: Iterable[str]) -> dict[str, Entry]:
        """Those of the paths that exist."""
        wanted = tuple(dict.fromkeys(paths))
        with self._lock:
            unknown = [path for path in wanted if path not in self._known]
            for first in range(0, len(unknown), _BATCH):
                batch = tuple(unknown[first : first + _BATCH])
                found = self._parent.found(Find(self._commit, batch))
                self._known.update({path: found.get(path) for path in batch})
        return {path: entry for path in wanted if (entry := self._known[path]) is not None}

    def entries(self) -> Mapping[str, Entry]:
        """Every file of the commit."""
        with self._lock:
            if self._all is None:
                self._all = self._parent.found(ListAll(self._commit))
            return self._all

    def beside(self, folder: str) -> Mapping[str, Entry]:
        """Every file of one folder."""
        with self._lock:
            if folder not in self._folders:
                found = self._parent.found(ListFolder(self._commit, folder))
                self._known.update(found)
                self._folders[folder] = found
            return self._folders[folder]

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The content of those that are regular files. Raises TooLarge, naming file and size."""
        regular = {path: one.sha for path, one in self.find(paths).items() if one.regular}
        blobs = self._parent.blobs(regular.values())
        sizes = {path: blobs[sha].size for path, sha in regular.items()}
        large = {path: size for path, size in sizes.items() if size > LARGEST_FILE}
        if large:
            raise TooLarge(large, {path: blobs[regular[path]].data for path in large})
        return {path: blobs[sha].data for path, sha in regular.items()}

    def targets(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Where those that are links point."""
        links = {path: one.sha for path, one in self.find(paths).items() if one.link}
        blobs = self._parent.blobs(links.values())
        return {path: blobs[sha].data for path, sha in links.items()}


def main(steps: Sequence[Step] = STEPS) -> None:
    """Run one review, told over the descriptor that the last argument names."""
    pipe = _alone(int(sys.argv[-1]))
    try:
        task: Task = pipe.receive(Task)
        if os.getppid() != task.parent:
            return  # it died before we asked to die with it
        tempfile.tempdir = task.scratch
        parent = Parent(pipe)
        config, remarks = _configured(task, parent)
        parent.report(Configured(config.gate, remarks, config.off))
        wishes = replace(task.wishes, config=config)
        attempt(_reviewed(task, parent, config), wishes, parent.report, steps)
        parent.report(Done())
    except Closed:
        pass  # nobody is left to be told
    # A stage past its limit may still hold a thread, which an ordinary exit would wait for.
    os._exit(0)


def _terse(_kind: object, error: BaseException, _trace: object) -> None:
    sys.stderr.write(traced(error) + "\n")


def _alone(descriptor: int) -> Pipe:
    """Give up what this process does not need, before anything of the change is read."""
    os.set_inheritable(descriptor, False)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    undumpable()
    bounded(MEMORY)
    sys.excepthook = _terse
    return Pipe(descriptor)


def _configured(task: Task, parent: Parent) -> tuple[Config, tuple[str, ...]]:
    """The repository's own settings, of base: a change has no say in how it is judged itself."""
    base = PipedTree(task.base, parent, {})
    found = base.find([NAME]).get(NAME)
    why, data = "", b""
    if found is not None and not found.regular:
        why = f"`{NAME}` of the target branch is no file. Defaults apply."
    elif found is not None:
        try:
            data = base.read([NAME])[NAME]
        except TooLarge as error:
            why = f"`{NAME}` of the target branch: {error}. Defaults apply."
    read = chosen(data, task.wishes.defaults)
    return read.config, tuple(filter(None, (why, *map(_remark, read.faults))))


def _remark(fault: Fault) -> str:
    said = masked(fault.message)
    return f"`{NAME}` of the target branch, line {fault.line}: {said} Its default applies."


def _reviewed(task: Task, parent: Parent, config: Config) -> Reviewed:
    old = task.diff.by_old_path.items()
    new = task.diff.by_new_path.items()
    return Reviewed(
        diff=task.diff,
        merge_base=PipedTree(
            task.merge_base, parent, {path: Entry(f.old_mode, f.old_sha) for path, f in old}
        ),
        head=PipedTree(task.head, parent, {path: Entry(f.new_mode, f.new_sha) for path, f in new}),
        marked=parent.marked,
        config=config,
        remembering=Remembering(parent, task.edition) if task.edition else None,
    )


if __name__ == "__main__":
    main()
