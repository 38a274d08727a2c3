"""One request and its answer, as they went over the wire."""

from __future__ import annotations

from datetime import datetime
from tempfile import SpooledTemporaryFile

import msgspec

from qingyuan.office.capture.errors import CaptureError


class Tls(msgspec.Struct, frozen=True):
    """A TLS connection to a server.

    Attributes:
        version: Protocol version, e.g. ``"TLSv1.3"``.
        cipher: Cipher suite.
        chain: Certificates that the server sent, DER, its own first.
        error: Why the chain does not verify; ``""`` when it does.
    """

    version: str
    cipher: str
    chain: tuple[bytes, ...]
    error: str = ""


class Exchange:
    """A request that was sent, and what came back.

    Attributes:
        url: Address.
        method: Method.
        started: Wall clock when the request was sent.
        started_ns: Monotonic clock at the same moment.
        ended_ns: Monotonic clock at the end of the answer.
        ip: Address of the server.
        tls: The TLS connection, or ``None``.
        request: Header block and body of the request.
        head: Header block of the answer; ``b""`` when none came.
        body: Body of the answer as transferred; positioned at its start once complete.
        size: Bytes of the body.
        content_size: Bytes of the body without its framing.
        status: HTTP status.
        mime: Media type that the server named.
        truncated: Why the body is not whole, a value of ``WARC-Truncated``; ``""`` when it is.
        notes: What else is to be said, in short English words for the record.
    """

    def __init__(self, url: str, method: str, *, started: datetime, started_ns: int) -> None:
        """Begin an exchange."""
        self.url = url
        self.method = method
        self.started = started
        self.started_ns = started_ns
        self.ended_ns = started_ns
        self.ip = ""
        self.tls: Tls | None = None
        self.request = (b"", b"")
        self.head = b""
        self.body: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(  # noqa: SIM115 - closed by whoever ends the exchange
            max_size=1 << 20
        )
        self.size = 0
        self.content_size = 0
        self.status = 0
        self.mime = ""
        self.truncated = ""
        self.notes: list[str] = []


class Refusal(msgspec.Struct, frozen=True):
    """A request that was not sent, or a connection that was not made.

    Attributes:
        url: Address, or ``host:port``.
        code: Code of the error.
        zh: Why, in Chinese.
        en: Why, in English.
        remedy_zh: What to do, in Chinese.
        remedy_en: What to do, in English.
        tls: The TLS connection that was refused, when it was that.
    """

    url: str
    code: str
    zh: str
    en: str
    remedy_zh: str = ""
    remedy_en: str = ""
    tls: Tls | None = None

    @classmethod
    def of(cls, url: str, error: CaptureError, tls: Tls | None = None) -> Refusal:
        """Return the refusal of ``url`` for the reason that ``error`` gives."""
        return cls(url, error.code, error.zh, error.en, error.remedy_zh, error.remedy_en, tls)

    def error(self) -> CaptureError:
        """Return the refusal as the error that it was."""
        return CaptureError(
            self.code,
            zh=self.zh,
            en=self.en,
            where=self.url,
            remedy_zh=self.remedy_zh,
            remedy_en=self.remedy_en,
        )
