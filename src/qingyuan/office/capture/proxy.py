"""Our own proxy on loopback: everything the browser asks for goes through it, is guarded, and is recorded.

In raw mode it ends the browser's TLS with a certificate of the capture's own authority and speaks TLS to
the server itself, so that requests and answers are seen exactly as they go over the wire. Otherwise it
lets TLS through unread and only guards. HTTP/1.1 is spoken on both sides.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec

from qingyuan.office.browser.authority import Authority
from qingyuan.office.capture._relay import Relay
from qingyuan.office.capture._wire import Stream, WireError, parse_head
from qingyuan.office.capture.bounds import Meter
from qingyuan.office.capture.errors import CaptureError
from qingyuan.office.capture.exchange import Exchange, Refusal
from qingyuan.office.capture.guard import Guard
from qingyuan.office.capture.server import Server
from qingyuan.office.capture.upstream import BadCertificateError, Origin
from qingyuan.office.clock import Clock

_ENCODINGS = re.compile(rb"(?im)^(accept-encoding:[ \t]*)([^\r\n]*\b(?:br|zstd)\b[^\r\n]*)(\r?)$")
_HOST = re.compile(r"[A-Za-z0-9._:%-]{1,255}")
_HTTP = 80
_TLS_HANDSHAKE = b"\x16"
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_FAILED = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Rules(msgspec.Struct, frozen=True):
    """How the proxy treats what goes through it.

    Attributes:
        raw: End TLS and record; otherwise only guard.
        allow_bad_certificate: Go on when a certificate does not verify.
    """

    raw: bool = True
    allow_bad_certificate: bool = False


class Proxy(Server):
    """The proxy.

    Args:
        guard: Decides what may be reached.
        meter: Counts, and knows the bounds.
        clock: Where times come from.
        authority: Makes certificates for the browser.
        record: Called with each complete exchange, from several threads.
        refuse: Called with each refusal, from several threads.
        rules: See :class:`Rules`.
    """

    def __init__(
        self,
        guard: Guard,
        meter: Meter,
        clock: Clock,
        authority: Authority,
        *,
        record: Callable[[Exchange], None],
        refuse: Callable[[Refusal], None],
        rules: Rules,
    ) -> None:
        """Take a port and answer."""
        self._guard = guard
        self._meter = meter
        self._authority = authority
        self._refuse = refuse
        self._rules = rules
        self._relay = Relay(meter, clock, record if rules.raw else None)
        super().__init__(name="capture-proxy", idle=meter.bounds.seconds)

    def wait_downloads(self, timeout: float) -> bool:
        """Wait until no download that the browser refused is under way; return whether that came about."""
        return self._relay.wait_downloads(timeout)

    def close(self) -> None:
        """Take no more requests; what is under way is cut off, and recorded as such."""
        self._relay.stopping = True
        super().close()

    def serve(self, connection: socket.socket) -> None:
        """Answer the requests of one connection of the browser."""
        client = Stream(connection)
        origin: Origin | None = None
        try:
            while raw := client.head():
                request = parse_head(raw)
                if request.method == "CONNECT":
                    self._connect(client, request.target)
                    return
                wanted = _server(request.target)
                if origin is None or (origin.host, origin.port) != wanted:
                    if origin is not None:
                        origin.close()
                    origin = self._origin(*wanted, secure=False)
                if not self._open(origin, request.target) or not self._relay.forward(
                    client, origin, request.target, self._direct(request.raw, request.target)
                ):
                    return
        finally:
            if origin is not None:
                origin.close()

    def _connect(self, client: Stream, target: str) -> None:
        """Answer ``CONNECT host:port``."""
        host, port = _server(f"http://{target}", demand_port=True)
        if not self._rules.raw:
            self._pass(client, host, port)
            return
        # Whether TLS follows is only seen once the tunnel stands; whether it may, is known before.
        try:
            self._guard.look_up(host, port)
        except CaptureError as error:
            self._refuse(Refusal.of(f"{host}:{port}", error))
            client.connection.sendall(_FAILED)
            return
        client.connection.sendall(_ESTABLISHED)
        first = client.first_byte()
        if not first:
            return
        origin = self._origin(host, port, secure=first == _TLS_HANDSHAKE)
        try:
            if self._open(origin, origin.url):
                self._inside(client, origin)
        finally:
            origin.close()

    def _inside(self, client: Stream, origin: Origin) -> None:
        """Answer the requests inside a tunnel."""
        stream = client
        if origin.secure:
            secured = self._authority.context(origin.host).wrap_socket(
                client.connection, server_side=True, do_handshake_on_connect=False
            )
            self.hold(secured)
            secured.do_handshake()
            stream = Stream(secured)
        while raw := stream.head():
            request = parse_head(raw)
            url = origin.url + request.target
            if not self._open(origin, url) or not self._relay.forward(stream, origin, url, _measurable(raw)):
                return

    def _pass(self, client: Stream, host: str, port: int) -> None:
        try:
            connection = self._guard.connect(host, port)
        except CaptureError as error:
            self._refuse(Refusal.of(f"{host}:{port}", error))
            client.connection.sendall(_FAILED)
            return
        self.hold(connection)
        connection.settimeout(self._meter.bounds.idle_seconds)
        client.connection.sendall(_ESTABLISHED)
        self._relay.tunnel(client, Stream(connection), f"{host}:{port}")

    def _origin(self, host: str, port: int, *, secure: bool) -> Origin:
        return Origin(
            self._guard,
            host,
            port,
            secure=secure,
            idle=self._meter.bounds.idle_seconds,
            allow_bad_certificate=self._rules.allow_bad_certificate,
            hold=self.hold,
        )

    def _open(self, origin: Origin, url: str) -> bool:
        """Connect; return whether that may and can be done, and note it when not."""
        try:
            origin.open()
        except CaptureError as error:
            tls = error.tls if isinstance(error, BadCertificateError) else None
            self._refuse(Refusal.of(url, error, tls))
            return False
        return True

    @staticmethod
    def _direct(raw: bytes, target: str) -> bytes:
        """Return the header block as a server wants it, not a proxy: that is what is sent, and recorded."""
        line, _, rest = raw.partition(b"\n")
        parts = urlsplit(target)
        path = parts.path or "/"
        if parts.query or target.endswith("?"):
            path += f"?{parts.query}"
        line = line.replace(target.encode("latin-1"), path.encode("latin-1"), 1)
        fields = [
            b"Connection:" + field.partition(b":")[2]
            if field.lower().startswith(b"proxy-connection:")
            else field
            for field in rest.split(b"\n")
            if not field.lower().startswith(b"proxy-authorization:")
        ]
        return _measurable(line + b"\n" + b"\n".join(fields))


def _server(address: str, *, demand_port: bool = False) -> tuple[str, int]:
    """Return host and port of an absolute address.

    Raises:
        WireError: It is none.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise WireError("bad address") from error
    if parts.scheme != "http" or not _HOST.fullmatch(host) or port == 0 or (demand_port and port is None):
        raise WireError("bad address")
    return host, port or _HTTP


def _measurable(raw: bytes) -> bytes:
    """Return the header block asking for no coding whose size the relay cannot measure while it passes."""
    return _ENCODINGS.sub(lambda found: found[1] + b"gzip, deflate" + found[3], raw, count=1)
