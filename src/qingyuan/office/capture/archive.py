"""What a capture brings home, written down as it comes: WARC records, index, and a short form for the HAR."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from qingyuan.evidence import Entropy
from qingyuan.evidence.warc import (
    HTTP_REQUEST,
    HTTP_RESPONSE,
    WARC_FIELDS,
    IndexEntry,
    RecordType,
    WaczPage,
    WarcWriter,
    Written,
    check_wacz,
    fields_block,
    index_entry,
    index_lines,
    write_wacz,
)
from qingyuan.evidence.warc.model import Checked
from qingyuan.office.capture.exchange import Exchange, Refusal, Tls
from qingyuan.office.capture.guard import Answer
from qingyuan.office.clock import Clock

#: Name of the WARC file inside the WACZ file.
FILENAME = "data.warc.gz"


class Entry(msgspec.Struct, frozen=True):
    """The short form of an exchange.

    Attributes:
        url: Address.
        method: Method.
        started: Wall clock at the start.
        milliseconds: From the request to the end of the answer.
        ip: Address of the server.
        request: Header block of the request.
        request_size: Bytes of its body.
        head: Header block of the answer; empty when none came.
        status: HTTP status.
        mime: Media type that the server named.
        size: Bytes of the body as transferred.
        content_size: Bytes of the body without its framing.
        tls: Short name of the TLS connection, e.g. ``"TLSv1.3"``; ``""`` without TLS.
        truncated: See :class:`Exchange`.
        notes: See :class:`Exchange`.
    """

    url: str
    method: str
    started: datetime
    milliseconds: int
    ip: str
    request: bytes
    request_size: int
    head: bytes
    status: int
    mime: str
    size: int
    content_size: int
    tls: str
    truncated: str
    notes: tuple[str, ...]


class Archive:
    """Collects the exchanges of one capture; its methods may be called from several threads.

    Args:
        folder: A folder of our own.
        entropy: Source of record identifiers.
        clock: Where times come from.
        software: Name and version of what captures.
        facts: Further fields for the ``warcinfo`` record.
    """

    def __init__(
        self,
        folder: Path,
        entropy: Entropy,
        clock: Clock,
        *,
        software: str,
        facts: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Begin the WARC file."""
        self._path = folder / FILENAME
        self._clock = clock
        self._software = software
        self._lock = threading.Lock()
        self._file: BinaryIO = self._path.open("w+b")
        self._writer = WarcWriter(self._file, entropy)
        self._index: list[tuple[str, IndexEntry]] = []
        self._chains: dict[str, tuple[bytes, ...]] = {}
        self._closed = False
        self._failure: OSError | None = None
        self.entries: list[Entry] = []
        self.refusals: list[Refusal] = []
        self._writer.info(
            (("software", software), ("format", "WARC File Format 1.1"), *facts),
            date=clock.now(),
            filename=FILENAME,
        )

    def record(self, exchange: Exchange) -> None:
        """Write an exchange: the answer, the request, and what else is known of it."""
        with self._lock:
            if self._closed or self._failure is not None:
                return
            try:
                response = self._response(exchange) if exchange.head else None
                request = self._request(exchange, response)
                self._metadata(exchange, response or request)
                if exchange.tls is not None:
                    self._chain(exchange.tls, exchange.started, exchange.url)
            except OSError as error:  # told at the end: this thread has nobody to tell
                self._failure = error
                return
            self.entries.append(_entry(exchange))

    def refuse(self, refusal: Refusal) -> None:
        """Keep a refusal."""
        with self._lock:
            if not self._closed:
                self.refusals.append(refusal)
                if refusal.tls is not None:
                    self._chain(refusal.tls, self._clock.now(), refusal.url)

    @property
    def chains(self) -> dict[str, tuple[bytes, ...]]:
        """The certificate chains seen, by the SHA-256 of the first certificate."""
        return dict(self._chains)

    def close(self) -> None:
        """Take nothing more."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._file.close()

    def finish(self, target: Path, pages: Sequence[WaczPage], answers: Sequence[Answer]) -> Checked:
        """Write the WACZ file, check it with both readers, and return what they found.

        Raises:
            WarcError: What was written does not read back.
            OSError: Something could not be written.
        """
        with self._lock:
            if self._failure is not None:
                raise self._failure
            for answer in answers:
                text = "".join(f"{answer.host} {address}\n" for address in answer.addresses)
                self._writer.write(
                    RecordType.RESOURCE,
                    (text or f"{answer.host} {answer.error}\n").encode(),
                    date=self._clock.now(),
                    content_type="text/dns",
                    uri=f"dns:{answer.host}",
                )
            self._closed = True
            self._file.flush()
            self._file.seek(0)
            with target.open("w+b") as out:
                write_wacz(
                    out,
                    warc=self._file,
                    index=index_lines(self._index),
                    pages=pages,
                    created=self._clock.now(),
                    software=self._software,
                    title=pages[0].title if pages else "",
                )
            self._file.close()
        self._path.unlink()
        with target.open("rb") as out:
            return check_wacz(out, where=target.name).warc

    def _response(self, exchange: Exchange) -> Written:
        headers = [("WARC-IP-Address", exchange.ip)] if exchange.ip else []
        if exchange.truncated:
            headers.append(("WARC-Truncated", exchange.truncated))
        if exchange.tls is not None:
            headers += [("WARC-Protocol", exchange.tls.version), ("WARC-Cipher-Suite", exchange.tls.cipher)]
        exchange.body.seek(0)
        written = self._writer.write(
            RecordType.RESPONSE,
            exchange.body,  # type: ignore[arg-type]  # a spooled file reads and seeks like any other
            date=exchange.started,
            content_type=HTTP_RESPONSE,
            uri=exchange.url,
            head=exchange.head,
            headers=headers,
        )
        self._index.append(
            index_entry(
                written,
                filename=FILENAME,
                mime=exchange.mime or "unk",
                status=str(exchange.status),
                method=exchange.method,
            )
        )
        return written

    def _request(self, exchange: Exchange, response: Written | None) -> Written:
        head, body = exchange.request
        headers = [("WARC-Concurrent-To", response.id)] if response else []
        return self._writer.write(
            RecordType.REQUEST,
            body,
            date=exchange.started,
            content_type=HTTP_REQUEST,
            uri=exchange.url,
            head=head,
            headers=headers,
        )

    def _metadata(self, exchange: Exchange, about: Written) -> None:
        fields = [
            ("fetchTimeMs", str((exchange.ended_ns - exchange.started_ns) // 1_000_000)),
            ("monotonic-start-ns", str(exchange.started_ns)),
            ("monotonic-end-ns", str(exchange.ended_ns)),
        ]
        if exchange.tls is not None:
            fields += [("tls-chain", chain_uri(exchange.tls)), ("tls-verified", exchange.tls.error or "yes")]
        fields += [("note", note) for note in exchange.notes]
        self._writer.write(
            RecordType.METADATA,
            fields_block(fields),
            date=exchange.started,
            content_type=WARC_FIELDS,
            uri=exchange.url,
            headers=(("WARC-Refers-To", about.id),),
        )

    def _chain(self, tls: Tls, date: datetime, url: str) -> None:
        """Write a certificate chain, once."""
        uri = chain_uri(tls)
        if uri in self._chains or not tls.chain:
            return
        self._chains[uri] = tls.chain
        self._writer.write(
            RecordType.RESOURCE,
            "".join(ssl.DER_cert_to_PEM_cert(one) for one in tls.chain).encode(),
            date=date,
            content_type="application/pem-certificate-chain",
            uri=uri,
            headers=(("WARC-Source-URI", url),),
        )


def chain_uri(tls: Tls) -> str:
    """Return the address of the record that holds a certificate chain."""
    return f"urn:sha256:{hashlib.sha256(b''.join(tls.chain)).hexdigest()}"


def _entry(exchange: Exchange) -> Entry:
    return Entry(
        exchange.url,
        exchange.method,
        exchange.started,
        (exchange.ended_ns - exchange.started_ns) // 1_000_000,
        exchange.ip,
        exchange.request[0],
        len(exchange.request[1]),
        exchange.head,
        exchange.status,
        exchange.mime,
        exchange.size,
        exchange.content_size,
        exchange.tls.version if exchange.tls else "",
        exchange.truncated,
        tuple(exchange.notes),
    )
