"""The wire: whoever sends the head of a request without end, or never, is not listened to any longer."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Most bytes of a request line with its headers.
MAX_HEAD = 64 << 10
#: Seconds that a head may take.
HEAD_SECONDS = 20.0
#: Bytes of a header beside name and value.
_MARKS = 4


class Wire(HttpToolsProtocol):
    """One connection; the body of a request is bounded where it is read."""

    _waiting: asyncio.TimerHandle | None = None
    #: Bytes of the present head; -1 in a body.
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is a head that is too long."""
        if self._head >= 0:
            if not self._head and self._waiting is None:
                self._wait()
            self._head += len(data)
        super().data_received(data)
        if self._head > MAX_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_headers_complete(self) -> None:
        """Let the request be answered, unless its head was too long."""
        long = sum(len(name) + len(value) + _MARKS for name, value in self.headers) + len(self.url) > MAX_HEAD
        self._stop()
        self._head = -1
        if long:
            raise ValueError  # the parser makes it a request that is not valid
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Begin anew with the next request."""
        self._head = 0
        super().on_message_complete()

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
