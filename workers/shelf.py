"""What earlier reviews of a repository made of its files, on disk: asked for by key.

One file a key, of whatever bytes the child says. They are only ever given back to a child, which
trusts them no more than a file of the change. The least recently used go first.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

LARGEST = 1 << 20  # bytes of one entry
MOST_BYTES = 64 << 20  # of one repository
MOST_PUT = 2_000  # by one review
_KEY = re.compile(r"[0-9a-f]{64}")
_ROOT = Path(__file__).parents[1]
_JUDGES = ("rules", "workers", "bot/change.py")


@dataclass
class Shelf:
    """The entries of one repository. Without a ``folder`` there are none, and none are taken.

    ``writes`` off: they are only read. What is made of an untrusted author's change is not kept,
    since it is told by a process that has read that change.
    """

    folder: Path | None = None
    writes: bool = False
    _put: int = 0

    def get(self, keys: Iterable[str]) -> Mapping[str, bytes]:
        """Those of the entries that are there."""
        if self.folder is None:
            return {}
        found = {}
        for key in filter(_KEY.fullmatch, keys):
            with suppress(OSError):
                found[key] = (self.folder / key).read_bytes()
                os.utime(self.folder / key)
        return found

    def put(self, key: str, data: bytes) -> None:
        """Keep an entry, whole or not at all. A full disk loses no more than it."""
        self._put += 1
        fits = _KEY.fullmatch(key) and len(data) <= LARGEST and self._put <= MOST_PUT
        if self.folder is None or not self.writes or not fits:
            return
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=self.folder, prefix="new-", delete=False) as file:
                file.write(data)
            Path(file.name).replace(self.folder / key)

    def tidy(self) -> None:
        """Remove the least recently used until the rest has MOST_BYTES."""
        if self.folder is None or not self._put or not self.folder.is_dir():
            return
        left = MOST_BYTES
        for path, size in _newest_first(self.folder):
            left -= size
            if left < 0:
                with suppress(OSError):
                    path.unlink()


def _newest_first(folder: Path) -> list[tuple[Path, int]]:
    seen = []
    for path in folder.iterdir():
        with suppress(OSError):
            stat = path.stat()
            seen.append((stat.st_mtime, path, stat.st_size))
    return [(path, size) for _used, path, size in sorted(seen, reverse=True)]


def of(repository: Path) -> Shelf:
    """That of a repository in a terminal, in the user's cache: who may write there is trusted."""
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # nobody's home
        return Shelf()
    cache = Path(os.environ.get("REDLINE_CACHE_DIR") or home / "redline")
    name = sha256(os.fsencode(repository.resolve())).hexdigest()[:16]
    return Shelf(cache / "judged" / name, writes=True)


@cache
def edition() -> str:
    """Names the code that judges: what another edition has said of a file counts for nothing."""
    digest = sha256()
    for judge in _JUDGES:
        place = _ROOT / judge
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.suffix in (".py", ".json"):
                digest.update(f"{path.relative_to(_ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()
