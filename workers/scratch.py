"""A temporary folder for each worker process, and an end to those of processes that were killed.

Each process holds a lock on its folder for as long as it lives; what nobody holds is removed.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

_NEW, _HELD = "redline-new-", "redline-worker-"
_lock: list[int] = []


def own() -> None:
    """Give this process a folder of its own; all its temporary files come to lie in it."""
    tempfile.tempdir = None
    for inherited in _lock:
        os.close(inherited)
    folder = Path(tempfile.mkdtemp(prefix=_NEW))
    folder.chmod(0o711)  # tools run as nobody and must reach their own folders in it
    _lock[:] = [os.open(folder, os.O_RDONLY | os.O_DIRECTORY)]
    fcntl.flock(_lock[0], fcntl.LOCK_EX)
    # Only now by the name that others look for: they would find it without its lock.
    held = folder.with_name(folder.name.replace(_NEW, _HELD))
    folder.rename(held)
    tempfile.tempdir = str(held)


def leave() -> None:
    """Remove this process's folder."""
    if tempfile.tempdir and Path(tempfile.tempdir).name.startswith(_HELD):
        shutil.rmtree(tempfile.tempdir, ignore_errors=True)
    tempfile.tempdir = None


def clear() -> None:
    """Remove the folders of processes that are no more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_HELD}*"):
        with suppress(OSError):
            _clear(folder)


def _clear(folder: Path) -> None:
    """Raises OSError where someone holds it, or it is not ours."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(lock).st_uid == os.geteuid():
            shutil.rmtree(folder)
    finally:
        os.close(lock)
