"""Frames between parent and child: what is sent arrives, and nothing else does."""

import os
import socket
import threading
import time
from collections.abc import Iterator

import msgspec
import pytest

from bot.change import ChangedFile, Diff, FileStatus, Hunk
from bot.review import Outcome, StageResult
from rules.finding import Finding, Location, ObjectName, Severity, Suggestion, Symptom
from workers import pipe
from workers.pipe import (
    Blob,
    Closed,
    Done,
    Ended,
    Find,
    Found,
    Late,
    ListFolder,
    Nonsense,
    Pipe,
    Read,
    Said,
    Started,
    Task,
    Wishes,
)

ODD = "a\udcff\n\u202e`"
FINDING = Finding(
    rule="root-container",
    severity=Severity.BLOCKING,
    location=Location(ODD, 3, block=(1, 9)),
    message="runs as root",
    detail="a",
    address=f"apps/Deployment//{ODD}",
    project="",
    suggestion=Suggestion(1, 2, "x"),
    object=ObjectName("Deployment", None, ODD),
    symptom=Symptom.CONFIG_ERROR,
    labels=((ODD, ""), ("app", ODD)),
)
FILE = ChangedFile(
    FileStatus.RENAMED, ODD, "b", "0" * 40, "1" * 40, "100644", "100644", (Hunk(1, 1, " -+"),)
)
FRAMES = [
    Task(Diff((FILE,)), "1", "2", "3", Wishes(all_new=True), "/tmp/x", 7),
    Found(((ODD, "100644", "0" * 40),)),
    Blob(3, b"\x00\xff\n"),
    Find("1" * 40, (ODD, "b")),
    ListFolder("1" * 40, ODD),
    Read(("1" * 40,)),
    Started("hadolint", ""),
    Ended(StageResult("hadolint", "", Outcome.FAILED, ODD, (FINDING,), (ODD,), 0.5, existing=True)),
    Done(),
]


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def framed(body: bytes, flag: bytes = b"\0", size: int | None = None) -> bytes:
    return (len(body) if size is None else size).to_bytes(4, "big") + flag + body


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__name__)
def test_what_is_sent_arrives(
    ends: tuple[socket.socket, socket.socket], frame: msgspec.Struct
) -> None:
    Pipe(ends[0].fileno()).send(frame)
    assert Pipe(ends[1].fileno()).receive(type(frame)) == frame


def test_half_a_surrogate_pair_stands_for_nothing(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    Pipe(ends[0].fileno()).send(Started("\ud800a\udcff\udc00", ""))
    assert Pipe(ends[1].fileno()).receive(Said) == Started("\ufffda\udcff\ufffd", "")


def test_a_frame_that_is_larger_than_the_socket(ends: tuple[socket.socket, socket.socket]) -> None:
    frame = Blob(5 << 20, os.urandom(5 << 20))
    sender = threading.Thread(target=Pipe(ends[0].fileno()).send, args=(frame,))
    sender.start()
    assert Pipe(ends[1].fileno()).receive(Blob) == frame
    sender.join()


@pytest.mark.parametrize(
    "sent",
    [
        framed(b"garbage"),
        framed(b""),
        framed(msgspec.msgpack.encode({"type": "Unheard"})),
        framed(msgspec.msgpack.encode({"type": "Started", "stage": "x"})),
        framed(msgspec.msgpack.encode({"type": "Started", "stage": 1, "project": ""})),
        framed(msgspec.msgpack.encode({"type": "Done", "more": 1})),
        framed(msgspec.msgpack.encode({"type": "Task"})),
        framed(b"\x91" * 100_000),
        framed(b"\x91" * 100_000, b"\1"),
        framed(msgspec.msgpack.encode({"type": msgspec.msgpack.Ext(9, b"x")}), b"\1"),
        framed(msgspec.msgpack.encode(msgspec.msgpack.Ext(1, b"\xff")), b"\1"),
        framed(b"\x82\xa4type\xa7Started\xa5stage\xa3\xed\xa0\x80"),
        framed(b"", size=(160 << 20) + 1),
        b"\xff\xff\xff\xff\xff",
        b"Traceback (most recent call last):\n",
    ],
)
def test_nonsense_is_not_taken(ends: tuple[socket.socket, socket.socket], sent: bytes) -> None:
    receiver = Pipe(ends[1].fileno())
    ends[0].sendall(sent)
    with pytest.raises(Nonsense):
        receiver.receive(Said)


def test_too_much_is_not_sent(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipe, "_LARGEST", 100)
    with pytest.raises(Nonsense):
        Pipe(ends[0].fileno()).send(Blob(101, bytes(101)))


@pytest.mark.parametrize("sent", [b"", b"\0\0", framed(b"abc")[:-1]])
def test_the_other_side_has_gone(ends: tuple[socket.socket, socket.socket], sent: bytes) -> None:
    receiver = Pipe(ends[1].fileno())
    ends[0].sendall(sent)
    ends[0].close()
    with pytest.raises(Closed):
        receiver.receive(Said)
    with pytest.raises(Closed):
        receiver.send(Done())


def test_the_other_side_neither_speaks_nor_listens(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    one = Pipe(ends[1].fileno())
    ends[0].sendall(b"\0")
    one.until = time.monotonic() + 0.01
    with pytest.raises(Late):
        one.receive(Said)
    one.until = time.monotonic() + 0.01
    with pytest.raises(Late):
        one.send(Blob(5 << 20, bytes(5 << 20)))


def test_waiting_is_told(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipe, "_TICK", 0.001)
    one, ticks = Pipe(ends[1].fileno()), []

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 3:
            Pipe(ends[0].fileno()).send(Done())

    one.idle = tick
    assert one.receive(Said) == Done()
    assert len(ticks) >= 3


def test_what_is_printed_beside_is_kept_in_part(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    reading, writing = os.pipe()
    one = Pipe(ends[1].fileno(), reading)

    def speak() -> None:
        with os.fdopen(writing, "wb") as out:
            out.write(b"x" * 200_000 + b"the end")
        Pipe(ends[0].fileno()).send(Done())

    speaker = threading.Thread(target=speak)
    speaker.start()
    assert one.receive(Said) == Done()
    speaker.join()
    assert one.rest() == b"x" * 4089 + b"the end"
    assert one.rest() == one.noise
    os.close(reading)
