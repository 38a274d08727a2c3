"""Connections to the servers, made by the guard, with the TLS chain on record."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence

from qingyuan.office.capture._wire import Stream
from qingyuan.office.capture.errors import CaptureError, bad_certificate, unreachable
from qingyuan.office.capture.exchange import Tls
from qingyuan.office.capture.guard import Guard


class BadCertificateError(CaptureError):
    """A server whose certificate does not verify; carries what it showed.

    Attributes:
        tls: The connection.
    """

    def __init__(self, where: str, tls: Tls) -> None:
        """Build the error."""
        plain = bad_certificate(where, tls.error)
        super().__init__(
            plain.code,
            zh=plain.zh,
            en=plain.en,
            where=where,
            remedy_zh=plain.remedy_zh,
            remedy_en=plain.remedy_en,
        )
        self.tls = tls


class Origin:
    """A server, and the connection to it while there is one.

    Args:
        guard: Makes the connections.
        host: Name or address.
        port: Port.
        secure: Speak TLS.
        idle: Seconds that the server may stay silent for.
        allow_bad_certificate: Go on when its certificate does not verify; the error is on record.
        hold: Called with every connection made.
    """

    def __init__(
        self,
        guard: Guard,
        host: str,
        port: int,
        *,
        secure: bool,
        idle: float,
        allow_bad_certificate: bool = False,
        hold: Callable[[socket.socket], None] = lambda _: None,
    ) -> None:
        """Say where; :meth:`open` connects."""
        self.host, self.port, self.secure = host, port, secure
        self._guard = guard
        self._idle = idle
        self._allow_bad = allow_bad_certificate
        self._hold = hold
        self.stream: Stream | None = None
        self.ip = ""
        self.tls: Tls | None = None
        self.used = False

    @property
    def url(self) -> str:
        """Scheme, host and port, without the port when it is the usual one."""
        scheme, usual = ("https", 443) if self.secure else ("http", 80)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}" + ("" if self.port == usual else f":{self.port}")

    def open(self) -> Stream:
        """Return the connection, made when there is none.

        Raises:
            CaptureError: The address is refused, unreachable, or its certificate does not verify.
        """
        if self.stream is None:
            self.stream = Stream(self._secured() if self.secure else self._plain())
            self.used = False
        return self.stream

    def close(self) -> None:
        """End the connection."""
        if self.stream is not None:
            self.stream.connection.close()
            self.stream = None

    def _plain(self) -> socket.socket:
        connection = self._guard.connect(self.host, self.port)
        connection.settimeout(self._idle)
        self._hold(connection)
        self.ip = str(connection.getpeername()[0]).partition("%")[0]
        return connection

    def _secured(self) -> ssl.SSLSocket:
        try:
            connection, error = self._handshake(ssl.create_default_context()), ""
        except ssl.SSLCertVerificationError as failure:
            error = failure.verify_message
            unchecked = ssl.create_default_context()
            unchecked.check_hostname = False
            unchecked.verify_mode = ssl.CERT_NONE
            connection = self._handshake(unchecked)
        cipher = connection.cipher()
        self.tls = Tls(connection.version() or "", cipher[0] if cipher else "", _chain(connection), error)
        if error and not self._allow_bad:
            connection.close()
            raise BadCertificateError(self.url, self.tls)
        return connection

    def _handshake(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        context.set_alpn_protocols(["http/1.1"])
        plain = self._plain()
        try:
            secured = context.wrap_socket(
                plain,
                server_hostname=self.host.strip("[]"),
                do_handshake_on_connect=False,
                suppress_ragged_eofs=False,
            )
            self._hold(secured)
            secured.do_handshake()
        except ssl.SSLCertVerificationError:
            secured.close()
            raise
        except OSError as error:
            plain.close()
            raise unreachable(
                self.url, f"TLS 握手失败（{error}）", f"the TLS handshake failed ({error})"
            ) from error
        return secured


def _chain(connection: ssl.SSLSocket) -> tuple[bytes, ...]:
    """Return the certificates that the server sent; public only from Python 3.13 on."""
    public = getattr(connection, "get_unverified_chain", None)
    if public is not None:
        return tuple(public())
    inner = getattr(connection, "_sslobj", None)
    sent: Sequence[object] = getattr(inner, "get_unverified_chain", list)() or ()
    found = tuple(
        ssl.PEM_cert_to_DER_cert(str(one.public_bytes())) for one in sent if hasattr(one, "public_bytes")
    )
    own = connection.getpeercert(binary_form=True)
    return found or ((own,) if own else ())
