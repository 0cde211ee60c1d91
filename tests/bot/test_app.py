"""The receiver, over real sockets: what it takes, what it refuses, and how quickly."""

import contextlib
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from pydantic import SecretStr
from sqlalchemy import create_engine

from bot import app as receiver
from bot.hooks.delivery import Wish
from bot.ledger import Ledger
from bot.settings import Settings
from tests.bot.hooks import gitlab_payloads, payloads
from tests.bot.hooks.payloads import SECRET, headers, packed
from tests.databases import migrated_sqlite

__all__ = ["migrated_sqlite"]

MEBIBYTE = 1024 * 1024


@dataclass
class Receiver:
    """A receiver that runs, the ledger behind it, and a client to talk to it."""

    client: httpx.Client
    ledger: Ledger
    port: int
    database: Path

    def post(self, body: bytes, sent: Any = None, **extra: str) -> httpx.Response:
        names = [(k.decode(), v.decode("latin-1")) for k, v in sent or headers(body)]
        return self.client.post("/webhooks/github", content=body, headers=[*names, *extra.items()])

    def deliver(self, payload: Any, event: str = "pull_request", id_: str = "1") -> httpx.Response:
        body = packed(payload)
        return self.post(body, headers(body, event, id_))

    def raw(self, *parts: bytes) -> bytes:
        """Send bytes as they are; all that comes back until the receiver hangs up or rests."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for part in parts:
                    connection.sendall(part)
            return connection.recv(65_536)


Start = Callable[..., Receiver]


def settings(tmp_path: Path, **fields: Any) -> Settings:
    secrets = (SecretStr("older"), SecretStr(SECRET))
    values: dict[str, Any] = {
        "state_dir": tmp_path,
        "github_webhook_secret": secrets,
        "repositories": ("octo/*",),
    }
    return Settings(**(values | fields))


@pytest.fixture
def start(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Start]:
    """Starts a receiver in a thread, with other settings where some are given."""
    database = Path(shutil.copy(migrated_sqlite, tmp_path / "ledger.db"))
    with contextlib.ExitStack() as stack:

        def start_(patience: float = 5.0, **fields: Any) -> Receiver:
            ledger = Ledger.open(f"sqlite:///{database}", patience=patience)
            stack.callback(ledger.close)
            port = stack.enter_context(served(settings(tmp_path, **fields), ledger))
            client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False)
            return Receiver(stack.enter_context(client), ledger, port, database)

        yield start_


@contextlib.contextmanager
def served(chosen: Settings, ledger: Ledger) -> Iterator[int]:
    config = uvicorn.Config(receiver.create_app(chosen, ledger), log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def running(start: Start) -> Receiver:
    return start()


def test_a_push_is_accepted_once(running: Receiver) -> None:
    answers = [running.deliver(payloads.pull_request()) for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (202, {"answer": "accepted"}),
        (200, {"answer": "known"}),
    ]
    assert len(running.ledger.due(0)) == 1


def test_the_same_five_times_at_once(running: Receiver) -> None:
    with ThreadPoolExecutor(5) as pool:
        answers = pool.map(lambda _: running.deliver(payloads.pull_request()), range(5))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 202]


def test_both_secrets_hold(running: Receiver) -> None:
    body = packed(payloads.pull_request())
    assert running.post(body, headers(body, id="1", secret="older")).status_code == 202
    assert running.post(body, headers(body, id="2")).status_code == 202
    assert running.post(body, headers(body, id="3", secret="oldest")).status_code == 401


@pytest.mark.parametrize(
    "spoil",
    [
        lambda sent: sent[:-1],
        lambda sent: [*sent[:-1], (b"x-hub-signature", b"sha1=0011")],
        lambda sent: [*sent[:-1], headers(b"another")[-1]],
        lambda sent: [*sent, sent[-1]],
        lambda sent: [*sent[:-1], (sent[-1][0], sent[-1][1] + b"00")],
    ],
    ids=["none", "sha1", "another body's", "doubled", "padded"],
)
def test_unsigned_is_refused_and_leaves_nothing(running: Receiver, spoil: Any) -> None:
    body = packed(payloads.pull_request())
    assert running.post(body, spoil(headers(body))).status_code == 401
    assert running.ledger.believed_open() == []
    assert running.post(body).status_code == 202, "its id was not remembered"


def test_unsigned_nonsense_is_unsigned_not_unreadable(running: Receiver) -> None:
    assert running.post(b"{", headers(b"other")).status_code == 401


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b'{"a":' + b"9" * 1_000_000 + b"}", b'{"a": "\\u0000"}']
)
def test_signed_nonsense_is_unreadable(running: Receiver, body: bytes) -> None:
    answer = running.post(body)
    assert (answer.status_code, answer.json()) == (400, {"answer": "unreadable"})


@pytest.mark.parametrize("missing", [b"x-github-delivery", b"x-github-event"])
def test_a_header_that_must_be_there(running: Receiver, missing: bytes) -> None:
    body = packed(payloads.pull_request())
    sent = [one for one in headers(body) if one[0] != missing]
    assert running.post(body, sent).status_code == 400


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        ({"zen": "Design for failure."}, "ping"),
        (payloads.pull_request("labeled"), "pull_request"),
        (payloads.comment("nice"), "issue_comment"),
        (payloads.pull_request(repository={"id": 4, "full_name": "evil/hello"}), "pull_request"),
        (payloads.pull_request(repository={"id": 4}), "pull_request"),
    ],
    ids=["ping", "label", "words", "another owner", "no name"],
)
def test_what_is_not_for_us_is_200_and_leaves_nothing(
    running: Receiver, payload: Any, event: str
) -> None:
    assert running.deliver(payload, event).status_code == 200
    assert running.ledger.believed_open() == []


def test_a_command_is_stored(running: Receiver) -> None:
    assert running.deliver(payloads.comment("/recheck"), "issue_comment").status_code == 202
    (due,) = running.ledger.due(0)
    stored = running.ledger.command(int(due.args[0]))
    assert stored is not None
    assert stored.text == "/recheck"


@pytest.mark.parametrize(
    "extra",
    [
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "text/json"},
        {"content-type": ""},
        {"content-encoding": "gzip"},
        {"content-encoding": "identity, gzip"},
    ],
)
def test_anything_but_plain_json_is_refused(running: Receiver, extra: dict[str, str]) -> None:
    body = packed(payloads.pull_request())
    sent = [one for one in headers(body) if one[0].decode() not in extra]
    assert running.post(body, sent, **extra).status_code == 415


def test_json_with_a_charset_is_json(running: Receiver) -> None:
    body = packed(payloads.pull_request())
    extra = {"content-type": "application/json; charset=utf-8"}
    assert running.post(body, headers(body)[1:], **extra).status_code == 202


@pytest.mark.parametrize("path", ["gitlab", "github/", "bitbucket", ""])
def test_a_forge_that_is_not_configured(running: Receiver, path: str) -> None:
    body = packed(payloads.pull_request())
    names = [(k.decode(), v.decode()) for k, v in headers(body)]
    assert running.client.post(f"/webhooks/{path}", content=body, headers=names).status_code == 404


def on_gitlab(running: Receiver, payload: Any, token: str = gitlab_payloads.TOKEN) -> Any:
    body = packed(payload)
    names = [(k.decode(), v.decode()) for k, v in gitlab_payloads.headers(token=token)]
    return running.client.post("/webhooks/gitlab", content=body, headers=names)


def test_gitlab_is_taken_likewise(start: Start) -> None:
    secrets = (SecretStr("older"), SecretStr(gitlab_payloads.TOKEN))
    both = start(gitlab_webhook_secret=secrets, repositories=("octo/*", "group/**"))
    opened = gitlab_payloads.merge_request("open")
    assert on_gitlab(both, opened, "wrong").status_code == 401
    assert [on_gitlab(both, opened).json()["answer"] for _ in range(2)] == ["accepted", "known"]
    assert both.deliver(payloads.pull_request()).status_code == 202
    assert len(both.ledger.due(0)) == 2
    assert 'forge="gitlab"' in both.client.get("/metrics").text


@pytest.mark.parametrize("token", [None, "", "that of another project"])
def test_a_gitlab_token_that_is_none_leaves_nothing(start: Start, token: str | None) -> None:
    running = start(
        gitlab_webhook_secret=(SecretStr(gitlab_payloads.TOKEN),), repositories=("group/**",)
    )
    names = [
        (name.decode(), value.decode())
        for name, value in gitlab_payloads.headers(token=token or "")
        if token is not None or name.lower() != b"x-gitlab-token"
    ]
    body = packed(gitlab_payloads.merge_request("open"))
    answer = running.client.post("/webhooks/gitlab", content=body, headers=names)
    assert answer.status_code == 401
    assert running.ledger.due(0) == []


@pytest.mark.parametrize(
    "payload",
    [
        gitlab_payloads.merge_request("approved"),
        gitlab_payloads.note("Looks good"),
        {"object_kind": "push", "project": gitlab_payloads.PROJECT},
        {"object_kind": "emoji"},
    ],
    ids=["approved", "words", "push", "unknown"],
)
def test_what_gitlab_sends_and_we_ignore_is_answered_with_200(start: Start, payload: Any) -> None:
    """Four answers of another kind in a row, and GitLab sends nothing more."""
    running = start(gitlab_webhook_secret=(SecretStr(gitlab_payloads.TOKEN),))
    answer = on_gitlab(running, payload)
    assert (answer.status_code, answer.json()) == (200, {"answer": "nothing to do"})


def test_a_gitlab_project_that_is_not_allowed_is_ignored(start: Start) -> None:
    running = start(gitlab_webhook_secret=(SecretStr(gitlab_payloads.TOKEN),))
    answer = on_gitlab(running, gitlab_payloads.merge_request("open"))
    assert (answer.status_code, answer.json()["answer"]) == (200, "repository not allowed")


def test_a_github_signature_opens_no_gitlab(start: Start) -> None:
    running = start(gitlab_webhook_secret=(SecretStr(SECRET),))
    body = packed(payloads.pull_request())
    names = [(k.decode(), v.decode()) for k, v in headers(body)]
    answer = running.client.post("/webhooks/gitlab", content=body, headers=names)
    assert answer.status_code == 401


def test_without_a_secret_nothing_is_taken(start: Start) -> None:
    body = packed(payloads.pull_request())
    quiet = start(github_webhook_secret=())
    assert quiet.post(body, headers(body, secret="")).status_code == 404


HEAD = b"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def test_26_megabytes_are_refused_before_they_are_sent(running: Receiver) -> None:
    answer = running.raw(HEAD + b"Content-Length: %d\r\n\r\n" % (26 * MEBIBYTE))
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("length", [b"-1", b"x", b"1" * 30])
def test_a_length_that_is_none(running: Receiver, length: bytes) -> None:
    answer = running.raw(HEAD + b"Content-Length: " + length + b"\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 400 "))


def test_26_megabytes_in_chunks_are_refused_before_the_end(running: Receiver) -> None:
    chunk = b"%x\r\n" % MEBIBYTE + b" " * MEBIBYTE + b"\r\n"
    answer = running.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 26)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_client_that_sends_all_of_it_sees_the_answer_too(running: Receiver) -> None:
    chunks = (b" " * MEBIBYTE for _ in range(200))
    extra = {"content-type": "application/json"}
    answer = running.client.post("/webhooks/github", content=chunks, headers=extra)
    assert answer.status_code == 413
    assert running.deliver(payloads.pull_request()).status_code == 202


def test_no_more_bodies_are_held_at_once_than_memory_is_for(running: Receiver) -> None:
    app = receiver.Receiver(settings(running.database.parent), running.ledger)
    app.hold(receiver.MAX_HELD)
    with pytest.raises(receiver.Refuse) as refused:
        app.hold(1)
    assert refused.value.code == 503
    app.hold(-receiver.MAX_HELD)
    app.hold(1)


def test_the_memory_of_what_was_refused_is_given_back(
    running: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "MAX_HELD", 30 * MEBIBYTE)
    extra = {"content-type": "application/json"}
    body = b" " * (20 * MEBIBYTE)
    for _ in range(3):
        answer = running.client.post("/webhooks/github", content=body, headers=extra)
        assert answer.status_code == 401


def test_a_slow_body_is_cut_off(running: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "BODY_SECONDS", 0.3)
    began = time.monotonic()
    answer = running.raw(HEAD + b"Content-Length: 1000\r\n\r\n", b"{")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 3


def test_a_body_that_ends_early_harms_nobody(running: Receiver) -> None:
    with socket.create_connection(("127.0.0.1", running.port)) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n{")
    assert running.deliver(payloads.pull_request()).status_code == 202


def test_a_locked_database_is_503_and_recovers(start: Start) -> None:
    running = start(patience=0.2)
    engine = create_engine(f"sqlite:///{running.database}")
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(20) as pool:
            answers = list(
                pool.map(lambda n: running.deliver(payloads.pull_request(), id_=str(n)), range(20))
            )
        assert {answer.status_code for answer in answers} == {503}
        assert {answer.headers["retry-after"] for answer in answers} == {"30"}
        assert running.client.get("/healthz").status_code == 200
        connection.rollback()
    engine.dispose()
    assert running.deliver(payloads.pull_request(), id_="0").status_code == 202


def test_a_database_that_hangs_is_503_before_the_forge_gives_up(
    running: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang = threading.Event()
    monkeypatch.setattr(receiver, "LEDGER_SECONDS", 0.3)
    monkeypatch.setattr(running.ledger, "remember", lambda _delivery: hang.wait(20))
    began = time.monotonic()
    assert running.deliver(payloads.pull_request()).status_code == 503
    assert time.monotonic() - began < 5
    assert running.client.get("/healthz").status_code == 200, "the loop does not wait"
    hang.set()


@contextlib.contextmanager
def frozen() -> Iterator[str]:
    """A broker that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield f"redis://127.0.0.1:{silent.getsockname()[1]}/0"


