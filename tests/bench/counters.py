"""What a review of five files does, counted: the same in a repository a hundred times larger.

Programs and files are seen by strace, git objects where they are asked for, and calls of the API
at the fake GitHub.
"""

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from unittest.mock import patch

from tests.bench import given
from tests.bench.line import running
from tests.bench.row import Row, missing
from workers import parent
from workers.checkout import local
from workers.checkout.objects import Objects
from workers.parent import Wishes

TITLE = "Counters"

_FILES, _SMALL, _LARGE = 5, 50, 5_000
_STARTS = re.compile(r'execve\("[^"]*?([^"/]+)", ')
_STARTED = re.compile(r"execve(\(| resumed>).* = 0$")
_OPENED = re.compile(r'openat\([^"]*"([^"]+)".* = \d+$')


def rows(scratch: Path) -> Iterator[Row]:
    """The figures."""
    sizes = {size: given.changed(scratch / f"{size}", size, _FILES) for size in (_SMALL, _LARGE)}
    if shutil.which("strace") is None:
        yield missing("programs and files", "strace is not installed")
    else:
        traces = [traced(folder, scratch / "trace") for folder in sizes.values()]
        yield _same("programs started", *(programs(trace) for trace in traces))
        outside = [opened(trace, at) for trace, at in zip(traces, sizes.values(), strict=True)]
        yield _same("files opened outside the change", *outside)
    yield _same("git objects", *(objects(folder) for folder in sizes.values()))
    yield _same("calls of GitHub's API", *calls(scratch))


def _same(what: str, small: Counter[str], large: Counter[str]) -> Row:
    figure = f"{small.total():,} and {large.total():,}"
    how = _listed(small)
    for name, more in (("small", small - large), ("large", large - small)):
        how += f"; more in the {name} one: {_listed(more)}" if more else ""
    what = f"{what}, a change of {_FILES} files among {_SMALL} and among {_LARGE:,}"
    return Row(what, figure, how, "the same", small == large, gates=True)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))


def traced(folder: Path, into: Path) -> str:
    """What one ``redline review`` started and opened, as strace writes it."""
    argv = ["strace", "-f", "-qq", "-e", "trace=execve,openat", "-s", "300", "-o", str(into)]
    argv += [sys.executable, "-m", "bot.cli", "review"]
    ran = subprocess.run(argv, cwd=folder, capture_output=True, check=False)
    assert ran.returncode == 1, ran.stderr
    return into.read_text(errors="replace")


def programs(trace: str) -> Counter[str]:
    """Programs by name. Those of the sandbox's self-test are among them, the same every time."""
    found: Counter[str] = Counter()
    begun: dict[str, str] = {}  # what another process's line has cut in two, by process
    for line in trace.splitlines():
        process = line.partition(" ")[0]
        if match := _STARTS.search(line):
            begun[process] = match[1]
        if _STARTED.search(line):
            found[begun[process]] += 1
    return found


def opened(trace: str, folder: Path) -> Counter[str]:
    """Files of the working tree that were opened and that the change does not have."""
    names = (match[1] for line in trace.splitlines() if (match := _OPENED.search(line)))
    inside = Counter(Path(name) for name in names if _lies_in(Path(name), folder))
    changed = {folder / path for path in given.change(_FILES)}
    return Counter({str(path.relative_to(folder)): n for path, n in inside.items()
                    if path not in changed and path.is_file()})  # fmt: skip


def _lies_in(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder) and ".git" not in path.parts


def objects(folder: Path) -> Counter[str]:
    """How often git was asked for an object or its size, and for whole trees."""
    asked: Counter[str] = Counter()
    header, entries = Objects._header, Objects.entries

    def counted(self: Objects, mode: str, name: str) -> list[bytes]:
        asked["read" if mode == "--batch" else "size"] += 1
        return header(self, mode, name)

    def listed(self: Objects, commit: str) -> Mapping[str, object]:
        asked["listing"] += 1
        return entries(self, commit)

    with (
        patch.object(Objects, "_header", counted),
        patch.object(Objects, "entries", listed),
        local(folder, None, None) as checkout,
    ):
        parent.run(checkout, Wishes(tools=False), lambda _event: None)
    return asked


def calls(scratch: Path) -> Iterator[Counter[str]]:
    """Calls of the API by operation, for one review in each repository."""
    with running(scratch) as line:
        first = line.github.repository("org/first", given.infrastructure(_SMALL))
        line.reviewed(first, given.change(1))  # what a server asks once is not a review's
        for size in (_SMALL, _LARGE):
            repository = line.github.repository(f"org/files-{size}", given.infrastructure(size))
            before = Counter(line.github.counters)
            line.reviewed(repository, given.change(_FILES))
            yield line.github.counters - before
