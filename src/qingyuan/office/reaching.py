"""Connections to other hosts, bounded in time as a whole: the name looked up, every address tried, the handshake.

The timeout of a socket counts for each address by itself and not at all for the name: a resolver that keeps silent would cost
half a minute, a host with many addresses that drop packets any time.
"""

from __future__ import annotations

import http.client
import ipaddress
import queue
import socket
import ssl
import threading
import time
from typing import TypeAlias
from urllib.parse import SplitResult

_Addresses: TypeAlias = list[tuple[socket.AddressFamily, socket.SocketKind, int, tuple[object, ...]]]


def connection_to(parts: SplitResult, seconds: float) -> http.client.HTTPConnection:
    """Return a connection to the host of an ``http`` or ``https`` URL; nothing is sent.

    Args:
        parts: The URL.
        seconds: Time until it is connected, and then of silence.
    """
    make = _Secure if parts.scheme == "https" else _Plain
    return make(parts.hostname or "", parts.port, timeout=seconds)


class _Plain(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = connected(self.host, self.port, self.timeout or 0)


class _Secure(http.client.HTTPSConnection):
    def connect(self) -> None:
        sock = connected(self.host, self.port, self.timeout or 0)
        # Kept before the handshake, so that whoever cuts off what drips finds it.
        self.sock = secure = ssl.create_default_context().wrap_socket(
            sock, server_hostname=self.host, do_handshake_on_connect=False
        )
        secure.do_handshake()


def connected(host: str, port: int, seconds: float) -> socket.socket:
    """Return a socket connected to the first address of a host that answers.

    Raises:
        OSError: No address answers; ``TimeoutError`` when the time is over before.
    """
    end = time.monotonic() + seconds
    failed: OSError = TimeoutError()
    for family, kind, protocol, address in _addresses(host, port, seconds):
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(left)
            sock.connect(address)
            sock.settimeout(seconds)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            failed = error
        else:
            return sock
    raise failed


def _addresses(host: str, port: int, seconds: float) -> _Addresses:
    """Look a host up; a thread that the resolver keeps waiting is left behind."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return _look_up(host, port)
    answer: queue.SimpleQueue[_Addresses | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(_look_up(host, port))
        except (OSError, UnicodeError) as error:
            answer.put(error)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        found = answer.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(found, list):
        return found
    raise found


def _look_up(host: str, port: int) -> _Addresses:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, kind, protocol, address) for family, kind, protocol, _, address in found]
