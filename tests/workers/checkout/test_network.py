"""Fetching over a network that may do anything: errors by meaning, and where the token goes."""

import gzip
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.repositories import ENVIRONMENT, Repository
from tests.workers.conftest import Make
from workers.checkout import (
    CheckoutError,
    Denied,
    HeadGone,
    Patience,
    Unreachable,
    fetched,
    locking,
    mirror,
)

Respond = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Respond], str]]:
    """A small HTTP server, answering as told; its address."""
    servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(respond: Respond) -> str:
        handler = type(
            "Handler",
            (BaseHTTPRequestHandler,),
            {"do_GET": respond, "do_POST": respond, "log_message": lambda *_: None},
        )
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}/x.git"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(autouse=True)
def asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "_PAUSES", ())


def answer(status: int, **headers: str) -> Respond:
    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return respond


@pytest.mark.parametrize(
    ("status", "meant"),
    [
        (401, Denied),
        (403, Denied),
        (404, Denied),
        (500, Unreachable),
        (502, Unreachable),
        (200, Unreachable),
    ],
)
def test_what_a_forge_may_answer(
    given_change: Make,
    serve: Callable[[Respond], str],
    tmp_path: Path,
    status: int,
    meant: type[Exception],
) -> None:
    change = replace(given_change({"a": "1\n"}, {"a": "2\n"}), clone_url=serve(answer(status)))
    with pytest.raises(meant) as raised, fetched(change, "s3cret", tmp_path):
        pass
    assert "s3cret" not in str(raised.value)


