"""The small server against clients that break the rules of HTTP, over real sockets."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from qingyuan.office import serving as _serving
from qingyuan.office.serving import Reply, Request
from tests.office.recognition.recognising import running

_LARGE = 32 << 20


class Echo:
    """Answers with the method and path, or with many bytes."""

    def methods(self, path: str) -> tuple[str, ...]:
        return ("POST",) if path == "/post" else ("GET", "HEAD", "DELETE")

    def answer(self, request: Request) -> Reply:
        if request.path == "/large":
            return Reply(200, bytes(_LARGE))
        return Reply(200, f"{request.method} {request.path}".encode())


@pytest.fixture
def port() -> Iterator[int]:
    with running(Echo()) as url:
        yield int(url.rpartition(":")[2])


def said(port: int, sent: bytes) -> bytes:
    """Send bytes, end the sending side and return everything that is answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65_536), b""))


@pytest.mark.parametrize(
    "line",
    [
        b"Content-Length: 36",
        b"Content-Length: 0\r\nContent-Length: 36",
        b"Content-Length: x",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding : chunked",
        b"Content-Length : 36",
        b"no header\r\nContent-Length: 36",
        b"X: a\rContent-Length: 36",
    ],
)
@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"DELETE"])
def test_a_body_that_nobody_reads_never_passes_for_the_next_request(
    port: int, method: bytes, line: bytes
) -> None:
    hidden = b"GET /hidden HTTP/1.1\r\nHost: victim\r\n\r\n"
    answer = said(port, method + b" /open HTTP/1.1\r\nHost: x\r\n" + line + b"\r\n\r\n" + hidden)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"hidden" not in answer


def test_a_post_whose_header_is_none_is_refused(port: int) -> None:
    for line in (b"Content-Length : 1", b"Content-Length: 1\r\nno header"):
        answer = said(port, b"POST /post HTTP/1.1\r\nHost: x\r\n" + line + b"\r\n\r\nx")
        assert answer.startswith(b"HTTP/1.1 400 ")


def test_requests_sent_at_once_are_answered_in_their_order(port: int) -> None:
    first = b"POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nGET"
    others = b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" % at for at in range(9))
    answer = said(port, first + others)
    assert answer.count(b"HTTP/1.1 200 OK") == 10
    places = [answer.index(b"POST /post"), *(answer.index(b"GET /%d" % at) for at in range(9))]
    assert places == sorted(places)


def test_who_takes_an_answer_drop_by_drop_does_not_hold_a_place(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_serving, "REQUEST_SECONDS", 0.3)
    monkeypatch.setattr(_serving, "_SLOWEST", _LARGE)
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        slow.settimeout(60)
        slow.connect(("127.0.0.1", port))
        slow.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        ended = time.monotonic() + 30
        while time.monotonic() < ended:  # a little of it all the while
            slow.recv(1_024)
            if not any(
                each.name.startswith("Thread") and "process_request" in each.name
                for each in threading.enumerate()
            ):
                break
            time.sleep(0.05)
        assert time.monotonic() < ended
    assert said(port, b"GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").endswith(b"GET /next")


def test_who_takes_a_large_answer_at_an_ordinary_pace_gets_all_of_it(port: int) -> None:
    answer = said(port, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    assert len(answer.partition(b"\r\n\r\n")[2]) == _LARGE


def test_connections_that_ask_for_nothing_do_not_keep_others_out(port: int) -> None:
    asking = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"
    with contextlib.ExitStack() as held:
        idle = [
            held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            for _ in range(_serving.MAX_CONNECTIONS)
        ]
        for number, each in enumerate(idle):  # some were answered, some begin a request, some say nothing
            each.sendall((asking % number, b"GET / HT", b"")[number % 3])
        for each in idle[::3]:
            assert each.recv(65_536).startswith(b"HTTP/1.1 200 ")
        started = time.monotonic()
        for number in range(100, 110):
            assert b"GET /%d" % number in said(port, asking % number)
        assert time.monotonic() - started < _serving.REQUEST_SECONDS / 2
        idle[-1].sendall(b"TP/1.1\r\nHost: x\r\n\r\n" if idle[-1] in idle[1::3] else asking % 63)
        assert idle[-1].recv(65_536).startswith(b"HTTP/1.1 200 ")  # the latest still has its place


def test_connections_that_are_answered_keep_their_places(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_serving, "_LEAVING_SECONDS", 0.05)
    with contextlib.ExitStack() as held:
        busy = [
            held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            for _ in range(_serving.MAX_CONNECTIONS)
        ]
        for each in busy:  # a body that has not come yet
            each.sendall(b"POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n")
        time.sleep(0.3)
        with (
            contextlib.suppress(ConnectionError),
            socket.create_connection(("127.0.0.1", port), timeout=60) as further,
        ):
            assert further.recv(1) == b""
        for each in busy:
            each.sendall(b"x")
            assert each.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_bodies_that_drip_make_room_for_others(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_serving, "_BODY_GRACE", 0.3)
    with contextlib.ExitStack() as held:
        dripping = [
            held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            for _ in range(_serving.MAX_CONNECTIONS)
        ]
        for each in dripping:
            each.sendall(b"POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\nx")
        dripping[0].sendall(bytes(50_000))  # this one comes fast enough
        time.sleep(0.5)
        started = time.monotonic()
        for number in range(5):
            assert b"GET /%d" % number in said(port, b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number)
        assert time.monotonic() - started < _serving.REQUEST_SECONDS / 2
        dripping[0].sendall(bytes(9_999))
        assert dripping[0].recv(65_536).startswith(b"HTTP/1.1 200 ")
