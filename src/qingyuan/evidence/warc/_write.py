"""Writing WARC 1.1: one gzip member a record, digests over block and payload, the same bytes for the same input."""

from __future__ import annotations

import hashlib
import uuid
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import BinaryIO
from urllib.parse import quote

from qingyuan.evidence._entropy import Entropy
from qingyuan.evidence.warc.model import VERSION, RecordType, Written

_BLOCK = 1 << 16
_LEVEL = 6
#: What may stand in a URI beside letters and digits: reserved, unreserved, and the percent sign of what is encoded already.
_IN_URIS = ":/?#[]@!$&'()*+,;=-._~%"
_GZIP = 31

#: Content types of the blocks.
HTTP_REQUEST = "application/http; msgtype=request"
HTTP_RESPONSE = "application/http; msgtype=response"
WARC_FIELDS = "application/warc-fields"


class WarcWriter:
    """Writes records one after the other.

    Args:
        target: An empty binary file.
        entropy: Source of the record identifiers.
    """

    def __init__(self, target: BinaryIO, entropy: Entropy) -> None:
        """Start a file at the start of ``target``."""
        self._target = target
        self._entropy = entropy
        self._offset = 0
        self.records: list[Written] = []

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._offset

    def new_id(self) -> str:
        """Return a fresh record identifier."""
        return f"<{uuid.UUID(bytes=self._entropy(16), version=4).urn}>"

    def info(self, fields: Sequence[tuple[str, str]], *, date: datetime, filename: str) -> Written:
        """Write the ``warcinfo`` record, which comes first."""
        block = fields_block(fields)
        return self.write(
            RecordType.WARCINFO,
            block,
            date=date,
            content_type=WARC_FIELDS,
            headers=(("WARC-Filename", filename),),
        )

    def write(
        self,
        kind: RecordType,
        block: bytes | BinaryIO,
        *,
        date: datetime,
        content_type: str,
        uri: str = "",
        head: bytes = b"",
        headers: Sequence[tuple[str, str]] = (),
        record_id: str = "",
    ) -> Written:
        """Write a record.

        Args:
            kind: Record type.
            block: The block, or what follows ``head`` in it; a file is read from its present place.
            date: When it was captured.
            content_type: Content type of the block.
            uri: Target address.
            head: First part of the block: the header block of an HTTP message. What follows is its payload.
            headers: Further header fields.
            record_id: Identifier from :meth:`new_id`; by default a fresh one.
        """
        size, block_digest, payload_digest = _digests(head, block)
        identifier = record_id or self.new_id()
        stamp = warc_date(date)
        fields = [("WARC-Type", str(kind)), ("WARC-Record-ID", identifier), ("WARC-Date", stamp)]
        if uri:
            fields.append(("WARC-Target-URI", target_uri(uri)))
        fields += [(name, header_value(value)) for name, value in headers]
        fields.append(("WARC-Block-Digest", block_digest))
        if kind in {RecordType.REQUEST, RecordType.RESPONSE}:
            fields.append(("WARC-Payload-Digest", payload_digest))
        else:
            payload_digest = ""
        fields += [("Content-Type", content_type), ("Content-Length", str(size))]
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
        start = VERSION + b"\r\n" + lines.encode() + b"\r\n"
        length = self._member(_joined((start, head), block, b"\r\n\r\n"))
        written = Written(identifier, kind, uri, stamp, self._offset, length, block_digest, payload_digest)
        self._offset += length
        self.records.append(written)
        return written

    def _member(self, parts: Iterable[bytes]) -> int:
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        length = 0
        for part in parts:
            length += self._target.write(packer.compress(part))
        return length + self._target.write(packer.flush())


def fields_block(fields: Sequence[tuple[str, str]]) -> bytes:
    """Return a block of the type ``application/warc-fields``."""
    return "".join(f"{name}: {header_value(value)}\r\n" for name, value in fields).encode()


def warc_date(moment: datetime) -> str:
    """Return a ``WARC-Date`` in UTC with microseconds (WARC 1.1, section 5.4)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def header_value(value: str) -> str:
    """Return ``value`` on one line: no control characters, so that none can add a header."""
    return "".join(c if c >= " " and c != "\x7f" else f"%{ord(c):02X}" for c in value)


def target_uri(uri: str) -> str:
    """Return an address with every character percent-encoded that no URI may have (RFC 3986, as WARC 1.1, section 5.12 demands).

    Browsers leave some of them as they are. What is a percent sign stays one.
    """
    return quote(uri, safe=_IN_URIS, errors="replace")


def _digests(head: bytes, block: bytes | BinaryIO) -> tuple[int, str, str]:
    whole, payload = hashlib.sha256(head), hashlib.sha256()
    size = len(head)
    start = None if isinstance(block, bytes) else block.tell()
    for part in _parts(block):
        whole.update(part)
        payload.update(part)
        size += len(part)
    if start is not None and not isinstance(block, bytes):
        block.seek(start)
    return size, f"sha256:{whole.hexdigest()}", f"sha256:{payload.hexdigest()}"


def _joined(before: Iterable[bytes], block: bytes | BinaryIO, after: bytes) -> Iterator[bytes]:
    yield from before
    yield from _parts(block)
    yield after


def _parts(block: bytes | BinaryIO) -> Iterator[bytes]:
    if isinstance(block, bytes):
        yield block
        return
    while part := block.read(_BLOCK):
        yield part
