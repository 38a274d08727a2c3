"""Asking others over HTTP who answer too slowly, too little, too much, or without end; real sockets."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from qingyuan.office.errors import OfficeError
from qingyuan.office.recognition.fetching import Place

_SECONDS = 0.5
#: Far more than the time of a request, and less than the time of a test.
_TOO_LONG = 20.0

Answering = Callable[[socket.socket, threading.Event], None]


@contextlib.contextmanager
def answering(answer: Answering) -> Iterator[str]:
    """Run a server that answers every connection in its own way, and give its URL."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)

        def serve() -> None:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, _ = listening.accept()
                    with connection, contextlib.suppress(OSError):
                        connection.settimeout(1)
                        connection.recv(65_536)
                        answer(connection, ended)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()


def _drip(head: bytes, drop: bytes) -> Answering:
    def answer(connection: socket.socket, ended: threading.Event) -> None:
        connection.sendall(head)
        while not ended.wait(0.02):
            connection.sendall(drop)

    return answer


def _whole(sent: bytes) -> Answering:
    def answer(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(sent)

    return answer


def _ask(answer: Answering, limit: int = 1_000) -> tuple[int, str, bytes]:
    with answering(answer) as url, Place(url, "witness", seconds=_SECONDS) as place:
        return place.post("add-checkpoint", b"x", limit)


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"[:1]),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.0 200 OK\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"x"),
    ],
)
def test_an_answer_that_drips_costs_its_time_whatever_its_form(head: bytes, drop: bytes) -> None:
    begun = time.monotonic()
    with pytest.raises(OfficeError) as caught:
        _ask(_drip(head, drop), limit=1 << 20)
    assert caught.value.code == "office.witness-unreachable"
    assert time.monotonic() - begun < _TOO_LONG


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12345\n",
        b"HTTP/1.1 409 Conflict\r\nContent-Length: 9\r\n\r\n12\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n12\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + bytes(1_001),
        b"HTTP/1.0 200 OK\r\n\r\n" + bytes(100_000),
        b"",
        b"SSH-2.0-x\r\n",
    ],
)
def test_an_answer_that_is_not_whole_or_too_long_is_none(sent: bytes) -> None:
    with pytest.raises(OfficeError) as caught:
        _ask(_whole(sent))
    assert caught.value.code == "office.witness-unreachable"


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n12345\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n12\r\n4\r\n345\n\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n12345\n",
    ],
)
def test_a_whole_answer_is_taken_in_each_of_its_forms(sent: bytes) -> None:
    assert _ask(_whole(sent))[::2] == (200, b"12345\n")
