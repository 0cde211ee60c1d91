"""Real git for the fakes of forges: bare repositories on disk, served by ``git http-backend``."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

ZERO = "0" * 40
CONFIG = {
    "uploadpack.allowFilter": "true",
    "uploadpack.allowAnySHA1InWant": "true",
    "gc.auto": "0",
    "core.quotePath": "false",
}
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


class GitError(Exception):
    """git said no; the text is what it said."""


@dataclass(frozen=True)
class Bare:
    """A bare repository. Text is UTF-8, what cannot be decoded stands as surrogates."""

    path: Path

    @classmethod
    def create(cls, path: Path, branch: str = "main") -> "Bare":
        path.mkdir(parents=True)
        made = cls(path)
        made.git("init", "--quiet", "--bare", f"--initial-branch={branch}", ".")
        for name, value in CONFIG.items():
            made.git("config", name, value)
        return made

    def git(
        self, *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
    ) -> bytes:
        """Run git here and give its output. Raises GitError."""
        ran = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            input=stdin,
            capture_output=True,
            check=False,
            env={**ENVIRONMENT, **(environment or {})},
        )
        if ran.returncode != 0:
            raise GitError(ran.stderr.decode(errors="replace"))
        return ran.stdout

    def line(self, *arguments: str, **further: Mapping[str, str]) -> str:
        return self.git(*arguments, environment=further.get("environment")).decode().strip()

    def commit(self, revision: str) -> str | None:
        """The commit that a branch, ref or (short) sha names, or None."""
        for name in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision):
            try:
                return self.line("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
            except GitError:
                continue
        return None

    def merge_base(self, one: str, other: str) -> str | None:
        try:
            return self.line("merge-base", one, other)
        except GitError:
            return None

    def set_ref(self, ref: str, sha: str) -> None:
        self.git("update-ref", ref, sha)

    def delete_ref(self, ref: str) -> None:
        self.git("update-ref", "-d", ref)

    def refs(self, prefix: str) -> dict[str, str]:
        """Full ref names under a prefix, with the commits that they name."""
        out = self.line("for-each-ref", "--format=%(refname) %(objectname)", prefix)
        return dict(row.split(" ", 1) for row in out.splitlines())

    def write(
        self,
        parents: Sequence[str],
        files: Mapping[str, str | bytes | None],
        message: str,
        signed: tuple[str, int],
    ) -> str:
        """A commit with these files over its first parent's: None deletes, ``->x`` links to x.

        ``signed``: whose it is, and when it was made (seconds since 1970).
        """
        index = self.path / f"index-{os.getpid()}-{id(files)}"
        environment = {
            "GIT_INDEX_FILE": str(index),
            **identity(*signed),
        }
        try:
            if parents:
                self.git("read-tree", parents[0], environment=environment)
            rows = b"".join(self._rows(files))
            self.git("update-index", "-z", "--index-info", stdin=rows, environment=environment)
            tree = self.line("write-tree", environment=environment)
        finally:
            index.unlink(missing_ok=True)
        flags = [flag for parent in parents for flag in ("-p", parent)]
        out = self.git("commit-tree", tree, *flags, stdin=message.encode(), environment=environment)
        return out.decode().strip()

    def _rows(self, files: Mapping[str, str | bytes | None]) -> Iterator[bytes]:
        for path, content in files.items():
            name = path.encode(errors="surrogateescape")
            if content is None:
                yield b"0 " + ZERO.encode() + b"\t" + name + b"\0"
                continue
            data = content.encode(errors="surrogateescape") if isinstance(content, str) else content
            mode, data = (b"120000", data[2:]) if data.startswith(b"->") else (b"100644", data)
            blob = self.git("hash-object", "-w", "--stdin", stdin=data).strip()
            yield mode + b" " + blob + b"\t" + name + b"\0"

    def take(self, other: "Bare", *refspecs: str) -> None:
        """Fetch from another bare repository on this disk."""
        self.git("fetch", "--quiet", "--no-tags", str(other.path), *refspecs)


def identity(login: str, moment: int) -> dict[str, str]:
    """git's environment for who committed, and when (seconds since 1970)."""
    return {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (
            ("NAME", login),
            ("EMAIL", f"{login}@users.noreply.example"),
            ("DATE", f"{moment} +0000"),
        )
    }


async def backend(request: Request, repository: Bare, rest: str) -> Response:
    """Answer one request of git's smart HTTP protocol for reading, ``rest`` being its path."""
    service = request.query_params.get("service", rest)
    if service != "git-upload-pack":
        return Response("Write access to repository not granted.", 403)
    process = await asyncio.create_subprocess_exec(
        "git",
        "http-backend",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**ENVIRONMENT, **variables(request, repository, rest)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    body = await request.body()
    feeding = asyncio.ensure_future(feed(process.stdin, body))
    headers = await read_headers(process.stdout)
    status = int(headers.pop("Status", "200").split(" ")[0])
    return StreamingResponse(stream(process, feeding), status, headers)


def variables(request: Request, repository: Bare, rest: str) -> dict[str, str]:
    """The CGI variables of one request."""
    wanted: dict[str, str] = {
        "GIT_PROJECT_ROOT": str(repository.path),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{rest}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.url.query,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "REMOTE_ADDR": "127.0.0.1",
    }
    for name, variable in (
        ("git-protocol", "GIT_PROTOCOL"),
        ("content-encoding", "HTTP_CONTENT_ENCODING"),
    ):
        if name in request.headers:
            wanted[variable] = request.headers[name]
    return wanted


async def feed(pipe: asyncio.StreamWriter, body: bytes) -> None:
    try:
        pipe.write(body)
        await pipe.drain()
        pipe.close()
    except (BrokenPipeError, ConnectionResetError):
        return  # git had enough: its answer says why


async def read_headers(out: asyncio.StreamReader) -> dict[str, str]:
    headers: dict[str, str] = {}
    while line := (await out.readline()).decode().strip():
        name, _, value = line.partition(": ")
        headers[name] = value
    return headers


async def stream(
    process: asyncio.subprocess.Process, feeding: Awaitable[None]
) -> AsyncIterator[bytes]:
    """git's answer in pieces; the process is gone when this ends, whoever ends it."""
    assert process.stdout is not None
    try:
        while piece := await process.stdout.read(1 << 16):
            yield piece
        await feeding
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
