"""The most memory that a review of 500 files takes: its worker, and the process that it runs in."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import given
from tests.bench.line import running
from tests.bench.row import Row
from tests.line.server import Redline

TITLE = "Memory"

_FILES = 500
_MOST = 400 << 20  # bytes
_WORDS = {"worker": "--queue review", "child": "workers.child", "hadolint": "/hadolint --config"}


def rows(scratch: Path) -> Iterator[Row]:
    """The figures."""
    with running(scratch) as line:
        shop = line.github.repository("org/shop", given.infrastructure(10 * _FILES))
        with _watched(line.redline) as peaks:
            line.reviewed(shop, given.change(_FILES))
    together = peaks["worker"] + peaks["child"]
    met = together < _MOST
    how = ", ".join(f"{name} {size >> 20} MiB" for name, size in sorted(peaks.items()))
    what = f"worker and child, a change of {_FILES} files: peak memory together"
    yield Row(what, f"{together >> 20} MiB", how, f"below {_MOST >> 20} MiB", met, gates=True)


@contextmanager
def _watched(redline: Redline) -> Iterator[dict[str, int]]:
    """The most resident bytes of one process of each kind, while the block runs."""
    peaks: dict[str, int] = defaultdict(int)
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            for root in redline.processes:
                _look(root.pid, peaks)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        over.set()
        thread.join()


def _look(process: int, peaks: dict[str, int]) -> None:
    """Note the peak of a process and of all that it started."""
    at = Path(f"/proc/{process}")
    try:
        line = (at / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        status = (at / "status").read_text()
        started = " ".join(file.read_text() for file in at.glob("task/*/children"))
    except OSError:
        return  # it has just ended
    for name, words in _WORDS.items():
        if words in line and "VmHWM:" in status:
            peak = 1024 * int(status.partition("VmHWM:")[2].split()[0])
            peaks[name] = max(peaks[name], peak)
    for each in started.split():
        _look(int(each), peaks)