def test_a_forge_that_is_silent_for_a_moment_is_asked_again(
    given_change: Make,
    serve: Callable[[Respond], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mirror, "_PAUSES", (0.0, 0.0))
    statuses = [502, 503, 403, 200]

    def moody(request: BaseHTTPRequestHandler) -> None:
        answer(statuses.pop(0))(request)

    change = replace(given_change({"a": "1\n"}, {"a": "2\n"}), clone_url=serve(moody))
    with pytest.raises(Denied), fetched(change, "", tmp_path):
        pass
    assert statuses == [200], "what is refused is not asked again"


def test_a_fetch_ends_when_it_is_not_wanted_any_more(
    given_change: Make, serve: Callable[[Respond], str], tmp_path: Path
) -> None:
    over = threading.Event()

    def superseded() -> None:
        raise InterruptedError

    def stall(_request: BaseHTTPRequestHandler) -> None:
        over.wait(30)

    change = replace(given_change({"a": "1\n"}, {"a": "2\n"}), clone_url=serve(stall))
    began = time.monotonic()
    with pytest.raises(InterruptedError), fetched(change, "", tmp_path, wait=Patience(superseded)):
        pass
    assert time.monotonic() - began < 5
    over.set()


def test_a_forge_that_is_not_there(given_change: Make, tmp_path: Path) -> None:
    change = replace(given_change({"a": "1\n"}, {"a": "2\n"}), clone_url="http://127.0.0.1:1/x.git")
    with pytest.raises(Unreachable), fetched(change, "", tmp_path):
        pass


def test_the_token_goes_to_its_own_host_in_a_header_only(
    given_change: Make, serve: Callable[[Respond], str], tmp_path: Path
) -> None:
    got: list[tuple[str, str | None]] = []
    seen: list[bytes] = []

    def elsewhere(request: BaseHTTPRequestHandler) -> None:
        got.append(("elsewhere", request.headers["Authorization"]))
        answer(404)(request)

    other = serve(elsewhere)

    def home(request: BaseHTTPRequestHandler) -> None:
        got.append((request.path, request.headers["Authorization"]))
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.append(process.read_bytes())
            except OSError:
                continue
        answer(302, Location=other)(request)

    change = replace(given_change({"a": "1\n"}, {"a": "2\n"}), clone_url=serve(home))
    with pytest.raises(CheckoutError), fetched(change, "s3cret", tmp_path):
        pass
    assert [where for where, _ in got] == ["/x.git/info/refs?service=git-upload-pack"]
    assert got[0][1] == "Basic eC1hY2Nlc3MtdG9rZW46czNjcmV0"
    assert any(b"git-remote-http" in line or b"remote-http" in line for line in seen)
    assert not [line for line in seen if b"s3cret" in line or b"eC1hY2Nlc3" in line]
    written = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert not [text for text in written if b"s3cret" in text or b"eC1hY2Nlc3" in text]


def test_proxies_of_the_environment_are_obeyed(
    given_change: Make,
    serve: Callable[[Respond], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def proxy(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.requestline)
        answer(502)(request)

    for name in ("NO_PROXY", "no_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", serve(proxy).removesuffix("/x.git"))
    monkeypatch.setattr(BaseHTTPRequestHandler, "do_CONNECT", proxy, raising=False)
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    change = replace(change, clone_url="https://forge.example/x.git")
    with pytest.raises(Unreachable), fetched(change, "", tmp_path):
        pass
    assert asked == ["CONNECT forge.example:443 HTTP/1.1"]
    monkeypatch.setenv("NO_PROXY", "forge.example")
    with pytest.raises(Unreachable), fetched(change, "", tmp_path):
        pass
    assert len(asked) == 1


def test_a_fetch_that_takes_too_long_is_ended(
    given_change: Make,
    serve: Callable[[Respond], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()

    def stall(_request: BaseHTTPRequestHandler) -> None:
        over.wait(30)

    monkeypatch.setattr(mirror, "_FETCH_SECONDS", 0.5)
    change = replace(given_change({"a": "1\n"}, {"a": "2\n"}), clone_url=serve(stall))
    with pytest.raises(Unreachable, match="longer than"), fetched(change, "", tmp_path):
        pass
    over.set()


HOLDS = """
import fcntl, os, sys, threading, time
lock = open(sys.argv[1], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
print(flush=True)
def live():
    while True:
        os.utime(lock.fileno())
        time.sleep(0.1)
if sys.argv[2] == "lives":
    threading.Thread(target=live, daemon=True).start()
input()
"""


@contextmanager
def holding(state: Path, *, lives: bool, name: str = "github-1.fetch") -> Iterator[None]:
    """Another process that fetches, or has stopped in the middle of that."""
    (state / "mirrors").mkdir(exist_ok=True)
    how = "lives" if lives else "stopped"
    argv = [sys.executable, "-c", HOLDS, str(state / "mirrors" / name), how]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        yield
        other.communicate(b"\n")


def names(state: Path) -> list[str]:
    """The mirrors that are there."""
    return sorted(path.parent.name for path in state.glob("mirrors/*/git"))


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Patience:
    """Waits for a second for a sign of life."""
    monkeypatch.setattr(locking, "_WATCHED", 0.5)
    return Patience(lifeless=0.5)


def test_a_review_waits_for_a_fetch_of_another_process(
    given_change: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hasty: Patience
) -> None:
    """Not for ever, though that lives: it is tried again later."""
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    monkeypatch.setattr(locking, "_LOCK_SECONDS", 1.5)
    with (
        holding(tmp_path, lives=True),
        pytest.raises(Unreachable, match="another review is still fetching"),
        fetched(change, "", tmp_path, local=True, wait=hasty),
    ):
        pass
    with fetched(change, "", tmp_path, local=True) as checkout:
        assert len(checkout.diff.files) == 1
    assert names(tmp_path) == ["github-1"]


@pytest.mark.parametrize("name", ["github-1.fetch", "github-1.use"])
def test_one_that_has_stopped_holds_up_nobody(
    given_change: Make, tmp_path: Path, hasty: Patience, name: str
) -> None:
    """Others have a mirror beside it, since it may go on at any time; afterwards the first one."""
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    with holding(tmp_path, lives=False, name=name):
        for _ in range(2):
            with fetched(change, "", tmp_path, local=True, wait=hasty) as checkout:
                assert len(checkout.diff.files) == 1
        assert names(tmp_path) == ["github-1~1"]
    with fetched(change, "", tmp_path, local=True, wait=hasty):
        pass
    assert names(tmp_path) == ["github-1", "github-1~1"]


def test_where_all_have_stopped_it_is_said(
    given_change: Make, tmp_path: Path, hasty: Patience
) -> None:
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    with ExitStack() as stack:
        for number in ("", "~1", "~2"):
            stack.enter_context(holding(tmp_path, lives=False, name=f"github-1{number}.fetch"))
        stack.enter_context(pytest.raises(Unreachable, match="has stopped while it was fetching"))
        stack.enter_context(fetched(change, "", tmp_path, local=True, wait=hasty))


def test_a_fetch_gives_signs_of_life(
    given_change: Make, serve: Callable[[Respond], str], tmp_path: Path
) -> None:
    """While git waits for the forge, however long."""
    over, seen = threading.Event(), []

    def stall(_request: BaseHTTPRequestHandler) -> None:
        over.wait(30)

    def look() -> None:
        lock = tmp_path / "mirrors" / "github-1.fetch"
        seen.append(time.time() - lock.stat().st_mtime)
        os.utime(lock, (1, 1))
        if len(seen) == 3:
            raise InterruptedError

    change = replace(given_change({"a": "1\n"}, {"a": "2\n"}), clone_url=serve(stall))
    with pytest.raises(InterruptedError), fetched(change, "", tmp_path, wait=Patience(look)):
        pass
    over.set()
    assert max(seen) < 1


def test_a_damaged_mirror_that_is_in_use_holds_up_nobody(
    given_change: Make, tmp_path: Path
) -> None:
    change = given_change({"a": "1\n"}, {"a": "2\n"})
    with fetched(change, "", tmp_path, local=True):
        mirror.Mirror(tmp_path / "mirrors", "github-1").give_up()
        with fetched(change, "", tmp_path, local=True) as checkout:
            assert len(checkout.diff.files) == 1
    assert names(tmp_path) == ["github-1", "github-1~1"]
    with fetched(change, "", tmp_path, local=True):
        pass
    assert not (tmp_path / "mirrors" / "github-1" / "damaged").exists()


def git_over_http(repository: Repository, authorization: str, asked: list[str]) -> Respond:
    """git's own server behind HTTP, for those who send this header."""

    def respond(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.requestline)
        if request.headers["Authorization"] != authorization:
            return answer(401, **{"WWW-Authenticate": "Basic"})(request)
        path, _, query = request.path.partition("?")
        body = request.rfile.read(int(request.headers["Content-Length"] or 0))
        if request.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        variables = {
            **ENVIRONMENT,
            "GIT_PROJECT_ROOT": str(repository.path.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": request.headers["Git-Protocol"] or "",
            "PATH_INFO": path.replace("/x.git", f"/{repository.path.name}"),
            "QUERY_STRING": query,
            "REQUEST_METHOD": request.command,
            "CONTENT_TYPE": request.headers["Content-Type"] or "",
            "CONTENT_LENGTH": str(len(body)),
        }
        ran = subprocess.run(
            ["git", "http-backend"], env=variables, input=body, capture_output=True, check=False
        )
        head, _, data = ran.stdout.partition(b"\r\n\r\n")
        request.send_response(200)
        for line in head.decode().split("\r\n"):
            request.send_header(*line.split(": ", 1))
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)
        return None

    return respond


def test_a_change_is_fetched_over_http(
    forge: Repository, given_change: Make, serve: Callable[[Respond], str], tmp_path: Path
) -> None:
    change = given_change({f"{n}": f"{n}\n" for n in range(50)}, {"1": "x\n", "y": "y\n"})
    asked: list[str] = []
    address = serve(git_over_http(forge, "Basic eC1hY2Nlc3MtdG9rZW46czNjcmV0", asked))
    change = replace(change, clone_url=address)
    with fetched(change, "s3cret", tmp_path) as checkout:
        assert [file.new_path for file in checkout.diff.files] == ["1", "y"]
        assert checkout.diff.by_new_path["1"].added == {1}
    assert len(asked) <= 8
    with pytest.raises(Denied), fetched(change, "another", tmp_path / "elsewhere"):
        pass
    gone = replace(change, head="1234567890" * 4)
    with pytest.raises(HeadGone), fetched(gone, "s3cret", tmp_path):
        pass
