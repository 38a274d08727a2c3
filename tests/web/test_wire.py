"""The wire with real sockets: slow bodies, readers that do not read, a full house."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from qingyuan.web.wire import Wire, room_for

_LONG = 120.0
_PART = b"x" * 65_536


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the length of the body; at ``/long`` with 256 MiB."""
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(4096 if scope["path"] == "/long" else 0):
        await send({"type": "http.response.body", "body": _PART, "more_body": True})
    await send({"type": "http.response.body", "body": str(length).encode()})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[uvicorn.Server]:
    monkeypatch.setattr("qingyuan.web.wire.STRETCH", 0.4)
    monkeypatch.setattr("qingyuan.web.wire.STALLED", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            _app, http=Wire, lifespan="off", log_config=None, port=listening.getsockname()[1]
        )
        made = uvicorn.Server(config)
        thread = threading.Thread(target=made.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        _until(lambda: made.started)
        try:
            yield made
        finally:
            made.should_exit = made.force_exit = True
            thread.join(_LONG)


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LONG
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _connected(server: uvicorn.Server) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", server.config.port))
    made.settimeout(_LONG)
    return made


def _body(length: int) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length


def test_a_body_that_drips_is_not_waited_for(server: uvicorn.Server) -> None:
    with _connected(server) as slow:
        slow.sendall(_body(100_000))
        slow.setblocking(False)
        ended: list[bytes] = []

        def dripped() -> bool:
            with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
                slow.send(b"a")
            try:
                ended.append(slow.recv(100))
            except BlockingIOError:
                return False
            except ConnectionResetError:
                ended.append(b"")
            return True

        _until(dripped)
        assert ended == [b""]
    with _connected(server) as quick:
        quick.sendall(_body(100_000) + b"a" * 100_000)
        assert quick.recv(12) == b"HTTP/1.1 200"


def test_an_answer_that_nobody_takes_is_given_up(server: uvicorn.Server) -> None:
    with _connected(server) as deaf:
        deaf.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
        assert deaf.recv(12) == b"HTTP/1.1 200"
        _until(lambda: not server.server_state.connections)


def test_of_a_full_house_who_asked_for_nothing_for_longest_is_shown_out(
    server: uvicorn.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wire, "most", 3)
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(_connected(server)) for _ in range(6)]
        for one in silent[:3]:
            with contextlib.suppress(ConnectionResetError):
                assert one.recv(1) == b""
        busy = stack.enter_context(_connected(server))
        busy.sendall(_body(1) + b"a")
        assert busy.recv(12) == b"HTTP/1.1 200"
        silent[-1].sendall(_body(1) + b"a")
        assert silent[-1].recv(12) == b"HTTP/1.1 200"


def test_there_is_never_room_for_none() -> None:
    assert room_for(2) == 2
    assert 1 <= room_for(10**9) < 10**9
