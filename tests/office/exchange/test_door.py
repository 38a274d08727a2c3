"""The door for bundles: nobody who is unknown fills the memory or the disk, and nothing that comes stops it."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from qingyuan.exchange import ExchangeError
from qingyuan.office import serving
from qingyuan.office.exchange import send, status
from qingyuan.office.exchange.http import PATH, deliver, exchange_server
from qingyuan.office.serving import MAX_LARGE
from tests.office.exchange.sites import Sites


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    made = Sites(tmp_path_factory.mktemp("sites"), "province", "county")
    yield made
    made.close()


@pytest.fixture(scope="module")
def port(sites: Sites) -> Iterator[int]:
    with exchange_server(sites["province"], "127.0.0.1", 0, actor="P101") as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        yield server.port
        server.stop()
        thread.join()


def ask(port: int, length: object, body: bytes, *, path: str = PATH) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), 20)
    connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode() + body)
    return connection


def told(connection: socket.socket) -> tuple[int, bytes]:
    """Return status and body of the one answer."""
    data = b""
    with connection:
        while block := connection.recv(1 << 16):
            data += block
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_the_rest_of_what_no_known_site_signed_is_not_waited_for(port: int) -> None:
    note = b"x" * 500
    head = b"qingyuan-exchange/1 500\n" + note
    for filler, code in ((b"", "exchange.altered"), (b"\0" * 10_100_000, "exchange.altered")):
        connection = ask(port, 500 << 20, head + filler) if filler else ask(port, len(head), head)
        status_, body = told(connection)
        assert (status_, json.loads(body)["code"]) == (422, code)


@pytest.mark.parametrize(
    ("length", "expected"),
    [("9" * 5_000, 411), (-1, 411), ("0x10", 411), (600 << 20, 413), ("", 411), (0, 422)],
)
def test_a_length_that_is_none_or_too_large_is_refused_at_once(
    port: int, length: object, expected: int
) -> None:
    assert told(ask(port, length, b""))[0] == expected


def test_what_comes_cut_short_or_elsewhere_is_refused(port: int) -> None:
    connection = ask(port, 1_000, b"qingyuan-exchange/1 5")
    connection.shutdown(socket.SHUT_WR)
    assert told(connection)[0] == 400
    assert told(ask(port, 0, b"", path="/"))[0] == 404
    with socket.create_connection(("127.0.0.1", port), 20) as plain:
        plain.sendall(f"GET {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert b" 405 " in plain.recv(1 << 16)


def test_only_a_few_large_bodies_come_in_at_once(
    sites: Sites, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "REQUEST_SECONDS", 600)  # a busy machine shows none of them out
    with contextlib.ExitStack() as held:
        until, taken = time.monotonic() + 60, 0
        while taken < MAX_LARGE or told(ask(port, 5, b"12345"))[0] != 503:
            # A small one may have had the place of a large one for a moment: one more will get it.
            held.enter_context(ask(port, 400 << 20, b"qingyuan-exchange/1 "))
            taken += 1
            assert time.monotonic() < until, "the server did not take them up"
    made = send(
        sites["county"], "suggestion", "province", body={"title": "甲"}, actor="P001", offline=True
    ).data
    outcome = ""
    while not outcome:  # until it saw them go
        with contextlib.suppress(ExchangeError):
            outcome, _replies = deliver(f"http://127.0.0.1:{port}", made)
    assert outcome == "taken"
    (now,) = status(sites["province"])
    assert [one.kind for one in now.received] == ["suggestion"]


def test_a_peer_that_sends_elsewhere_or_answers_nonsense_is_not_followed() -> None:
    asked: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(307 if len(asked) == 1 else 200)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        do_GET = do_POST  # noqa: N815 - names of the parent class

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        for code in ("exchange.refused", "exchange.unreachable"):
            with pytest.raises(ExchangeError) as caught:
                deliver(url, b"x")
            assert caught.value.code == code
        server.shutdown()
        thread.join()
    assert asked == [PATH, PATH]