def test_ready_says_what_answers(start: Start) -> None:
    assert start().client.get("/readyz").json() == {"database": "up", "broker": "none"}


def test_a_frozen_broker_is_red_and_delays_no_webhook(start: Start) -> None:
    with frozen() as url:
        running = start(broker_url=SecretStr(url))
        began = time.monotonic()
        with ThreadPoolExecutor(2) as pool:
            ready = pool.submit(running.client.get, "/readyz")
            taken = pool.submit(running.deliver, payloads.pull_request())
            assert taken.result().status_code == 202
            assert ready.result().status_code == 503
            assert ready.result().json() == {"database": "up", "broker": "down"}
        assert time.monotonic() - began < 5
        assert running.client.get("/healthz").json() == {"status": "ok"}


def test_a_database_that_is_gone_is_red(start: Start) -> None:
    running = start(patience=0.2)
    running.ledger.close()
    running.database.rename(running.database.with_name("elsewhere"))
    running.database.mkdir()
    answer = running.client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "down")
    assert "redline_database_up 0.0" in running.client.get("/metrics").text
    assert running.deliver(payloads.pull_request()).status_code == 503


def test_metrics_count_what_was_answered_and_what_waits(running: Receiver) -> None:
    running.deliver(payloads.pull_request())
    running.deliver(payloads.pull_request())
    running.client.post("/webhooks/no-such-forge")
    assert "redline_reconciler_found_total 0.0" in running.client.get("/metrics").text
    running.ledger.count("reconciler_found", 3)
    answer = running.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    for line in (
        'redline_deliveries_total{answer="accepted",forge="github"} 1.0',
        'redline_deliveries_total{answer="known",forge="github"} 1.0',
        'redline_deliveries_total{answer="forge not configured",forge="other"} 1.0',
        'redline_delivery_seconds_count{forge="github"} 2.0',
        "redline_database_up 1.0",
        "redline_waiting_changes 1.0",
        "redline_dead_letters 0.0",
        "redline_reconciler_found_total 3.0",
    ):
        assert line in answer.text.splitlines()
    assert "redline_oldest_unreviewed_seconds" in answer.text


