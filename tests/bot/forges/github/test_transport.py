"""Requests on the wire: what is tried again, what is not, how long, and what is never logged."""

import logging
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.change import Change
from bot.forges import wire
from bot.forges.base import Limited, Unsure
from bot.forges.github import GitHub, transport
from bot.forges.github.credentials import Person
from tests.bot.forges.github.conftest import Connect, id_of
from tests.fakes.github import AppKey, FakeGitHub, PullRequest


def test_reads_are_tried_again_for_a_moment(
    github: FakeGitHub, as_app: Connect, pull: PullRequest
) -> None:
    fault = github.faults.add("GET */pulls/1", times=2)
    assert as_app().change(id_of(pull))
    assert fault.hits == 2


def test_then_it_is_unsure(github: FakeGitHub, as_app: Connect, pull: PullRequest) -> None:
    fault = github.faults.add("GET */pulls/1", times=None)
    with pytest.raises(Unsure, match="502"):
        as_app().change(id_of(pull))
    assert fault.hits == 3


def test_writes_are_never_tried_again(
    github: FakeGitHub, as_app: Connect, pull: PullRequest
) -> None:
    forge = as_app()
    conversation = forge.conversation(forge.change(id_of(pull)))
    for what in ({"status": 502}, {"status": 503}, {"what": "drop"}, {"status": 500}):
        fault = github.faults.add("POST */comments", **what)
        with pytest.raises(Unsure):
            conversation.answer("Once")
        assert fault.hits == 1
    assert pull.comments == []


def test_a_limit_is_raised_and_not_slept(
    github: FakeGitHub, as_app: Connect, app: AppKey, pull: PullRequest
) -> None:
    forge = as_app()
    conversation = forge.conversation(forge.change(id_of(pull)))
    github.limits.writes_a_minute = 0
    began = time.monotonic()
    with pytest.raises(Limited):
        conversation.answer("Too much")
    github.limits.exhaust(f"installation {app.installation.id}", 600)
    with pytest.raises(Limited) as raised:
        conversation.own()
    assert time.monotonic() - began < 5
    assert (raised.value.until.timestamp() - time.time()) > 500


def test_an_answer_that_drips_ends(
    github: FakeGitHub, as_app: Connect, pull: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "WHOLE", 0.3)
    github.faults.add("GET */pulls/1", what="slow", seconds=0.02, times=None)
    began = time.monotonic()
    with pytest.raises(Unsure, match="Timeout"):
        as_app().change(id_of(pull))
    assert time.monotonic() - began < 10


def test_an_answer_that_hangs_ends(
    github: FakeGitHub, as_app: Connect, pull: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge = as_app()
    conversation = forge.conversation(forge.change(id_of(pull)))
    monkeypatch.setattr(wire, "READ", 0.2)
    github.faults.add("POST */comments", what="hang", after=True, seconds=1)
    with pytest.raises(Unsure, match="Timeout"):
        conversation.answer("Once")
    assert [comment.body for comment in pull.comments] == ["Once"]


def test_an_answer_that_is_no_json(
    github: FakeGitHub, as_app: Connect, pull: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge = as_app()
    change = forge.change(id_of(pull))
    for text in ("<html>Login</html>", '{"half":', "[]", "null", ""):
        monkeypatch.setattr(transport._Answer, "read", lambda _self, text=text: text)
        with pytest.raises(Unsure):
            forge.change(change.id)


def test_an_answer_that_is_too_large(
    github: FakeGitHub, as_app: Connect, pull: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "_MOST", 1000)
    with pytest.raises(Unsure):
        as_app().change(id_of(pull))


def test_connections_are_kept(
    github: FakeGitHub, forge: GitHub, change: Change, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "urllib3"):
        for _ in range(5):
            forge.change(change.id)
    opened = [one for one in caplog.messages if one.startswith("Starting new")]
    assert len(opened) == 0


def test_no_secret_is_logged(
    github: FakeGitHub, as_app: Connect, pull: PullRequest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    forge = as_app()
    change = forge.change(id_of(pull))
    conversation = forge.conversation(change)
    conversation.answer("Words")
    github.expire_tokens()
    conversation.own()
    for token in github.server.state.tokens:
        assert token not in caplog.text
    assert "eyJ" not in caplog.text


def test_a_netrc_is_not_read(
    as_app: Connect, pull: PullRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert as_app().change(id_of(pull))


def test_a_proxy_is_used(
    as_app: Connect, pull: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with pytest.raises(Unsure, match="ProxyError"):
        as_app().change(id_of(pull))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert as_app().change(id_of(pull))


def test_the_words_of_a_forge_cost_no_pygithub() -> None:
    text = "import bot.forges.base, bot.marks, bot.commands, sys; print('github' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "False"


class Tls:
    """A server on this machine that speaks TLS with a certificate of its own."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.now(UTC)
        here = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(1))
        certificate = made.add_extension(here, critical=False).sign(key, hashes.SHA256())
        pem = serialization.Encoding.PEM
        self.bundle, secret = folder / "ca.pem", folder / "key.pem"
        self.bundle.write_bytes(certificate.public_bytes(pem))
        kind, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        secret.write_bytes(key.private_bytes(pem, kind, plain))
        self.server = HTTPServer(("127.0.0.1", 0), Login)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.bundle, secret)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_port}"


class Login(BaseHTTPRequestHandler):
    """Says who we are, and closes."""

    def do_GET(self) -> None:
        body = b'{"login": "redline"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Nothing."""


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[Tls]:
    made = Tls(tmp_path)
    made.server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_the_operators_certificates_count(tls: Tls) -> None:
    assert Person(tls.url, str(tls.bundle), "token", ()).me().login == "redline"
    with pytest.raises(Unsure, match="SSLError"):
        Person(tls.url, True, "token", ()).me()
