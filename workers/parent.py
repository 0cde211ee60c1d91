"""Run one review in a keyless child, and answer what it asks.

The child may be wrong in every way: it may die, hang, flood, or ask for what it may not have.
What it had not reported is then unchecked; what it had reported counts.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.review import Outcome, StageResult, said_once
from workers.checkout import Checkout, Oversize
from workers.pipe import (
    Ask,
    AskMarked,
    Blob,
    Closed,
    Configured,
    Done,
    Ended,
    Event,
    Find,
    Found,
    Keep,
    Late,
    ListAll,
    ListFolder,
    Named,
    Nonsense,
    Pipe,
    Read,
    Recall,
    Recalled,
    Said,
    Started,
    Task,
    Wishes,
)
from workers.project import STAGE_NAMES
from workers.sandbox.process import undumpable
from workers.shelf import Shelf, edition

__all__ = ["Child", "Event", "Program", "Wishes", "child", "run"]

_GRACE = 10.0  # seconds in which the child reports a stage that is over its limit
_MOST_ASKS = 100_000
Progress = Callable[[Event | None], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Program:
    """The child: how it is started, and the stages that it reports."""

    argv: tuple[str, ...] = (sys.executable, "-I", "-m", "workers.child")
    stages: tuple[str, ...] = STAGE_NAMES


def run(
    checkout: Checkout,
    wishes: Wishes,
    progress: Progress,
    program: Program = Program(),
) -> tuple[StageResult, ...]:
    """What ``Child.run`` gives, of a child that is started for it."""
    if checkout.excess:
        return _too_much(checkout, program.stages)
    with child(program) as one:
        return one.run(checkout, wishes, progress)


@contextmanager
def child(program: Program = Program(), shelf: Shelf | None = None) -> Iterator["Child"]:
    """A child for one review, which gets ready while the change is still checked out.

    ``shelf`` has what earlier reviews of the repository have made of its files.
    """
    with _started(program) as (process, pipe):
        yield Child(process, pipe, program.stages, shelf or Shelf())


class Child:
    """A child that waits for its review."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", pipe: Pipe, stages: Sequence[str], shelf: Shelf
    ) -> None:
        self._process, self._pipe, self._stages, self._shelf = process, pipe, stages, shelf
        self._conversation: _Conversation | None = None

    def run(
        self, checkout: Checkout, wishes: Wishes, progress: Progress
    ) -> tuple[StageResult, ...]:
        """The results of all stages, in the order in which they are shown. To be called once.

        ``progress`` is told of each stage as it starts and ends, and gets None about once a
        second meanwhile; what it raises ends the review. Raises CheckoutError where a file that
        the child asks for is not to be had: the review is to be tried again.
        """
        if checkout.excess:
            return _too_much(checkout, self._stages)
        self._shelf.writes |= wishes.trusted
        conversation = self._conversation = _Conversation(
            checkout, wishes, progress, self._stages, self._shelf
        )
        with tempfile.TemporaryDirectory(prefix="redline-child-") as scratch:
            Path(scratch).chmod(0o711)  # tools run as nobody and must reach their own folders
            try:
                reason = conversation.held(self._pipe, scratch)
            finally:
                _ended(self._process)
            self._log(reason)
        self._shelf.tidy()
        return conversation.results(reason)

    @property
    def configured(self) -> Configured:
        """What the repository chose, once the child has said so."""
        said = self._conversation.configured if self._conversation else None
        return said or Configured()

    def _log(self, reason: str) -> None:
        """What the child printed, and why it did not end well."""
        if printed := self._pipe.rest():
            _log.warning("child printed: %r", printed)  # quoted: it may try to be a terminal's
        if reason:
            _log.warning("child: %s (exit %s)", reason, self._process.returncode)