def test_every_wish_of_a_webhook_is_taken(running: Receiver) -> None:
    sent = {
        Wish.REVIEW: ("pull_request", payloads.pull_request("opened")),
        Wish.AFRESH: ("pull_request", payloads.pull_request("ready_for_review")),
        Wish.COMMAND: ("issue_comment", payloads.comment("/help")),
        Wish.CLOSE: ("pull_request", payloads.pull_request("closed")),
    }
    for number, (event, payload) in enumerate(sent.values()):
        assert running.deliver(payload, event, str(number)).status_code == 202
    assert running.ledger.believed_open() == []


def test_the_receiver_loads_no_worker() -> None:
    code = (
        "import sys, bot.app\n"
        "heavy = {'celery', 'redis', 'github', 'alembic', 'workers'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_pushes_that_move_nobodys_base_are_not_written_down(start: Start) -> None:
    to = start()
    answer = to.deliver(payloads.push(), "push")
    assert (answer.status_code, answer.json()) == (200, {"answer": "nothing to do"})
    to.deliver(payloads.pull_request(), id_="2")
    change = to.ledger.believed_open()[0]
    lease = to.ledger.lease(change, "worker", 60)
    assert lease is not None
    lease.attempt(payloads.HEAD, "main")
    lease.done(payloads.HEAD, "passed", b"{}")
    assert to.deliver(payloads.push(), "push").status_code == 202
    assert to.deliver(payloads.push(), "push").json() == {"answer": "known"}
