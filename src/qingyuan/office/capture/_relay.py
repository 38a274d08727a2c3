"""Passing one request on and its answer back, and keeping both as they were on the wire."""

from __future__ import annotations

import contextlib
import select
import threading
from collections.abc import Callable, Iterator

from qingyuan.office.capture._wire import (
    Head,
    Stream,
    Unpacking,
    WireError,
    body,
    delimits_itself,
    parse_head,
)
from qingyuan.office.capture.bounds import Meter
from qingyuan.office.capture.errors import CaptureError
from qingyuan.office.capture.exchange import Exchange
from qingyuan.office.capture.upstream import Origin
from qingyuan.office.clock import Clock

_PIECE = 1 << 16
_SWITCHING = 101
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
#: Interim answers before the final one.
_MOST_INTERIM = 16


class Relay:
    """Passes messages on.

    Args:
        meter: Counts, and knows the bounds.
        clock: Where times come from.
        record: Called with each complete exchange; ``None`` to keep nothing.

    Attributes:
        stopping: Set before connections are cut off, so that what ends then is not taken for whole.
    """

    def __init__(self, meter: Meter, clock: Clock, record: Callable[[Exchange], None] | None) -> None:
        """Keep the collaborators."""
        self._meter = meter
        self._clock = clock
        self._record = record
        self.stopping = False
        self._downloads = 0
        self._changed = threading.Condition()

    def wait_downloads(self, timeout: float) -> bool:
        """Wait until no download that the browser refused is under way; return whether that came about."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._downloads, timeout)

    def forward(self, client: Stream, origin: Origin, url: str, raw: bytes) -> bool:
        """Send a request whose header block is ``raw``, and pass its answer back.

        Returns:
            Whether the connection of the browser can take another request.

        Raises:
            WireError: The browser does not speak HTTP/1.1.
            OSError: The connection of the browser failed.
        """
        request = parse_head(raw)
        started, started_ns = self._clock.now(), self._clock.monotonic_ns()
        sent = self._read_request(client, request, url)
        if sent is None or not self._meter.begin(url):
            return False
        exchange = Exchange(url, request.method, started=started, started_ns=started_ns)
        exchange.request = (raw, sent)
        try:
            answer = self._ask(client, origin, exchange)
            exchange.ip, exchange.tls = origin.ip, origin.tls
            if answer is None:
                return False
            return self._answer(client, origin, exchange, answer, request)
        finally:
            exchange.ended_ns = self._clock.monotonic_ns()
            exchange.body.seek(0)
            if self._record is not None:
                self._record(exchange)
            exchange.body.close()

    def _read_request(self, client: Stream, request: Head, url: str) -> bytes | None:
        parts: list[bytes] = []
        size = 0
        for piece, _ in body(client, request):
            size += len(piece)
            if size > self._meter.bounds.request_bytes:
                self._meter.hit("request_bytes", url)
                return None
            parts.append(piece)
        return b"".join(parts)

    def _ask(self, client: Stream, origin: Origin, exchange: Exchange) -> Head | None:
        """Send the request and return the header block of the final answer; once more on a stale connection."""
        for attempt in (1, 2):
            reused = origin.used
            try:
                stream = origin.open()
                origin.used = True
                stream.connection.sendall(b"".join(exchange.request))
                head = self._final_head(client, stream, exchange)
            except (OSError, WireError, CaptureError) as error:
                head, reason = None, f"{type(error).__name__}: {error}"
            else:
                reason = "closed without an answer"
            if head is not None:
                return head
            origin.close()
            if not (reused and attempt == 1 and exchange.method in _REPEATABLE and not exchange.notes):
                exchange.notes.append(f"no answer ({reason})")
                break
        return None

    def _final_head(self, client: Stream, stream: Stream, exchange: Exchange) -> Head | None:
        for _ in range(_MOST_INTERIM):
            raw = stream.head()
            if not raw:
                return None
            head = parse_head(raw)
            if not head.status:
                raise WireError("a request instead of an answer")
            if head.status >= 200 or head.status == _SWITCHING:  # noqa: PLR2004 - final answers
                return head
            exchange.notes.append(f"interim answer {head.status}")
            client.connection.sendall(raw)
        raise WireError("too many interim answers")

    def _answer(self, client: Stream, origin: Origin, exchange: Exchange, head: Head, request: Head) -> bool:
        exchange.head, exchange.status = head.raw, head.status
        exchange.mime = head.first("content-type").partition(";")[0].strip().lower()
        stream = origin.open()
        client.connection.sendall(head.raw)
        if head.status == _SWITCHING:
            up, down = self.tunnel(client, stream, exchange.url)
            exchange.notes.append(f"switched protocol: {up} bytes up, {down} bytes down, not recorded")
            return False
        whole = self._body(client, stream, exchange, head)
        lasting = (
            whole
            and delimits_itself(head, request.method)
            and head.raw.startswith(b"HTTP/1.1")
            and "close" not in head.values("connection")
            and "close" not in request.values("connection")
        )
        if not lasting:
            origin.close()
        return lasting

    def _body(self, client: Stream, stream: Stream, exchange: Exchange, head: Head) -> bool:
        """Pass the body on and keep it; return whether it is whole and the browser took all of it."""
        unpacking = Unpacking(head.values("content-encoding"), self._meter.bounds.decoded_bytes)
        if unpacking.unknown:
            exchange.notes.append(f"encoding not measured: {', '.join(unpacking.unknown)}")
        download = head.first("content-disposition").lower().startswith("attachment")
        if not download:
            return self._pass_on(client, stream, exchange, head, unpacking, to_the_end=False)
        # The browser refuses it; it is on record all the same.
        with self._changed:
            self._downloads += 1
        try:
            return self._pass_on(client, stream, exchange, head, unpacking, to_the_end=True)
        finally:
            with self._changed:
                self._downloads -= 1
                self._changed.notify_all()

    def _pass_on(
        self,
        client: Stream,
        stream: Stream,
        exchange: Exchange,
        head: Head,
        unpacking: Unpacking,
        *,
        to_the_end: bool,
    ) -> bool:
        listening = True
        for raw, content in self._pieces(stream, exchange, head):
            exchange.body.write(raw)
            exchange.size += len(raw)
            exchange.content_size += len(content)
            if not unpacking.feed(content):
                self._meter.hit("decoded_bytes", exchange.url)
                exchange.truncated = "length"
                return False
            if not self._meter.add(len(raw), exchange.size, exchange.url):
                exchange.truncated = "length" if self._meter.left() else "time"
                return False
            try:
                if listening:
                    client.connection.sendall(raw)
            except OSError:
                listening = False
                exchange.notes.append("the browser stopped reading")
                if not to_the_end:
                    exchange.truncated = "time" if self.stopping else "disconnect"
                    break
        return listening and not exchange.truncated

    def _pieces(self, stream: Stream, exchange: Exchange, head: Head) -> Iterator[tuple[bytes, bytes]]:
        """Yield the pieces of the body; what goes wrong on the server's side ends them and is noted."""
        try:
            yield from body(stream, head, method=exchange.method)
        except TimeoutError:
            self._meter.hit("idle_seconds", exchange.url)
            exchange.truncated = "time"
        except (OSError, WireError) as error:
            exchange.truncated = "disconnect"
            exchange.notes.append(f"cut off ({type(error).__name__}: {error})")
        if self.stopping:
            exchange.truncated = "time"

    def tunnel(self, client: Stream, stream: Stream, where: str) -> tuple[int, int]:
        """Pass bytes both ways until one side closes or a bound is reached; return how many went up and down.

        One thread does both ways: two must not use one TLS connection at the same time.
        """
        counts = {client: 0, stream: 0}
        others = {client: stream, stream: client}
        waiting = [side for side in others if side.pending()]
        with contextlib.suppress(OSError):
            while True:
                if not waiting:
                    by_socket = {side.connection: side for side in others}
                    ready, _, _ = select.select(list(by_socket), [], [], self._meter.left())
                    waiting = [by_socket[one] for one in ready]
                    if not waiting:
                        self._meter.hit("seconds", where)
                        break
                side = waiting.pop()
                data = side.some(_PIECE)
                counts[side] += len(data)
                if not data or not self._meter.add(len(data), counts[side], where):
                    break
                others[side].connection.sendall(data)
                waiting += [side] if side.pending() else []
        return counts[client], counts[stream]
