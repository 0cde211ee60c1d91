"""Find the repository that a path lies in, as its owner's own git sees it."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from workers.checkout.terms import CheckoutError, NotARepository

# What of its owner's configuration decides what a commit would hold. It is read and handed on:
# the git that looks at files never sees the rest, which may name programs.
_OBEYED = (
    *("core.autocrlf", "core.eol", "core.excludesfile", "core.filemode", "core.ignorecase"),
    *("core.precomposeunicode", "core.symlinks", "core.sparsecheckout", "core.sparsecheckoutcone"),
)
_ABOUT = (
    *("rev-parse", "--show-object-format", "--path-format=absolute"),
    *("--git-path", "objects", "--git-path", "index", "--git-path", "info/exclude"),
)
_NOT_OURS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")


@dataclass(frozen=True)
class Repository:
    """Where a repository lies. ``top`` is None for a bare one."""

    objects: Path
    index: Path
    exclude: Path
    top: Path | None
    directory: Path

    def ask(self, *argv: str) -> str | None:
        """What git prints about commits and refs, None where it says no."""
        ran = _asked(self.directory, *argv)
        return ran.stdout.decode("utf-8", "surrogateescape").strip() if not ran.returncode else None

    @cached_property
    def config(self) -> Mapping[str, str]:
        """What of the owner's configuration is obeyed."""
        out = _asked(self.directory, "config", "--list", "-z").stdout
        pairs = (pair.partition(b"\n") for pair in out.split(b"\0") if pair)
        every = {os.fsdecode(key): os.fsdecode(value) for key, _, value in pairs}
        return {key: every[key] for key in _OBEYED if key in every}


def found(path: Path) -> Repository:
    """The repository that holds the path. Raises NotARepository, with what to do."""
    if not path.exists():
        raise NotARepository(f"{path} does not exist")
    folder = path if path.is_dir() else path.parent
    ran = _asked(folder, *_ABOUT, "--show-toplevel")
    if ran.returncode:
        ran = _asked(folder, *_ABOUT)  # a bare one has no working tree to show
    if ran.returncode:
        raise NotARepository(_why(folder, ran.stderr))
    form, *places = os.fsdecode(ran.stdout).rstrip("\n").split("\n")
    if form != "sha1":
        raise NotARepository(f"{path} keeps its objects as {form}; Redline reads sha1 only")
    if len(places) not in (3, 4):
        raise NotARepository("a path with a line break in it cannot be read")
    objects, index, exclude, *top = map(Path, places)
    return Repository(objects, index, exclude, top[0] if top else None, folder)


def _why(folder: Path, stderr: bytes) -> str:
    if b"dubious ownership" in stderr:
        return (
            f"git refuses {folder}, which belongs to someone else: "
            f"run `git config --global --add safe.directory {folder}` if you trust it"
        )
    return f"{folder} is not in a git repository: name one, or run `git init` there"


def _asked(folder: Path, *argv: str) -> "subprocess.CompletedProcess[bytes]":
    """Run git as the user would, for what reads names only and starts no program."""
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *argv],  # noqa: S607 - the user's own git
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise CheckoutError("git is not installed (Debian: git)") from None
