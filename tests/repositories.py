"""Real git repositories for tests: any file names, any modes, thousands of files at once."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "LC_ALL": "C",
}
_AUTHOR = "Ada <ada@example.com> 1700000000 +0000"


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True)
class Submodule:
    """A submodule at a commit."""

    sha: str


@dataclass(frozen=True)
class Program:
    """A file that may be executed."""

    content: str


Content = str | bytes | Link | Submodule | Program | None


@dataclass(frozen=True)
class Repository:
    """A repository on disk. Paths are text with surrogateescape."""

    path: Path

    @classmethod
    def create(cls, path: Path, *, bare: bool = False, branch: str = "main") -> "Repository":
        """An empty one, on its branch."""
        path.mkdir(parents=True)
        made = cls(path)
        made.git("init", "--quiet", f"--initial-branch={branch}", *(["--bare"] if bare else []))
        return made

    def git(self, *argv: str, given: bytes = b"", **environment: str) -> str:
        """Run git here; what it prints, without the space around it."""
        ran = subprocess.run(
            ["git", *argv],
            cwd=self.path,
            input=given,
            capture_output=True,
            check=False,
            env={**ENVIRONMENT, **environment},
        )
        assert ran.returncode == 0, ran.stderr.decode(errors="replace")
        return ran.stdout.decode("utf-8", "surrogateescape").strip()

    def commit(
        self, files: Mapping[str, Content], *, branch: str = "main", on: str | None = None
    ) -> str:
        """Commit on a branch: given files are written, those that are None removed.

        ``on`` is the parent, else the branch's tip; a new branch without it starts from nothing.
        The working tree is not touched: see ``checkout``.
        """
        stream = [f"commit refs/heads/{branch}\ncommitter {_AUTHOR}\ndata 1\nx\n".encode()]
        parent = on or self._tip(branch)
        if parent:
            stream.append(f"from {parent}\n".encode())
        stream += [_line(path, content) for path, content in files.items()]
        self.git("fast-import", "--quiet", "--force", given=b"".join(stream) + b"\n")
        return self.git("rev-parse", f"refs/heads/{branch}")

    def checkout(self, branch: str = "main") -> None:
        """Make the working tree what the branch holds."""
        self.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        self.git("reset", "--quiet", "--hard")

    def write(self, path: str, content: str | bytes) -> Path:
        """Write a file of the working tree."""
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def _tip(self, branch: str) -> str:
        return self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")


def _line(path: str, content: Content) -> bytes:
    name = _quoted(path)
    match content:
        case None:
            return b"D " + name + b"\n"
        case Submodule(sha):
            return b"M 160000 " + sha.encode() + b" " + name + b"\n"
        case Link(target):
            return _blob(b"120000", name, target.encode())
        case Program(text):
            return _blob(b"100755", name, text.encode())
        case str():
            return _blob(b"100644", name, content.encode())
        case bytes():
            return _blob(b"100644", name, content)


def _blob(mode: bytes, name: bytes, data: bytes) -> bytes:
    return b"M %s inline %s\ndata %d\n%s\n" % (mode, name, len(data), data)


def _quoted(path: str) -> bytes:
    raw = path.encode("utf-8", "surrogateescape")
    escaped = raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'
