"""Connections are bounded in time as a whole, the looking up of the name included."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from qingyuan.office.errors import OfficeError
from qingyuan.office.reaching import connected, connection_to
from qingyuan.office.recognition.fetching import Place

SECONDS = 0.3


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def silent_resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A resolver that answers nobody: what a firewall in front of the name server makes of it."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(60) and [])
    yield
    over.set()


@pytest.mark.usefixtures("silent_resolver")
def test_a_resolver_that_keeps_silent_costs_the_time_and_no_more() -> None:
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        connected("witness.invalid", 80, SECONDS)
    with (
        Place("http://witness.invalid/", "witness", seconds=SECONDS) as place,
        pytest.raises(OfficeError) as caught,
    ):
        place.get("checkpoint", 10)
    assert caught.value.code == "office.witness-unreachable"
    assert time.monotonic() - begun < 20


def test_an_address_is_not_looked_up_in_another_thread(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    look_up = socket.getaddrinfo

    def noted(*given: Any, **more: Any) -> Any:
        asked.append(threading.current_thread())
        return look_up(*given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    connected("127.0.0.1", listening.getsockname()[1], SECONDS).close()
    assert asked == [threading.current_thread()]


def test_the_next_address_is_tried_and_all_of_them_share_the_time(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        closed = gone.getsockname()
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", at) for at in (closed, listening.getsockname())]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    with connected("two.invalid", 80, 10) as sock:
        assert sock.getpeername() == listening.getsockname()
        assert sock.gettimeout() == 10
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer[:1])
    with pytest.raises(ConnectionRefusedError):
        connected("one.invalid", 80, 10)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    with pytest.raises(TimeoutError):
        connected("none.invalid", 80, 10)


def test_what_the_resolver_says_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(socket.gaierror):
        connected("unknown.invalid", 80, 10)


def test_a_name_that_is_none_in_the_dns_is_an_error_of_ours() -> None:
    with Place(f"http://{'a' * 64}.invalid/", "witness") as place, pytest.raises(OfficeError) as caught:
        place.get("checkpoint", 10)
    assert caught.value.code == "office.witness-unreachable"


def test_a_handshake_that_drips_can_be_cut_off(listening: socket.socket) -> None:
    """The socket is there before TLS is, so that the alarm of whoever asks can end it."""
    connection = connection_to(urlsplit(f"https://127.0.0.1:{listening.getsockname()[1]}/"), 10)

    def connect() -> None:
        with pytest.raises(OSError, match=r".+"):
            connection.connect()

    thread = threading.Thread(target=connect)
    thread.start()
    listening.settimeout(10)
    accepted, _ = listening.accept()
    with accepted:
        accepted.settimeout(10)
        assert accepted.recv(1) == b"\x16"  # the handshake has begun
        connection.sock.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        assert not thread.is_alive()
    connection.close()
