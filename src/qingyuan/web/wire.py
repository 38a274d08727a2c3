"""The wire: whoever sends or reads too slowly, or only holds a connection, is not waited for, so that a server needs no proxy to be safe."""

from __future__ import annotations

import asyncio
import resource
import time

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Most bytes of a request line with its headers.
MAX_HEAD = 64 << 10
#: Seconds that a head may take.
HEAD_SECONDS = 20.0
#: Bytes a second of a body, over every stretch of so many seconds in which it was listened to.
BODY_RATE, STRETCH = 1024, 20.0
#: Seconds in which somebody who is sent an answer has to take some of it.
STALLED = 60.0
#: Most connections of a process; of a full house whoever asked for nothing for longest is shown out.
MAX_CONNECTIONS = 2000
#: Bytes of a header beside name and value.
_MARKS = 4
#: How often connections are looked at, as a part of the shortest of these times.
_LOOKS = 4


def room_for(wanted: int) -> int:
    """Let this process open as many files as it may, and return how many connections there is room for, at most ``wanted``."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 4 * wanted if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    return wanted if soft == resource.RLIM_INFINITY else max(1, min(wanted, soft // 2))


class Wire(HttpToolsProtocol):
    """One connection; how large a body may be is for those who read it to say.

    Attributes:
        most: Most connections of this process.
    """

    most = MAX_CONNECTIONS
    _waiting: asyncio.TimerHandle | None = None
    _looking: asyncio.TimerHandle | None = None
    #: Bytes of the present head; -1 in a body.
    _head = 0
    #: Bytes of a body since the stretch began, and when that was; 0 when none is expected.
    _came = 0
    _since = 0.0
    #: Bytes of an answer that nobody took, and since when.
    _left = 0
    _left_since = 0.0
    #: When it last did something.
    _used = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._used = time.monotonic()
        self._wait()
        self._look_later()
        if len(self.connections) > self.most:
            self._make_room()  # those that were closed just now are still counted there

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop()
        if self._looking is not None:
            self._looking.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is a head that is too long."""
        self._used = time.monotonic()
        self._came += len(data)
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
        self._came, self._since = 0, self.loop.time()
        if long:
            raise ValueError  # the parser makes it a request that is not valid
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Begin anew with the next request."""
        self._head = 0
        self._since = 0.0
        super().on_message_complete()

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _look_later(self) -> None:
        self._looking = self.loop.call_later(min(STRETCH, STALLED) / _LOOKS, self._look)

    def _look(self) -> None:
        """End a connection whose body comes too slowly, or whose answer nobody takes."""
        now = self.loop.time()
        if self.flow.read_paused:  # it is we who do not listen
            self._came, self._since = 0, now if self._since else 0.0
        elif self._since and now - self._since >= STRETCH:
            if self._came < BODY_RATE * STRETCH:
                self.transport.close()
                return
            self._came, self._since = 0, now
        left = self.transport.get_write_buffer_size()
        if left != self._left:
            self._left, self._left_since = left, now
        elif left and now - self._left_since >= STALLED:
            self.transport.abort()
            return
        self._look_later()

    @property
    def _idle(self) -> bool:
        """Whether no request of this connection is under way."""
        return self._head >= 0 and (self.cycle is None or self.cycle.response_complete)

    def _make_room(self) -> None:
        """Close the connection that has been idle for longest, this one when there is no other."""
        open_ = [one for one in self.connections if isinstance(one, Wire) and not one.transport.is_closing()]
        idle = [one for one in open_ if one._idle]  # noqa: SLF001 - of its own kind
        if len(open_) > self.most:
            min(idle, key=lambda one: one._used).transport.abort()  # noqa: SLF001
