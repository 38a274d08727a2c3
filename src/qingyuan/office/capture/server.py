"""A server on a free port of loopback with a thread for each connection, which can be ended at any moment."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
from types import TracebackType
from typing import Self

from qingyuan.office.capture._wire import WireError

_LOG = logging.getLogger(__name__)

#: A browser keeps at most 32 connections to a proxy; more are refused.
_MOST = 128
_JOIN_SECONDS = 10.0


class Server:
    """Takes connections and has :meth:`serve` answer each in a thread of its own.

    Args:
        name: Name of its threads.
        idle: Seconds that a client may stay silent for.
    """

    def __init__(self, *, name: str, idle: float) -> None:
        """Take a port."""
        self._name = name
        self._idle = idle
        self._lock = threading.Lock()
        self._held: dict[threading.Thread, list[socket.socket]] = {}
        self._closing = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=_MOST)
        self._acceptor = threading.Thread(target=self._accept, name=name, daemon=True)
        self._acceptor.start()

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.close()

    @property
    def address(self) -> str:
        """``host:port`` that it listens on."""
        host, port = self._listener.getsockname()
        return f"{host}:{port}"

    def serve(self, connection: socket.socket) -> None:
        """Answer one connection; what it raises as ``OSError`` or :class:`WireError` only ends the connection."""
        raise NotImplementedError

    def hold(self, connection: socket.socket) -> None:
        """Have :meth:`close` end ``connection``, which this thread uses; it is closed with the thread's work."""
        with self._lock:
            self._held[threading.current_thread()].append(connection)
            closing = self._closing
        if closing:
            _end(connection)

    def close(self) -> None:
        """Take no more connections, end those that are open, and wait for their threads; may be called twice."""
        with self._lock:
            self._closing = True
            threads = list(self._held)
            waiting = [one for held in self._held.values() for one in held]
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in waiting:
            _end(connection)
        self._acceptor.join(_JOIN_SECONDS)
        for thread in threads:
            thread.join(_JOIN_SECONDS)

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(self._idle)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._run, args=(connection,), name=self._name, daemon=True)
            with self._lock:
                if self._closing or len(self._held) >= _MOST:
                    connection.close()
                    continue
                self._held[thread] = [connection]
                thread.start()

    def _run(self, connection: socket.socket) -> None:
        try:
            self.serve(connection)
        except (OSError, WireError, ssl.SSLError) as error:
            _LOG.debug("%s: %s", self._name, type(error).__name__)
        finally:
            with self._lock:
                held = self._held.pop(threading.current_thread())
            for one in held:
                one.close()


def _end(connection: socket.socket) -> None:
    """End a connection that another thread may be waiting on."""
    with contextlib.suppress(OSError):
        # Not the method of an SSL socket, which would let the other thread read ciphertext as if it were text.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
