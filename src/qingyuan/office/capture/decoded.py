"""Taking answers from the browser instead of off the wire: bodies are then decoded, and recorded as such.

The browser tells each request, answer and end; the bodies are asked for afterwards. Content and transfer
codings are gone from the body, so the header fields that name them and the length are left out.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from http import HTTPStatus

import msgspec

from qingyuan.office.browser import BrowserError, Page
from qingyuan.office.capture.bounds import Meter
from qingyuan.office.capture.exchange import Exchange, Tls
from qingyuan.office.clock import Clock

# ruff: noqa: N815

_DROPPED = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_NOTE = "decoded: body and header fields as the browser reports them, codings removed"


class _Request(msgspec.Struct, frozen=True):
    url: str
    method: str
    headers: dict[str, str] = {}
    postData: str = ""


class _Security(msgspec.Struct, frozen=True):
    protocol: str = ""
    cipher: str = ""


class _Response(msgspec.Struct, frozen=True):
    url: str
    status: int
    statusText: str = ""
    headers: dict[str, str] = {}
    mimeType: str = ""
    protocol: str = ""
    securityDetails: _Security | None = None
    fromDiskCache: bool = False


class _Sent(msgspec.Struct, frozen=True):
    requestId: str
    request: _Request
    redirectResponse: _Response | None = None


class _Received(msgspec.Struct, frozen=True):
    requestId: str
    response: _Response


class _Over(msgspec.Struct, frozen=True):
    requestId: str
    errorText: str = ""


class _Body(msgspec.Struct, frozen=True):
    body: str
    base64Encoded: bool


class _Open:
    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.response: _Response | None = None
        self.finished = False


class DecodedTaker:
    """Collects what a page asks for and gets.

    Args:
        page: The page, before it goes anywhere.
        meter: Counts, and knows the bounds.
        clock: Where times come from.
        address_of: Gives the address that was connected to for a URL.
    """

    def __init__(self, page: Page, meter: Meter, clock: Clock, address_of: Callable[[str], str]) -> None:
        """Begin to listen."""
        self._address_of = address_of
        self._page = page
        self._meter = meter
        self._clock = clock
        self._running: dict[str, _Open] = {}
        self._done: list[tuple[str, _Open]] = []
        page.on("Network.requestWillBeSent", _Sent, self._on_sent)
        page.on("Network.responseReceived", _Received, self._on_received)
        page.on("Network.loadingFinished", _Over, self._on_over)
        page.on("Network.loadingFailed", _Over, self._on_over)

    def exchanges(self) -> Iterator[Exchange]:
        """Yield every exchange so far, with its body; what is still under way is cut off."""
        for number, one in list(self._running.items()):
            one.exchange.truncated = "time" if one.response is not None else ""
            one.exchange.notes.append("not finished when the capture ended")
            self._done.append((number, one))
        self._running.clear()
        for number, one in self._done:
            yield self._complete(number, one)
            one.exchange.body.close()

    def close(self) -> None:
        """Drop every body."""
        for _, one in (*self._done, *self._running.items()):
            one.exchange.body.close()

    def _on_sent(self, event: _Sent) -> None:
        if not event.request.url.startswith(("http://", "https://")):
            return
        before = self._running.pop(event.requestId, None)
        if before is not None and event.redirectResponse is not None:
            before.response = event.redirectResponse
            self._end(event.requestId, before, finished=False)
        if not self._meter.begin(event.request.url):
            return
        exchange = Exchange(
            event.request.url,
            event.request.method,
            started=self._clock.now(),
            started_ns=self._clock.monotonic_ns(),
        )
        fields = "".join(f"{name}: {value}\r\n" for name, value in event.request.headers.items())
        line = f"{event.request.method} {event.request.url} HTTP/1.1\r\n"
        exchange.request = (
            (line + fields + "\r\n").encode("utf-8", "replace"),
            event.request.postData.encode(),
        )
        exchange.notes.append(_NOTE)
        self._running[event.requestId] = _Open(exchange)

    def _on_received(self, event: _Received) -> None:
        one = self._running.get(event.requestId)
        if one is not None:
            one.response = event.response

    def _on_over(self, event: _Over) -> None:
        one = self._running.pop(event.requestId, None)
        if one is None:
            return
        if event.errorText:
            one.exchange.notes.append(f"failed: {event.errorText}")
            one.exchange.truncated = "disconnect" if one.response is not None else ""
        self._end(event.requestId, one, finished=not event.errorText)

    def _end(self, number: str, one: _Open, *, finished: bool) -> None:
        one.exchange.ended_ns = self._clock.monotonic_ns()
        one.finished = finished
        self._done.append((number, one))

    def _complete(self, number: str, one: _Open) -> Exchange:
        exchange, response = one.exchange, one.response
        if response is None:
            return exchange
        data = self._body(number, exchange) if one.finished else b""
        exchange.status = response.status
        exchange.mime = response.mimeType
        exchange.ip = self._address_of(exchange.url)
        if response.securityDetails is not None and response.securityDetails.protocol:
            security = response.securityDetails
            exchange.tls = Tls(security.protocol, security.cipher, ())
        exchange.head = _head(response, len(data))
        exchange.body.write(data)
        exchange.size = exchange.content_size = len(data)
        exchange.body.seek(0)
        return exchange

    def _body(self, number: str, exchange: Exchange) -> bytes:
        try:
            answer = self._page.call(
                "Network.getResponseBody",
                {"requestId": number},
                into=_Body,
                timeout=max(2.0, self._meter.left(30)),
            )
        except BrowserError as error:
            exchange.truncated = "unspecified"
            exchange.notes.append(f"body not available: {error.en}")
            return b""
        data = (
            base64.b64decode(answer.body) if answer.base64Encoded else answer.body.encode("utf-8", "replace")
        )
        if not self._meter.add(len(data), len(data), exchange.url):
            exchange.truncated = "length"
            return data[: self._meter.bounds.resource_bytes]
        return data


def _head(response: _Response, length: int) -> bytes:
    words = response.statusText or _phrase(response.status)
    lines = [f"HTTP/1.1 {response.status} {words}"]
    for name, value in response.headers.items():
        if name.lower() not in _DROPPED:
            lines += [f"{name}: {one}" for one in value.split("\n")]
    lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
