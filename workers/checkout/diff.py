"""Read git's diff of two trees: which files, and which lines, as a forge shows them.

The names come from the raw part and the lines from the patch part, in the same order. Names are
quoted there, so that each is on one line whatever it holds; a hunk's lines are counted, so that
no line of a file can pass for a header.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from bot.change import ChangedFile, FileStatus, Hunk
from workers.checkout.git import Git, is_sha

_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_TREES = ("diff-tree", "-r", "--raw", "--full-index", "--no-abbrev")
_SECONDS = 120
_MOST = 128 << 20  # bytes of patch


def diff(git: Git, old: str, new: str) -> tuple[ChangedFile, ...]:
    """The files that differ, with the lines of each: ``git diff -M`` with 3 lines of context.

    Raises TooMuch where the lines are more than anyone reviews.

    No attribute of the change hides lines (the view that ``git`` looks through has none), and
    what a forge takes for binary is taken for binary.
    """
    flags = ("-M", "-p", "-U3", "--no-ext-diff", "--no-textconv", "--no-color")
    asked = (*_TREES, *flags, _sha(old), _sha(new), "--")
    with git.lines(*asked, most=_MOST, seconds=_SECONDS) as lines:
        files = []
        for line in lines:
            if not line.startswith(b":"):
                break  # the empty line between both parts
            files.append(_file(line))
        sections = _sections(lines)
        return tuple(_with_hunks(file, sections) for file in files)


def renames(git: Git, old: str, new: str) -> dict[str, str]:
    """Old path to new path of the files that moved from one commit to the other."""
    asked = (*_TREES, "-M", "--diff-filter=R", _sha(old), _sha(new), "--")
    moved = (_file(line) for line in git.run(*asked, seconds=_SECONDS).split(b"\n") if line)
    return {file.old_path: file.new_path for file in moved}


def _sha(sha: str) -> str:
    if not is_sha(sha):
        raise ValueError("not the full name of an object")
    return sha


def _file(line: bytes) -> ChangedFile:
    """``:MODE MODE SHA SHA STATUS`` and one or two names, by tabs."""
    about, *names = line.split(b"\t")
    old_mode, new_mode, old_sha, new_sha, status = about[1:].decode("ascii").split(" ")
    return ChangedFile(
        status=FileStatus(status[0]),
        old_path=_name(names[0]),
        new_path=_name(names[-1]),
        old_sha=old_sha,
        new_sha=new_sha,
        old_mode=old_mode,
        new_mode=new_mode,
    )


def _name(quoted: bytes) -> str:
    """A name as git quotes it: C's escapes, in double quotes, are also those of Python."""
    raw = ast.literal_eval("b" + quoted.decode("ascii")) if quoted[:1] == b'"' else quoted
    assert isinstance(raw, bytes)
    return raw.decode("utf-8", "surrogateescape")


def _with_hunks(file: ChangedFile, sections: Iterator[tuple[Hunk, ...]]) -> ChangedFile:
    hunks = next(sections)
    if file.status is FileStatus.TYPE_CHANGED:  # shown as one file deleted and one added
        hunks += next(sections)
    return replace(file, hunks=hunks) if hunks else file


def _sections(lines: Iterator[bytes]) -> Iterator[tuple[Hunk, ...]]:
    """The hunks of each file of a patch, in its order."""
    hunks: list[Hunk] | None = None
    for line in lines:
        if line.startswith(b"diff --git "):
            if hunks is not None:
                yield tuple(hunks)
            hunks = []
        elif (match := _HUNK.match(line)) and hunks is not None:
            hunks.append(_hunk(match, lines))
    if hunks is not None:
        yield tuple(hunks)


def _hunk(match: re.Match[bytes], lines: Iterator[bytes]) -> Hunk:
    """One hunk: its header says how many lines of each side follow."""
    old_start, old, new_start, new = (1 if n is None else int(n) for n in match.groups())
    start, kinds = (old_start, new_start), []
    while old or new:
        kind = chr(next(lines)[0])
        if kind == "\\":
            continue  # about the line before: it has no final newline
        kinds.append(kind)
        old -= kind != "+"
        new -= kind != "-"
    return Hunk(*_counted(start, kinds), "".join(kinds))


def _counted(start: tuple[int, int], kinds: list[str]) -> tuple[int, int]:
    """Where a hunk starts: a side without lines names the line before, so the next is meant."""
    old, new = start
    return old + ("-" not in kinds and " " not in kinds), new + (
        "+" not in kinds and " " not in kinds
    )