@contextmanager
def _started(program: Program) -> Iterator[tuple["subprocess.Popen[bytes]", Pipe]]:
    """The child under way, with an empty environment; nothing of it is left afterwards."""
    undumpable()
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = subprocess.Popen(
                [*program.argv, str(theirs.fileno())],
                env={},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        assert process.stdout is not None
        with process.stdout:
            try:
                yield process, Pipe(ours.fileno(), process.stdout.fileno())
            finally:
                _ended(process)


def _ended(process: "subprocess.Popen[bytes]") -> None:
    """Kill the child and its group; the group's number is its own until it was waited for."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class _Conversation:
    """What is said with one child."""

    def __init__(
        self,
        checkout: Checkout,
        wishes: Wishes,
        progress: Progress,
        stages: Sequence[str],
        shelf: Shelf,
    ) -> None:
        self._checkout, self._wishes, self._progress = checkout, wishes, progress
        self._stages, self._shelf = stages, shelf
        self.configured: Configured | None = None
        self._ended: dict[str, StageResult] = {}
        self._since: dict[str, float] = {}
        self._end = time.monotonic() + wishes.review_seconds
        files = checkout.diff.files
        self._known = {sha for file in files for sha in (file.old_sha, file.new_sha)}

    def held(self, pipe: Pipe, scratch: str) -> str:
        """Talk until the child is done; why it was not, empty if it was."""
        try:
            pipe.until, pipe.idle = self._until(), lambda: self._tell(None, pipe)
            pipe.send(self._task(scratch))
            for _ in range(_MOST_ASKS):
                pipe.until = self._until()
                said: Said = pipe.receive(Said)
                if isinstance(said, Done):
                    return "" if len(self._ended) == len(self._stages) else "it left a stage out"
                self._heard(said, pipe)
        except Late:
            return self._late()
        except Closed:
            return "the process that reviews has died"
        except Nonsense as nonsense:
            return f"the process that reviews talks nonsense: {nonsense}"
        return "the process that reviews talks nonsense: it asks without end"

    def results(self, reason: str) -> tuple[StageResult, ...]:
        """A result for each stage: unchecked where the child did not report it."""
        told = (self._ended.get(name) or _unchecked(name, reason) for name in self._stages)
        return said_once(told)

    def _task(self, scratch: str) -> Task:
        one = self._checkout
        return Task(
            diff=one.diff,
            merge_base=one.merge_base,
            base=one.base,
            head=one.head,
            wishes=self._wishes,
            scratch=scratch,
            parent=os.getpid(),
            edition=edition() if self._shelf.folder else "",
        )

    def _until(self) -> float:
        """When to give up: the review's end, or a running stage's with some grace."""
        limit = self._wishes.stage_seconds + _GRACE
        return min([self._end, *(since + limit for since in self._since.values())])

    def _late(self) -> str:
        if time.monotonic() >= self._end:
            return f"the review took longer than {self._wishes.review_seconds:g} s"
        return f"it took longer than {self._wishes.stage_seconds:g} s"

    def _heard(self, said: Ask | Keep | Configured | Event, pipe: Pipe) -> None:
        if isinstance(said, Configured):
            if self.configured is not None or self._since or self._ended:
                raise Nonsense("it chooses its gate again")
            self.configured = said
        elif isinstance(said, Started | Ended):
            self._reported(said)
            self._tell(said, pipe)
        elif isinstance(said, Keep):
            self._shelf.put(said.key, said.data)
        else:
            for frame in self._answers(said):
                pipe.send(frame)

    def _reported(self, event: Event) -> None:
        name = event.stage if isinstance(event, Started) else event.result.stage
        if name not in self._stages or name in self._ended:
            raise Nonsense("it reports a stage that it was not asked for")
        if isinstance(event, Started):
            self._since.setdefault(name, time.monotonic())
        else:
            self._since.pop(name, None)
            self._ended[name] = event.result

    def _tell(self, event: Event | None, pipe: Pipe) -> None:
        """What is done with the news takes none of the stages' time."""
        began = time.monotonic()
        self._progress(event)
        taken = time.monotonic() - began
        self._end += taken
        self._since = {name: since + taken for name, since in self._since.items()}
        pipe.until += taken

    def _answers(self, ask: Ask) -> Iterator[Found | Blob | Named | Recalled]:
        if isinstance(ask, Read):
            yield from self._blobs(ask.shas)
        elif isinstance(ask, Recall):
            yield Recalled(dict(self._shelf.get(ask.keys)))
        elif isinstance(ask, AskMarked):
            yield Named(tuple(sorted(self._checkout.marked(filter(_plain, ask.paths)))))
        else:
            yield self._found(ask)

    def _found(self, ask: Find | ListAll | ListFolder) -> Found:
        one = self._checkout
        if ask.commit not in (one.merge_base, one.base, one.head):
            raise Nonsense("it asks about a commit that is not under review")
        if isinstance(ask, Find):
            entries = self._checkout.find(ask.commit, ask.paths)
        elif isinstance(ask, ListFolder):
            entries = self._checkout.beside(ask.commit, ask.folder)
        else:
            entries = self._checkout.entries(ask.commit)
        self._known.update(entry.sha for entry in entries.values())
        return Found(tuple((path, entry.mode, entry.sha) for path, entry in entries.items()))

    def _blobs(self, shas: Sequence[str]) -> Iterator[Blob]:
        if not self._known.issuperset(shas):
            raise Nonsense("it asks for a file that is not under review")
        contents = self._checkout.blobs(shas)
        for sha in shas:
            content = contents[sha]
            if isinstance(content, Oversize):
                yield Blob(content.size, content.start)
            else:
                yield Blob(len(content), content)


def _plain(path: str) -> bool:
    """Whether git takes it for a path inside a repository: a tree may hold other names."""
    return "\0" not in path and not {"", ".", ".."} & set(path.split("/"))


def _too_much(checkout: Checkout, stages: Sequence[str]) -> tuple[StageResult, ...]:
    return tuple(_unchecked(name, checkout.excess) for name in stages)


def _unchecked(stage: str, reason: str) -> StageResult:
    return StageResult(stage, "", Outcome.UNCHECKED, reason)
