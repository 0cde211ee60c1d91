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
_NOT_OURS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")


@dataclass(frozen=True)
class Repository:
    """Where a repository lies. ``top`` is None for a bare one."""

    objects: Path
    index: Path
    exclude: Path
    common: Path
    top: Path | None
    directory: Path

    def ask(self, *argv: str) -> str | None:
        """One line from git about commits and refs, None where git says no."""
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
    paths = ("objects", "index", "info/exclude")
    asked = [word for name in paths for word in ("--git-path", name)]
    about = ("--path-format=absolute", *asked, "--git-common-dir", "--is-bare-repository")
    ran = _asked(folder, "rev-parse", *about, "--show-object-format")
    if ran.returncode:
        raise NotARepository(_why(folder, ran.stderr))
    *places, bare, form = os.fsdecode(ran.stdout).rstrip("\n").rsplit("\n", 2)
    if form != "sha1":
        raise NotARepository(f"{path} keeps its objects as {form}; Redline reads sha1 only")
    objects, index, exclude, common = map(Path, places[0].split("\n"))
    return Repository(objects, index, exclude, common, _top(folder, bare), folder)


def _top(folder: Path, bare: str) -> Path | None:
    if bare == "true":
        return None
    ran = _asked(folder, "rev-parse", "--path-format=absolute", "--show-toplevel")
    return None if ran.returncode else Path(os.fsdecode(ran.stdout).rstrip("\n"))


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
