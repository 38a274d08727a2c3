"""Requests that are bounded as a whole: whoever drips the handshake or the head of an answer is cut off."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import urllib.request

import pytest

from qingyuan.office.requesting import answered

#: A handshake of TLS that announces 1,000 bytes, and the head of an answer.
_BEGINNINGS = {"https": b"\x16\x03\x03\x03\xe8", "http": b"HTTP/1.1 200 OK\r\nX: "}


@pytest.mark.parametrize("scheme", sorted(_BEGINNINGS))
def test_whoever_drips_is_cut_off(scheme: str) -> None:
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                connection.sendall(_BEGINNINGS[scheme])
                while not ended.wait(0.05):
                    connection.sendall(b"\0" if scheme == "https" else b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        request = urllib.request.Request(f"{scheme}://127.0.0.1:{listening.getsockname()[1]}/")
        with pytest.raises(TimeoutError), answered(request, silence=5, whole=0.4):
            pass
        took = time.monotonic() - began
        ended.set()
        thread.join()
    assert took < 20
