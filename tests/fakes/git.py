"""Real git for the fakes of forges: bare repositories on disk, served by ``git http-backend``."""

import asyncio
import os
import re
import subprocess
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

CONFIG = """[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
	quotePath = false
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
	hideRefs = refs/fake
[fastimport]
	unpackLimit = 0
[gc]
	auto = 0
"""
NEW = "refs/fake/new"  # where a commit is made; shown to nobody
SHA = re.compile(r"[0-9a-f]{4,40}")
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
        """An empty one: what ``git init --bare`` writes, without starting git."""
        for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
            (path / folder).mkdir(parents=True)
        (path / "HEAD").write_text(f"ref: refs/heads/{branch}\n")
        (path / "config").write_text(CONFIG)
        return cls(path)

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

    def fixed(self, *arguments: str) -> str:
        """What git says of commits named by their shas only: asked once, since it never changes."""
        return asked(self, arguments)

    def commit(self, revision: str) -> str | None:
        """The commit that a branch, tag, full ref or (short) sha names, or None."""
        for name in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision):
            loose = self.path / name
            if name.startswith("refs/") and ".." not in name and loose.is_file():
                return loose.read_text().strip()
        if SHA.fullmatch(revision) is None:
            return None
        try:
            return self.fixed("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        except GitError:
            return None

    def merge_base(self, one: str, other: str) -> str | None:
        """Of two commits, or of a branch and a commit."""
        first, second = self.commit(one), self.commit(other)
        try:
            return self.fixed("merge-base", first or one, second or other)
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
        who = f"{signed[0]} <{signed[0]}@users.noreply.example> {signed[1]} +0000"
        words = message.encode()
        rows = [f"reset {NEW}\n\ncommit {NEW}\nmark :1\ncommitter {who}\ndata {len(words)}\n"]
        links = [f"{'merge' if at else 'from'} {sha}\n" for at, sha in enumerate(parents)]
        stream = b"".join(
            [rows[0].encode(), words, b"\n", "".join(links).encode(), *changes(files),
             b"\nget-mark :1\ndone\n"]
        )  # fmt: skip
        return (
            self.git("fast-import", "--quiet", "--force", "--done", stdin=stream).decode().strip()
        )

    def take(self, other: "Bare", *refspecs: str) -> None:
        """Fetch from another bare repository on this disk."""
        self.git("fetch", "--quiet", "--no-tags", str(other.path), *refspecs)


@lru_cache(maxsize=4096)
def asked(bare: Bare, arguments: tuple[str, ...]) -> str:
    return bare.line(*arguments)


def changes(files: Mapping[str, str | bytes | None]) -> Iterator[bytes]:
    """What becomes of each file, in the words of ``git fast-import``."""
    for path, content in files.items():
        name = b'"%s"' % b"".join(b"\\%03o" % byte for byte in encoded(path))
        if content is None:
            yield b"D " + name + b"\n"
            continue
        data = encoded(content)
        mode, data = (b"120000", data[2:]) if data.startswith(b"->") else (b"100644", data)
        yield b"M %s inline %s\ndata %d\n%s\n" % (mode, name, len(data), data)


def encoded(text: str | bytes) -> bytes:
    return text.encode(errors="surrogateescape") if isinstance(text, str) else text


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
    except BaseException:  # the client is gone; to kill what has ended would lose its exit status
        if process.returncode is None:
            process.kill()
        raise
    finally:
        await process.wait()
